"""Captured pages of real portals become a site on which each shows all it had."""

from pathlib import Path

import pytest

from tests.workbench import Workbench

# Capture → the date that its page lacks and a webmaster would look up.
GIVEN = {"000": "", "001": "2020", "002": "", "003": "2022-08-12 17:00", "004": "2020-09-07"}


@pytest.fixture(scope="module")
def site(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    site = Workbench(tmp_path_factory.mktemp("captured"))
    site.write("site.yaml", 'title: "Kho tin"\nbase_url: https://example.org/\n')
    for capture in sorted((shared / "seeds").glob("*.txt")):
        date = GIVEN[capture.name[:3]]
        options = ["--date", date] if date else []
        outcome = site.run("import", "capture", str(capture), *options)
        assert outcome.code == 0, outcome.stdout + outcome.stderr
    report = site.build().report
    assert (report["bulletins"], report["left_out"]) == (5, {})
    return site


def page_with(site: Workbench, month: str, name: str = "*-*") -> str:
    found = (site.output / month).glob(f"{name}.html")
    (page,) = (each for each in found if each.name != "ban-tin.html")
    return page.read_text("utf-8")


def test_a_page_of_a_province(site: Workbench) -> None:
    page = page_with(site, "2020/07")
    for shown in (
        '<time datetime="2020-07-16T13:40:00+07:00">Thứ Năm, 16/07/2020, 13:40</time>',
        "147 lượt xem",
        'href="../../tac-gia/khanh-vy/index.html"',
        "Tin tức – Sự kiện",
        "Quang cảnh Hội nghị",
        'class="lead"',
        "Quay lại",
        "Bản in",
    ):
        assert shown in page


def test_a_page_that_was_taken_over_from_a_newspaper(site: Workbench) -> None:
    page = page_with(site, "2020/09", "ha-noi-*")
    assert "Thứ Hai, 28/09/2020, 10:23" in page
    assert "Theo HNMO" in page
    assert "Tiếp tục cập nhật" in page
    assert "[…]" not in page and "Đối tác của chúng tôi" not in page


def test_a_page_of_a_broadcaster(site: Workbench) -> None:
    page = page_with(site, "2019/09")
    assert "Thứ Tư, 11/09/2019, 18:11" in page
    assert "65 lượt xem" in page
    assert "Thanh Phú" in page
    assert "“năm dân vận chính quyền 2019”" in page


def test_a_page_with_a_comment_form(site: Workbench) -> None:
    page = page_with(site, "2022/08")
    assert "Thứ Sáu, 12/08/2022, 17:00" in page
    assert "Mỹ Lệ" in page
    assert "MỸ LỆ" not in page and "Email của bạn" not in page


def test_a_page_of_a_district(site: Workbench) -> None:
    page = page_with(site, "2020/09", "toa-dam-*")
    assert "(Ảnh: Đức Kiên)" in page and "Hiếu Minh" in page
    assert 'href="../../chuyen-muc/tin-tuc-su-kien/index.html"' in page
    assert "Học tập và làm theo tư tưởng, đạo đức, phong cách Hồ Chí Minh" in page
    assert "TOA DAM GIÁM SAT.bmp" in page
    assert "Skip Ribbon Commands" not in page


def test_the_two_of_one_category_are_neighbours(site: Workbench) -> None:
    page = page_with(site, "2020/07")
    newer = page.split("Tin mới hơn", 1)[1]
    assert "Tọa đàm nâng cao chất lượng" in newer


def test_without_dates_three_wait_for_review_and_a_second_import_adds_nothing(
    shared: Path, tmp_path: Path
) -> None:
    site = Workbench(tmp_path)
    captures = [str(file) for file in sorted((shared / "seeds").glob("*.txt"))]
    outcome = site.run("import", "capture", *captures, "--language", "vi")
    assert outcome.code == 0
    assert "49.986.552" in outcome.stdout
    assert "TOA DAM GIÁM SAT.bmp" in outcome.stdout
    before = site.tree(site.folder / "content")
    again = site.run("import", "capture", *captures)
    assert again.code == 0
    assert site.tree(site.folder / "content") == before
    report = site.build().report
    assert report["bulletins"] == 2
    assert len(report["left_out"]["review"]) == 3
    assert [each["code"] for each in report["problems"]] == ["held-for-review"] * 3
