"""Rules by which hosts lead on from old addresses, for those that the settings name.

What a host has no room for is served by redirect pages and by the table (`old_addresses`).
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple
from urllib.parse import quote
from xml.sax.saxutils import quoteattr

from danvan_site.addresses import Address, Claim
from danvan_site.content import Bulletin
from danvan_site.plan import host_headers

# Of a .htaccess every line is read for every request; Cloudflare Pages ignores what is more; from
# so many on Netlify advises against it.
_MOST_OF_APACHE, _MOST_OF_CLOUDFLARE, _MOST_OF_NETLIFY = 500, 2_000, 10_000
_LONGEST_OF_CLOUDFLARE = 1_000
# IIS reads no file of its configuration of more than 250 KB.
_IIS_BYTES = 240_000
# What browsers leave as it is in an address.
_LEFT = "/-._~!$&()*+,;=:@"
_SIMPLE = re.compile(r"[A-Za-z0-9._~-]+")
_INDEX = r"(?:(?:index|default)\.(?:html?|aspx?|php|jsp))?"
_NOT_PLAIN = re.compile(rb"[^A-Za-z0-9_/%=&,;:@~-]")


class Move(NamedTuple):
    """An old address, the file that answers there ('' where there are parameters), the bulletin
    that it leads to, and which of its aliases it is."""

    claim: Claim
    static: str
    bulletin: Bulletin
    number: int

    @property
    def address(self) -> Address:
        """The old address."""
        return self.claim.address


# Of the site's path, the moves that have no page of their own, and those that have: the rules.
Maker = Callable[[str, Sequence[Move], Sequence[Move]], str]


def files(hosts: Sequence[str]) -> Iterator[tuple[str, Maker]]:
    """Yield the files of some hosts and what makes them."""
    if "cloudflare" in hosts:
        yield "_redirects", _cloudflare
    elif "netlify" in hosts:
        yield "_redirects", _netlify
    if "apache" in hosts:
        yield ".htaccess", _apache
    if "nginx" in hosts:
        yield "nginx-redirects.conf", _nginx
    if "iis" in hosts:
        yield "rewritemaps.config", _iis


def _path(base: str, move: Move) -> str:
    return base + quote(move.address.path, safe=_LEFT)


def _asked(base: str, move: Move) -> str:
    """Return path and parameters as a browser asks for them."""
    pairs = "&".join(
        "=".join(quote(text, safe="-._~!$()*,;:@/").replace("%20", "+") for text in pair)
        for pair in move.address.pairs
    )
    return _path(base, move) + (f"?{pairs}" if pairs else "")


def _unlike(base: str, moves: Iterable[Move]) -> Iterator[tuple[str, str]]:
    """Yield what is asked for and where it leads, once for all letter cases."""
    seen = set()
    for move in moves:
        asked = _asked(base, move)
        if asked.lower() not in seen:
            seen.add(asked.lower())
            yield asked, base + move.bulletin.url


def _netlify(base: str, rest: Sequence[Move], led: Sequence[Move]) -> str:
    lines: dict[str, int] = {}
    for move in (*rest, *led):
        if len(lines) == _MOST_OF_NETLIFY:
            break
        # A colon or a star would be a pattern.
        path, target = base + quote(move.address.path), base + move.bulletin.url
        pairs = move.address.pairs
        if all(_SIMPLE.fullmatch(text) for pair in pairs for text in pair):
            wanted = "".join(f" {name}={value}" for name, value in pairs)
            lines[f"{path}{wanted} {target} 301!\n"] = len(pairs)
    # The more a rule asks for, the sooner it comes: the first that matches is followed.
    return "".join(sorted(lines, key=lambda line: (-lines[line], line)))


def _cloudflare(base: str, rest: Sequence[Move], led: Sequence[Move]) -> str:
    """Parameters cannot be asked for there; addresses without a page of their own come first."""
    moves = [move for move in (*rest, *led) if not move.address.pairs]
    lines = dict.fromkeys(
        f"{base}{quote(move.address.path)} {base}{move.bulletin.url} 301\n" for move in moves
    )
    short = (line for line in lines if len(line) <= _LONGEST_OF_CLOUDFLARE)
    return "".join(itertools.islice(short, _MOST_OF_CLOUDFLARE))


def _apache(base: str, rest: Sequence[Move], led: Sequence[Move]) -> str:
    """Only what has no page of its own.  Requests without parameters pass over what asks for them;
    the more a rule asks for, the sooner it comes."""
    moves = sorted(rest[:_MOST_OF_APACHE], key=lambda move: -len(move.address.pairs))
    asking = sum(bool(move.address.pairs) for move in moves)
    skip = f'RewriteCond %{{QUERY_STRING}} =""\nRewriteRule ^ - [S={asking}]\n' if asking else ""
    rules = "".join([_apache_rule(base, move) for move in moves])
    return (
        f"{host_headers.apache()}ErrorDocument 404 {base}404.html\n"
        f"<IfModule mod_rewrite.c>\nRewriteEngine On\n{skip}{rules}</IfModule>\n"
    )


def _apache_rule(base: str, move: Move) -> str:
    conditions = "".join(
        f'RewriteCond %{{QUERY_STRING}} "(?:^|&)(?i:{_literal(_encoded(name))})'
        f'={_literal(_encoded(value))}(?:&|$)"\n'
        for name, value in move.address.pairs
    )
    # As it is written: no letter case but that of ASCII is the same to Apache.
    parts = [_literal(part) for part in move.address.path.split("/") if part]
    end = "/?"
    if move.address.pairs:
        # Only with parameters: the folder of an index file may be a page of the site.
        parts = parts[: sum(map(bool, move.address.path_key.split("/")))]
        end = f"(?:/{_INDEX})?" if parts else _INDEX
    pattern = f"^{'/'.join(parts)}{end}$"
    target = re.sub(r"([$%])", r"\\\1", base) + move.bulletin.url
    return f'{conditions}RewriteRule "{pattern}" "{target}" [NC,NE,QSD,R=301,L]\n'


def _encoded(text: str) -> str:
    return quote(text, safe="-._~!$()*,;:@/")


def _literal(text: str) -> str:
    """Return a pattern that matches the bytes of a text: Apache's patterns know no letters beyond
    ASCII, and without signs that mean anything to it nothing has to be quoted."""
    return _NOT_PLAIN.sub(lambda byte: b"\\x%02x" % byte[0][0], text.encode()).decode()


def _nginx(base: str, rest: Sequence[Move], led: Sequence[Move]) -> str:
    """Entries of a map of ``$request_uri``."""
    return "".join(f'"{asked}" "{target}";\n' for asked, target in _unlike(base, (*rest, *led)))


def _iis(base: str, rest: Sequence[Move], led: Sequence[Move]) -> str:
    """The section ``rewriteMaps``, as large as IIS reads it."""
    head = '<?xml version="1.0" encoding="utf-8"?>\n<rewriteMaps>\n<rewriteMap name="dia-chi-cu">\n'
    end = "</rewriteMap>\n</rewriteMaps>\n"
    left = _IIS_BYTES - len(head) - len(end)
    lines = []
    for asked, target in _unlike(base, (*rest, *led)):
        line = f"<add key={quoteattr(asked)} value={quoteattr(target)} />\n"
        left -= len(line)
        if left < 0:
            break
        lines.append(line)
    return head + "".join(lines) + end
