"""Links with which readers pass a bulletin on: plain addresses, no script of others."""

from __future__ import annotations

from urllib.parse import quote

from danvan_site.plan.frame import Frame, Values

# Zalo, which is as common in Viet Nam, documents a button with a script of its own and no address.
_FACEBOOK = "https://www.facebook.com/sharer/sharer.php?u="


def links(frame: Frame, title: str, address: str) -> list[Values]:
    """Return the share links that the settings ask for: {title, url, external}."""
    encoded = _encoded(address)
    addresses = {
        # A letter that is yet to get its receiver.
        "mail": f"mailto:?subject={_encoded(title)}&body={encoded}",
        "facebook": _FACEBOOK + encoded,
    }
    return [
        {
            "title": frame.words.site[f"share_{way}"],
            "url": addresses[way],
            "external": way != "mail",
        }
        for way in frame.settings.share
    ]


def _encoded(text: str) -> str:
    # What a query may hold as it is stays: the address on the page compresses to next to nothing.
    return quote(text, safe=":/,;")
