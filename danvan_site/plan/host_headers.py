"""Headers with which hosts protect the pages, for the hosts that the settings name: what no page
can say of itself (who may frame it), and for files that are no pages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

_HEADERS = {
    "Content-Security-Policy": "script-src 'self'; base-uri 'none'; frame-ancestors 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def files(hosts: Sequence[str], base: str) -> Iterator[tuple[str, str]]:
    """Yield the files of some hosts and what stands in them; *base* is the site's path."""
    if "cloudflare" in hosts or "netlify" in hosts:
        lines = "".join(f"  {name}: {value}\n" for name, value in _HEADERS.items())
        yield "_headers", f"{base}*\n{lines}"
    if "nginx" in hosts:
        lines = "".join(
            f'add_header {name} "{value}" always;\n' for name, value in _HEADERS.items()
        )
        yield "nginx-headers.conf", lines


def apache() -> str:
    """Return the lines of a ``.htaccess``."""
    lines = "".join(f'Header always set {name} "{value}"\n' for name, value in _HEADERS.items())
    return f"<IfModule mod_headers.c>\n{lines}</IfModule>\n"
