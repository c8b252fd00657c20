"""Exports of WordPress (WXR) become bulletins."""
