"""Units in time: what is wrong with their succession, and what follows a change of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.workbench import SETTINGS, Workbench


@pytest.fixture
def site(tmp_path: Path) -> Workbench:
    site = Workbench(tmp_path)
    for number in range(1, 4):
        for name in ("Phòng A", "Phòng B", "Phòng C"):
            path = f"2020/0{number}/{name[-1].lower()}.md"
            site.bulletin(path, unit=name, date=f"2020-0{number}-0{number}")
    return site


def units(*some: str) -> str:
    return SETTINGS + "page_size: 2\nunits:\n" + "".join(f"  - {{{each}}}\n" for each in some)


A, B, C = "name: Phòng A", "name: Phòng B", "name: Phòng C"
A_TO_B, B_TO_C = f"{A}, successor: Phòng B", f"{B}, successor: PHÒNG C"


@pytest.mark.parametrize(
    ("some", "problems"),
    [
        ((A_TO_B, B_TO_C, f"{C}, successor: Phòng A"), ["unit-circle"] * 3),
        ((f"{A}, successor: Phòng A",), ["7:32 unit-circle"]),
        ((f"{A}, parent: Phòng B", f"{B}, parent: Phòng A"), ["unit-circle"] * 2),
        ((A, "name: PHÒNG A"), ["8:12 unit-twice"]),
        ((f"{A}, from: 2020-03-01, to: 2020-02",), ["7:43 unit-ends-first"]),
        ((f"{A_TO_B}, to: 2020-03-01", f"{B}, to: 2019"), ["7:32 successor-ends-first"]),
        ((f"{A}, successor: Phòng D",), ["7:32 unknown-unit"]),
    ],
)
def test_a_succession_that_cannot_be_is_told_with_its_place(
    site: Workbench, some: tuple[str, ...], problems: list[str]
) -> None:
    site.write("site.yaml", units(*some))
    done = site.run("build", "--json")
    assert done.code == 1
    found = done.problems
    if " " in problems[0]:
        assert found == [f"site.yaml:{each}" for each in problems]
    else:
        assert [each.split()[1] for each in found] == problems


@pytest.mark.parametrize(
    "some",
    [
        # A merger into an older unit, a gap, the same month, a chain.
        (f"{A_TO_B}, from: 2000, to: 2020-06", f"{B}, from: 1990"),
        (f"{A_TO_B}, to: 2019", f"{B}, from: 2025, to: 2026"),
        (f"{A}, from: 2020-03-15, to: 2020-03",),
        (A_TO_B, B_TO_C, C),
    ],
)
def test_a_succession_that_can_be_is_taken(site: Workbench, some: tuple[str, ...]) -> None:
    site.write("site.yaml", units(*some))
    site.build()


def test_bulletins_from_outside_their_units_life_are_a_notice(site: Workbench) -> None:
    site.bulletin("2020/d.md", unit="Phòng A", date="2020")
    site.write("site.yaml", units(f"{A}, from: 2020-01-02, to: 2020-02", f"{B}, to: 2020-03-03"))
    done = site.build()
    assert done.problems == ["content/2020/01/a.md unit-outside-life"]
    message = done.report["problems"][0]["text"]
    assert message.startswith("2 bulletins of the unit “Phòng A”")


def test_succession_follows_the_settings_and_the_bulletins(site: Workbench) -> None:
    whole, own = "don-vi/phong-c/ca-tien-than", "don-vi/phong-c/index.html"
    site.write("site.yaml", units(A, B, C))
    site.build()
    assert not [path for path in site.tree() if "ca-tien-than" in path]
    assert "ca-tien-than" not in site.page(own) and "former" not in site.page("tim-kiem.html")

    site.write("site.yaml", units(f"{A_TO_B}, to: 2020-06-30", f"{B_TO_C}, to: 2024", C))
    site.rebuild()
    # Nine bulletins of three units, two on a numbered page.
    pages = {path for path in site.tree() if path.startswith(f"{whole}/")}
    assert pages == {
        f"{whole}/{name}.html" for name in ("index", *(f"trang-{n}" for n in range(1, 6)))
    }
    first, last = site.page(f"{whole}/index.html"), site.page(f"{whole}/trang-1.html")
    assert "Phòng A" in last and 'href="../../../don-vi/phong-a/index.html"' in last
    assert "(until 30/06/2020)" in first
    assert 'href="../../don-vi/phong-c/ca-tien-than/index.html"' in site.page(own)
    assert "Former unit, now" in site.page("don-vi/phong-a/index.html")
    # A change of one of the old units shows here, a change of others does not.
    site.bulletin("2020/02/a.md", unit="Phòng A", date="2020-02-02", title="Tên mới")
    changed = site.rebuild()
    assert f"{whole}/trang-2.html" in changed and f"{whole}/trang-5.html" not in changed
    site.bulletin("2020/02/x.md", unit="Phòng X", date="2020-02-02")
    assert not [path for path in site.rebuild() if "ca-tien-than" in path]
    site.write("site.yaml", units(A, B, C))
    site.rebuild()
    assert not [path for path in site.tree() if "ca-tien-than" in path]
