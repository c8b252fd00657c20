"""Dates as portals print them."""

import pytest

from danvan_site import dates


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("Thứ Năm, 16/07/2020, 13:40", "2020-07-16T13:40:00+07:00"),
        ("Thứ 4, 11.09.2019 | 18:11:27", "2019-09-11T18:11:27+07:00"),
        ("Chủ nhật, 19-07-2020", "2020-07-19"),
        ("10:23:48 28-09-2020-GMT+0700", "2020-09-28T10:23:48+07:00"),
        ("09.06.2023 | 19:39 PM", "2023-06-09T19:39:00+07:00"),
        ("Thứ 7, 23/11/2024, 23:40[GMT+7]", "2024-11-23T23:40:00+07:00"),
        ("ngày 05 tháng 9 năm 2020", "2020-09-05"),
        ("2:05 CH 1/2/2021", "2021-02-01T14:05:00+07:00"),
        ("12:05 SA, 1/2/2021", "2021-02-01T00:05:00+07:00"),
        ("2020-07-16T13:40:05+07:00", "2020-07-16T13:40:05+07:00"),
        ("2020-07-16T00:30:00+09:00", "2020-07-15T22:30:00+07:00"),
        ("8/2022", "2022-08"),
        ("2022-08", "2022-08"),
        ("2022", "2022"),
    ],
)
def test_every_shape_of_a_date_is_read(text: str, iso: str) -> None:
    assert dates.parse(text).iso == iso


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("10:23:48 28-09-GMT+0700", "date-no-year"),
        ("Chiều 12.8", "date-no-year"),
        ("2020-02-30", "date-impossible"),
        ("31/4/2020", "date-impossible"),
        ("2020-07-16 25:00", "date-impossible"),
        ("2020-07-00T13:40+07:00", "date-impossible"),
        ("00/07/2020, 13:40 GMT+7", "date-impossible"),
        ("1020-07-16", "date-impossible"),
        ("Thứ Hai, 16/07/2020", "weekday-mismatch"),
        ("CN, 16/07/2020", "weekday-mismatch"),
        ("hôm nay", "date-unreadable"),
        ("", "date-unreadable"),
    ],
)
def test_what_is_no_date_is_told_apart(text: str, code: str) -> None:
    with pytest.raises(dates.DateError) as caught:
        dates.parse(text)
    assert caught.value.code == code


def test_a_year_that_is_told_completes_a_stamp_without_one() -> None:
    moment = dates.parse_stamp("10:23:48 28-09-GMT+0700", year=2020)
    assert moment.iso == "2020-09-28T10:23:48+07:00"


def test_imprecise_dates_come_before_the_precise_ones_of_their_time() -> None:
    texts = ["2022", "2022-08", "2022-08-01", "2022-08-01 07:00", "2022-09"]
    moments = [dates.parse(text) for text in texts]
    shuffled = [moments[3], moments[0], moments[4], moments[2], moments[1]]
    assert sorted(shuffled, key=lambda moment: moment.order) == moments


def test_date_lines_are_in_the_words_of_the_site() -> None:
    moment = dates.parse("2020-07-16 13:40:05")
    assert moment.text("vi") == "Thứ Năm, 16/07/2020, 13:40"
    assert moment.text("en") == "Thursday, 16/07/2020, 13:40"
    assert dates.parse("2022-08").text("vi") == "Tháng 8/2022"
    assert dates.parse("2022").text("vi") == "Năm 2022"
