"""Integrity: whether files are those that a manifest names, and bags of them for archives."""
