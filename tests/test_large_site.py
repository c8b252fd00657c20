"""What only shows when there are thousands of bulletins."""

import re
from xml.etree import ElementTree

import pytest

from tests.workbench import Workbench

COUNT = 5_010
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    site = Workbench(tmp_path_factory.mktemp("large"))
    for number in range(COUNT):
        day = f"{2018 + number % 3}-{number % 12 + 1:02d}-{number % 28 + 1:02d}"
        site.bulletin(f"{number % 100:02d}/tin-{number:04d}.md", title=f"Tin {number}", date=day)
    assert site.build().report["bulletins"] == COUNT
    return site


def addresses(site: Workbench, path: str) -> list[str]:
    root = ElementTree.fromstring(site.page(path))
    return [str(node.text) for node in root.iter(f"{SITEMAP}loc")]


def test_the_sitemap_is_split_by_years_under_an_index(site: Workbench) -> None:
    base = "https://example.org/ban-tin/"
    parts = [address.removeprefix(base) for address in addresses(site, "sitemap.xml")]
    assert parts == [
        "sitemap-trang.xml", "sitemap-2018.xml", "sitemap-2019.xml", "sitemap-2020.xml",
    ]  # fmt: skip
    listed = [address.removeprefix(base) for part in parts for address in addresses(site, part)]
    assert len(listed) == len(set(listed))
    assert sum("/tin-" in path for path in listed) == COUNT
    assert all((site.output / path).is_file() for path in listed)


def test_a_long_month_leads_to_its_days_and_bulletins_to_the_month(site: Workbench) -> None:
    month = site.page("2018/01/index.html")
    days = re.findall(r'href="(?:\.\./)*(2018/01/\d\d/index\.html)"', month)
    assert days
    assert all((site.output / day).is_file() for day in days)
    assert 'href="../../2018/01/index.html#ngay-01"' in site.page("2018/01/tin-0000.html")
    assert 'id="ngay-01"' in month
