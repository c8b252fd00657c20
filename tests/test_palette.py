"""Whatever colours a unit chooses, every text stands out from its ground."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from danvan_site import palette

COLOURS = st.integers(0, 0xFFFFFF).map("#{:06x}".format)


def test_contrast_is_that_of_the_standard() -> None:
    assert round(palette.contrast("#000000", "#ffffff"), 2) == 21
    assert palette.contrast("#777777", "#ffffff") < 4.5 < palette.contrast("#767676", "#ffffff")


def test_a_colour_goes_to_oklch_and_back() -> None:
    # The values of the paper's table, for the primaries of sRGB.
    red = palette.tone("#ff0000")
    assert (round(red.lightness, 3), round(red.chroma, 3), round(red.hue)) == (0.628, 0.258, 29)
    for colour in ("#000000", "#ffffff", "#8f1d14", "#c2922f", "#005a9c", "#0f7b3a"):
        assert palette._hex(palette.tone(colour)) == colour


@given(COLOURS, COLOURS)
@settings(max_examples=300, deadline=None)
def test_every_text_stands_out_from_every_ground_in_every_scheme(main: str, ornament: str) -> None:
    for name, colours in palette.schemes(main, ornament).items():
        much = name.endswith("much")
        for text, grounds in palette.PAIRS.items():
            least = 7.0 if much and not text.startswith("on-heat") else 4.5
            for ground in grounds:
                found = palette.contrast(colours[text], colours[ground])
                assert found >= least, f"{name}: {text} on {ground}: {found:.2f}"
        for ground in ("paper", "surface", "sunken"):
            assert palette.contrast(colours["focus"], colours[ground]) >= 3


def test_the_style_sheet_has_all_colours_for_what_the_device_and_what_the_reader_asks() -> None:
    sheet = palette.css()
    blocks = dict(re.findall(r"(:root[^{]*)\{(--[^}]*|color-scheme[^}]*)\}", sheet))
    names = set(palette.schemes()["light"])
    for block in (":root", ":root[data-colours=dark]", ":root[data-colours=contrast]"):
        assert set(re.findall(r"--([a-z0-9-]+):#", blocks[block])) == names
    used = set(re.findall(r"var\(--([a-z0-9-]+)\)", _theme()))
    own = set(re.findall(r"--([a-z0-9-]+):", _theme()))
    assert used <= names | own, used - names - own


def _theme() -> str:
    from danvan_site.theme import theme_folder

    return (theme_folder() / "giao-dien/theme.css").read_text("utf-8")
