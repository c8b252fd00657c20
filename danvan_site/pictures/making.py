"""Pictures for pages, made of pictures as cameras and people have them.

Only this module and `share` open pictures.  What comes out has nothing in it but the picture: no
place, no time, no name of a camera.  What comes in may be anything.
"""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from PIL import Image, ImageCms, ImageSequence, UnidentifiedImageError

from danvan_site.pictures.cache import Cache
from danvan_site.pictures.facts import Facts, Variant, digest_of

MAX_BYTES = 50_000_000
# Of all frames of a picture together: a process may have to hold eight bytes for each.
MAX_PIXELS = 64_000_000
MAX_FRAMES = 500
# What the layout asks for: cards on telephones and elsewhere; a telephone's whole width at two
# device pixels each and at three; the widest column, at two.
WIDTHS = (320, 480, 720, 1080, 1600)
STILLS = WIDTHS[:3]
FALLBACK = 1200
# WebP can be no higher.
_MAX_HEIGHT = 16_000
# A picture that is hardly wider than the step below it needs no file of its own there.
_STEP = 1.15
_FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "GIF", "BMP", "TIFF")
_MOVING = frozenset(("GIF", "WEBP", "PNG", "AVIF"))
_ORIENTATION = 0x0112  # an EXIF tag
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SIDEWAYS = frozenset((5, 6, 7, 8))
_AS_THEY_ARE = frozenset(("RGB", "RGBA", "L", "CMYK"))


@dataclass(frozen=True, slots=True)
class Workshop:
    """Where pictures come from (the content folder), where they go (`Cache`), and how good they
    are to be (1 to 100)."""

    content: str
    cache: str
    quality: int


class Order(NamedTuple):
    """A picture to be made: its file, the digest that it has, what names what is made of it."""

    name: str
    digest: str
    key: str


class Made(NamedTuple):
    """What came of an order: what there is now, or the code of what is wrong and its details."""

    key: str
    facts: Facts | None
    fault: str = ""
    details: Sequence[tuple[str, str]] = ()


class _UnusableError(Exception):
    """A picture that cannot be shown."""

    def __init__(self, code: str, details: Mapping[str, str]) -> None:
        super().__init__(code)
        self.code = code
        self.details = tuple(details.items())


def make_some(workshop: Workshop, orders: Sequence[Order]) -> list[Made]:
    """Make some pictures and keep them."""
    return [make(workshop, order)[0] for order in orders]


def make(workshop: Workshop, order: Order) -> tuple[Made, dict[str, bytes]]:
    """Make one picture and keep it; return what came of it, and the files by their names."""
    try:
        data = (Path(workshop.content) / order.name).read_bytes()
    except OSError:
        return Made(order.key, None, "changed-while-building"), {}
    if digest_of(data) != order.digest:
        return Made(order.key, None, "changed-while-building"), {}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            facts, parts = _made(data, order.key, workshop.quality)
    except _UnusableError as error:
        return Made(order.key, None, error.code, error.details), {}
    Cache(Path(workshop.cache)).keep(order.key, facts, parts)
    return Made(order.key, facts), parts


def fault(data: bytes) -> str:
    """Return why a picture cannot be shown, '' where it can be."""
    try:
        with warnings.catch_warnings(), _decoding():
            warnings.simplefilter("ignore")
            _read(data)
    except _UnusableError as error:
        return next((value for _, value in error.details), error.code)
    return ""


def _made(data: bytes, key: str, quality: int) -> tuple[Facts, dict[str, bytes]]:
    if len(data) > MAX_BYTES:
        raise _UnusableError("picture-too-large", {"size": f"{len(data) / 1e6:.0f} MB"})
    with _decoding():
        picture = _read(data)
    parts: dict[str, bytes] = {}
    first = picture.frames[0]
    fallback = _fallback(first, quality, parts)
    if len(picture.frames) == 1:
        webp = still = _each_width(picture, WIDTHS, "", quality, parts)
    else:
        webp = _each_width(picture, WIDTHS, "", quality, parts)
        alone = picture._replace(frames=[first])
        still = _each_width(alone, STILLS, "-still", quality, parts)
    return Facts(key, *picture.size, picture.format, webp, still, fallback), parts


class _Picture(NamedTuple):
    """A picture as it was read: its size as it is seen, what it is, its frames as they go into
    files, for how long each stands (ms)."""

    size: tuple[int, int]
    format: str
    frames: Sequence[Image.Image]
    durations: Sequence[int]


@contextlib.contextmanager
def _decoding() -> Iterator[None]:
    """Say of whatever decoders find wrong with a file that it is no picture.

    They are given bytes of all origins and raise nearly anything; nothing but them runs here.
    """
    try:
        yield
    except _UnusableError:
        raise
    except (Image.DecompressionBombError, MemoryError):
        raise _UnusableError("picture-too-large", {"size": "> 170 MP"}) from None
    except UnidentifiedImageError:
        raise _UnusableError("picture-broken", {"reason": f"≠ {', '.join(_FORMATS)}"}) from None
    except Exception as error:
        reason = str(error) or type(error).__name__
        raise _UnusableError("picture-broken", {"reason": reason}) from None


def _read(data: bytes) -> _Picture:
    image = Image.open(io.BytesIO(data), formats=_FORMATS)
    kind = "JPEG" if image.format == "MPO" else str(image.format)
    moving = kind in _MOVING and getattr(image, "n_frames", 1) > 1
    frames = image.n_frames if moving else 1  # type: ignore[attr-defined]
    width, height = image.size
    if width * height * frames > MAX_PIXELS or frames > MAX_FRAMES:
        times = f" × {frames}" if moving else ""
        raise _UnusableError("picture-too-large", {"size": f"{width} × {height}{times}"})
    if kind == "JPEG":
        # A large one is read at a half or a quarter of its size: in little time and memory.
        scale = max(WIDTHS) / min(width, height)
        image.draft(image.mode, (round(width * scale), round(height * scale)))
    image.load()
    if kind == "TIFF":
        width, height = image.size  # Pillow has turned it already.
    orientation = image.getexif().get(_ORIENTATION, 1)
    size = (height, width) if orientation in _SIDEWAYS else (width, height)
    some = ImageSequence.Iterator(image) if moving else (image,)
    ready = [(_ready(each, orientation), int(each.info.get("duration") or 100)) for each in some]
    return _Picture(size, kind, *zip(*ready, strict=True))


def _ready(image: Image.Image, orientation: int) -> Image.Image:
    """Return a picture the right way up, no wider than needed, in sRGB with alpha or without, and
    nothing else in it."""
    profile = image.info.get("icc_profile", b"")
    image = _mixable(image)
    if orientation in _TURNS:
        image = image.transpose(_TURNS[orientation])
    most = min(max(WIDTHS), image.width, _MAX_HEIGHT * image.width // image.height)
    image = _in_srgb(_narrowed(image, max(most, 1)), profile)
    if image.mode == "RGBA" and image.getchannel("A").getextrema()[0] == 255:
        image = image.convert("RGB")
    bare = Image.new(image.mode, image.size)
    bare.paste(image)
    return bare


def _mixable(image: Image.Image) -> Image.Image:
    """Return a picture in a mode whose neighbouring pixels can be mixed."""
    if image.has_transparency_data:
        return image.convert("RGBA")
    if image.mode in _AS_THEY_ARE:
        return image
    if image.mode.startswith("I"):
        import numpy

        values = numpy.asarray(image).astype(numpy.int64)
        is_deep = image.mode != "I" or values.max(initial=0) > 255
        return Image.fromarray((values >> 8 if is_deep else values).clip(0, 255).astype("uint8"))
    return image.convert("L" if image.mode in ("1", "F") else "RGB")


def _in_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """Return a picture in the colours of the web; *profile* tells what its numbers mean."""
    target = "RGBA" if image.mode == "RGBA" else "RGB"
    if profile:
        # A profile that is damaged or of another kind of picture helps nobody: it is passed over.
        with contextlib.suppress(ImageCms.PyCMSError, OSError, ValueError, TypeError):
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            colours = ImageCms.createProfile("sRGB")
            converted = ImageCms.profileToProfile(image, source, colours, outputMode=target)
            if converted is not None:
                return converted
    return image if image.mode == target else image.convert(target)


def _narrowed(image: Image.Image, width: int) -> Image.Image:
    if width >= image.width:
        return image
    height = max(round(image.height * width / image.width), 1)
    return image.resize((width, height), Image.Resampling.LANCZOS)


def _each_width(
    picture: _Picture, widths: Sequence[int], suffix: str, quality: int, parts: dict[str, bytes]
) -> list[Variant]:
    """Add WebP files of a picture to *parts*, for each of *widths* that it has."""
    frames = list(picture.frames)
    most = min(frames[0].width, max(widths))
    found = []
    for width in (most, *(each for each in reversed(widths) if each * _STEP <= most)):
        frames = [_narrowed(each, width) for each in frames]
        file = io.BytesIO()
        moving = {"save_all": True, "append_images": frames[1:], "loop": 0}
        times = {"duration": list(picture.durations)}
        frames[0].save(file, "WEBP", quality=quality, **(moving | times if len(frames) > 1 else {}))
        name = f"-{width}{suffix}.webp"
        parts[name] = file.getvalue()
        found.append(Variant(name, *frames[0].size))
    return found[::-1]


def _fallback(image: Image.Image, quality: int, parts: dict[str, bytes]) -> Variant:
    image = _narrowed(image, FALLBACK)
    file = io.BytesIO()
    if image.mode == "RGBA":
        name = f"-{image.width}.png"
        image.save(file, "PNG", optimize=True)
    else:
        name = f"-{image.width}.jpg"
        image.save(file, "JPEG", quality=quality, progressive=True, optimize=True)
    parts[name] = file.getvalue()
    return Variant(name, *image.size)
