"""The colours of a site, worked out from two: in each scheme every text stands out from its ground.

Colours are worked out in OKLCH (B. Ottosson, "A perceptual color space for image processing"), in
which lightness is what people see; contrast is that of WCAG 2.2, relative luminances against each
other.  A colour that would be too faint for its text is made darker, or lighter in a dark scheme,
until it is not.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from functools import cache
from typing import NamedTuple

MAIN, ORNAMENT = "#8f1d14", "#c2922f"
# WCAG asks for 4.5 : 1 (AA), for higher contrast 7 : 1 (AAA).
TEXT, MUCH = 4.5, 7.0
# To be sure where a browser mixes or rounds.
_SPARE = 0.15
Palette = dict[str, str]

# Which colour of text stands on which grounds.
PAIRS: Mapping[str, tuple[str, ...]] = {
    "ink": ("paper", "surface", "sunken"),
    "ink-soft": ("paper", "surface", "sunken"),
    "link": ("paper", "surface", "sunken"),
    "link-visited": ("paper", "surface", "sunken"),
    "on-main": ("main", "main-deep"),
    "on-heat-1": ("heat-1",),
    "on-heat-2": ("heat-2",),
    "on-heat-3": ("heat-3",),
    "on-heat-4": ("heat-4",),
    "on-foot": ("foot",),
}


class Tone(NamedTuple):
    """A colour in OKLCH: lightness 0–1, chroma from 0, hue in degrees."""

    lightness: float
    chroma: float
    hue: float


class Scheme(NamedTuple):
    """The lightness of a scheme's colours, and how far its texts must stand out."""

    paper: float
    surface: float
    sunken: float
    ink: float
    soft: float
    rule: float
    link: float
    heat: tuple[float, ...]
    foot: float
    tint: float
    contrast: float


_LIGHT = Scheme(
    0.976, 0.993, 0.944, 0.24, 0.44, 0.86, 0.40, (0.91, 0.83, 0.62, 0.41), 0.25, 0.012, TEXT
)  # fmt: skip
_DARK = Scheme(
    0.19, 0.225, 0.26, 0.93, 0.77, 0.37, 0.80, (0.32, 0.42, 0.60, 0.80), 0.15, 0.010, TEXT
)  # fmt: skip
_LIGHT_MUCH = Scheme(
    1.0, 1.0, 0.97, 0.0, 0.25, 0.45, 0.33, (0.92, 0.84, 0.45, 0.33), 0.0, 0.0, MUCH
)  # fmt: skip
_DARK_MUCH = Scheme(
    0.0, 0.0, 0.16, 1.0, 0.92, 0.75, 0.88, (0.30, 0.38, 0.80, 0.88), 0.0, 0.0, MUCH
)  # fmt: skip


def css(main: str = MAIN, ornament: str = ORNAMENT) -> str:
    """Return the custom properties of all schemes.

    The reader's choice (``data-colours`` of the root element: light, dark, contrast) goes before
    what the device asks for.
    """
    light, dark, light_much, dark_much = (
        _block(palette(main, ornament, scheme))
        for scheme in (_LIGHT, _DARK, _LIGHT_MUCH, _DARK_MUCH)
    )
    chosen, free = ":root[data-colours={}]{{{}}}", ":root:not([data-colours]){{{}}}"
    contrast = "contrast"
    return "\n".join(
        [
            f":root{{color-scheme:light dark;{light}}}",
            "@media screen{",
            chosen.format("light", "color-scheme:light"),
            chosen.format("dark", f"color-scheme:dark;{dark}"),
            chosen.format(contrast, light_much),
            "}",
            f"@media screen and (prefers-contrast:more){{{free.format(light_much)}}}",
            f"@media screen and (prefers-color-scheme:dark){{{free.format(dark)}",
            f"{chosen.format(contrast, dark_much)}}}",
            "@media screen and (prefers-color-scheme:dark) and (prefers-contrast:more){"
            f"{free.format(dark_much)}}}",
            "",
        ]
    )


def _block(colours: Palette) -> str:
    return ";".join(f"--{name}:{colour}" for name, colour in colours.items())


def schemes(main: str = MAIN, ornament: str = ORNAMENT) -> dict[str, Palette]:
    """Return the colours of each scheme: light, dark, and both with high contrast."""
    names = {"light": _LIGHT, "dark": _DARK, "light-much": _LIGHT_MUCH, "dark-much": _DARK_MUCH}
    return {name: palette(main, ornament, scheme) for name, scheme in names.items()}


@cache
def palette(main: str, ornament: str, scheme: Scheme) -> Palette:
    """Return the colours of a scheme, ``#rrggbb`` by the names of the custom properties."""
    key, warm = tone(main), tone(ornament)
    paper, surface, sunken = (
        _hex(Tone(lightness, scheme.tint, warm.hue))
        for lightness in (scheme.paper, scheme.surface, scheme.sunken)
    )
    grounds = (paper, surface, sunken)
    is_dark = scheme.ink > scheme.paper
    step = 0.01 if is_dark else -0.01
    on_main = _hex(Tone(0.985, min(scheme.tint, 0.012), warm.hue))
    # On a dark page a very dark button would be lost.
    lightness = max(key.lightness, 0.46) if is_dark else min(key.lightness, 0.46)
    ground = _readable(key._replace(lightness=lightness), (on_main,), scheme, -0.01)
    colours = {
        "paper": paper,
        "surface": surface,
        "sunken": sunken,
        "ink": _readable(Tone(scheme.ink, 0.02, key.hue), grounds, scheme, step),
        "ink-soft": _readable(Tone(scheme.soft, 0.025, warm.hue), grounds, scheme, step),
        "rule": _hex(Tone(scheme.rule, 2.5 * scheme.tint, warm.hue)),
        "main": ground,
        "main-deep": _hex(tone(ground)._replace(lightness=tone(ground).lightness - 0.08)),
        "on-main": on_main,
        "ornament": _hex(warm._replace(lightness=0.78 if is_dark else 0.69)),
        "link": _readable(_text(key, scheme.link), grounds, scheme, step),
        "link-visited": _readable(Tone(scheme.link, 0.08, 325), grounds, scheme, step),
        "focus": _readable(Tone(0.80 if is_dark else 0.44, 0.13, 257), grounds, scheme, step),
    }
    for number, lightness in enumerate(scheme.heat, start=1):
        heat = _hex(Tone(lightness, min(key.chroma, 0.045 * number), key.hue))
        colours[f"heat-{number}"] = heat
        colours[f"on-heat-{number}"] = _ink_on(heat, key.hue)
    colours["foot"] = _hex(Tone(scheme.foot, 2 * scheme.tint, key.hue))
    colours["on-foot"] = _readable(Tone(0.93, scheme.tint, warm.hue), (colours["foot"],), scheme)
    return colours


def _text(key: Tone, lightness: float) -> Tone:
    """Return a colour of text; light ones have less colour in them, or they would glare."""
    return Tone(lightness, min(key.chroma, 0.16 if lightness < 0.6 else 0.11), key.hue)


def _readable(colour: Tone, grounds: Iterable[str], scheme: Scheme, step: float = 0.01) -> str:
    """Return *colour*, made darker or lighter by *step* until it stands out from all *grounds*."""
    grounds = tuple(grounds)
    while 0 < colour.lightness < 1:
        found = _hex(colour)
        if all(contrast(found, ground) >= scheme.contrast + _SPARE for ground in grounds):
            return found
        colour = colour._replace(lightness=colour.lightness + step)
    return "#ffffff" if step > 0 else "#000000"


def _ink_on(ground: str, hue: float) -> str:
    """Return the ink that stands out from *ground*: tinted if that is enough, else black or white,
    one of which always does."""
    tinted = _hex(Tone(0.16, 0.03, hue)), _hex(Tone(0.99, 0.005, hue))
    for inks in (tinted, ("#000000", "#ffffff")):
        best = max(inks, key=lambda ink: contrast(ink, ground))
        if contrast(best, ground) >= TEXT + _SPARE:
            break
    return best


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, 1–21 (WCAG 2.2, "contrast ratio")."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    red, green, blue = _linear(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(colour: str) -> tuple[float, float, float]:
    """Return red, green and blue of ``#rrggbb`` as amounts of light, 0–1 (IEC 61966-2-1)."""
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (
        each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts
    )
    return red, green, blue


def tone(colour: str) -> Tone:
    """Return ``#rrggbb`` in OKLCH."""
    red, green, blue = _linear(colour)
    long = math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    middle = math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    short = math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    lightness = 0.2104542553 * long + 0.7936177850 * middle - 0.0040720468 * short
    a = 1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short
    b = 0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short
    return Tone(lightness, math.hypot(a, b), math.degrees(math.atan2(b, a)) % 360)


def _hex(colour: Tone) -> str:
    """Return ``#rrggbb``, with as much of the chroma as a screen can show."""
    chroma = colour.chroma
    while True:
        light = _light(colour._replace(chroma=chroma))
        if chroma <= 0 or all(-0.0005 <= each <= 1.0005 for each in light):
            break
        chroma = max(chroma - 0.004, 0.0)
    return "#" + "".join(f"{_byte(each):02x}" for each in light)


def _light(colour: Tone) -> tuple[float, float, float]:
    a = colour.chroma * math.cos(math.radians(colour.hue))
    b = colour.chroma * math.sin(math.radians(colour.hue))
    long = (colour.lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (colour.lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (colour.lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short,
    )


def _byte(light: float) -> int:
    light = min(max(light, 0.0), 1.0)
    value = light * 12.92 if light <= 0.0031308 else 1.055 * light ** (1 / 2.4) - 0.055
    return round(value * 255)
