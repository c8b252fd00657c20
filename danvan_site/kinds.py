"""Kinds of files that bulletins can show or offer, by the endings of their names."""

from __future__ import annotations

DRAWING = "svg"
PICTURES = frozenset(("jpg", "jpeg", "png", "webp", "avif", "gif", "bmp", "tif", "tiff", DRAWING))
DOWNLOADS = PICTURES | {
    "pdf", "doc", "docx", "xls", "xlsx", "ppt", "pptx", "odt", "ods", "odp", "rtf", "txt", "csv",
    "zip", "epub", "mp3", "m4a", "mp4", "webm", "ogg",
}  # fmt: skip
