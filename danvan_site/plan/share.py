"""Links with which readers pass a bulletin on: plain addresses, no script of others."""

from __future__ import annotations

from urllib.parse import quote

from danvan_site.plan.frame import Frame, Values

# Zalo, which is as common in Viet Nam, documents a button with a script of its own and no address.
_FACEBOOK = "https://www.facebook.com/sharer/sharer.php?u="


def links(frame: Frame, title: str, address: str) -> list[Values]:
    """Return the share links that the settings ask for: {title, url, external}."""
    return [
        {
            "title": frame.words.site[f"share_{way}"],
            "url": _mail(title, address) if way == "mail" else _FACEBOOK + _encoded(address),
            "external": way != "mail",
        }
        for way in frame.settings.share
    ]


def _mail(title: str, address: str) -> str:
    """Return the address of a letter that is yet to get its receiver."""
    return f"mailto:?subject={_encoded(title)}&body={_encoded(address)}"


def _encoded(text: str) -> str:
    # What a query may hold as it is stays: the address on the page compresses to next to nothing.
    return quote(text, safe=":/,;")
