"""The search engine on whole sites: it finds what is true, in the order that is promised."""

from __future__ import annotations

import json
import random
import re
import shutil
import threading
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import cached_property, partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from lunr.index import Index  # type: ignore[import-untyped]
from lunr.query import QueryPresence  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, Request, Route

from danvan_site.search import analysis
from tests import search_truth
from tests.search_truth import ABBREVIATIONS, Asker, Author, Truth, Written
from tests.sites import Output, Window, serving
from tests.workbench import SETTINGS, Workbench

pytestmark = pytest.mark.browser

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'"
)
ALL = 1_000_000
# From here on a score says that words stand side by side; below it is lunr's.
SIDE_BY_SIDE = 1e6
TOGETHER = 3e6
# A search takes this long on no machine: one that has not answered by then never will.
PATIENCE = 20_000
NEWEST = Written(
    "2022/moi-nhat.md", "Khánh thành cầu treo Bản Mạ", "2022-01-03", ("Nhịp cầu thứ ba.",)
)


# Sites to search in


@dataclass(frozen=True)
class Archive:
    """A site, built, with what is true of it."""

    site: Workbench
    truth: Truth

    @property
    def output(self) -> Output:
        return Output(self.site.output)

    @cached_property
    def urls(self) -> dict[str, str]:
        """The addresses of bulletins by the paths of their files, from the published data."""
        lines = self.site.page("du-lieu/bai-viet.jsonl").splitlines()
        records = [json.loads(line) for line in lines]
        base = len("https://example.org/ban-tin/")
        return {record["path"]: record["url"][base:] for record in records}

    def addresses(self, paths: Iterator[str] | set[str]) -> list[str]:
        """Return the addresses of bulletins, the newest first."""
        return [self.urls[path] for path in self.truth.newest_first(paths)]


def written(folder: Path, bulletins: Sequence[Written], settings: str = "") -> Workbench:
    site = Workbench(folder)
    site.write("site.yaml", SETTINGS + settings)
    for each in bulletins:
        each.write(site)
    return site


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """Build an archive that is all in the second segment of its index; lunr's index too."""
    bulletins = Author(7).archive(500)
    search = {"export": "lunr", "abbreviations": ABBREVIATIONS}
    settings = f"search: {json.dumps(search, ensure_ascii=False)}\n"
    site = written(tmp_path_factory.mktemp("small"), bulletins, settings)
    site.build("--jobs", "1")
    return Archive(site, Truth(bulletins, ABBREVIATIONS))


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """Build an archive whose index has both segments."""
    bulletins = Author(8).archive(1_500)
    site = written(tmp_path_factory.mktemp("large"), bulletins)
    site.build("--jobs", "2")
    return Archive(site, Truth(bulletins))


@pytest.fixture(params=["small", "large"])
def archive(request: pytest.FixtureRequest) -> Archive:
    """Give each of both archives in turn."""
    found: Archive = request.getfixturevalue(request.param)
    return found


@pytest.fixture(scope="module")
def mounted() -> Iterator[Callable[[Path], str]]:
    """Give a function that serves a folder for as long as this module runs."""
    with ExitStack() as stack:
        known: dict[Path, str] = {}

        def address(folder: Path) -> str:
            return known.get(folder) or known.setdefault(
                folder, stack.enter_context(serving(folder))
            )

        yield address


# Asking


class Engine:
    """The engine of a site's search page."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def ask(self, queries: Sequence[tuple[str, dict[str, Any]]]) -> list[dict[str, Any]]:
        """Ask one query after the other; one that does not answer is an error."""
        found: list[dict[str, Any]] = self.page.evaluate(
            """async ([queries, patience]) => {
                const found = [];
                for (const [text, options] of queries) {
                    const late = new Promise((_, reject) => setTimeout(() => reject(new Error('no answer: ' + text)), patience));
                    found.push(await Promise.race([danvanSearch.query(text, options), late]));
                }
                return found;
            }""",
            [[list(query) for query in queries], PATIENCE],
        )  # fmt: skip
        return found

    def query(self, text: str, **options: Any) -> dict[str, Any]:
        return self.ask([(text, options)])[0]

    def urls(self, text: str, **options: Any) -> list[str]:
        """Return the addresses of all results."""
        return addresses_of(self.query(text, **{"limit": ALL, **options}))

    def facets(self, text: str, name: str, **filters: Any) -> dict[Any, int]:
        """Return the counts of the values of a filter, in the order in which they come."""
        found = self.page.evaluate(
            "([text, filters, name]) => danvanSearch.facets(text, {filters}, name)",
            [text, filters, name],
        )
        return {each["value"]: each["count"] for each in found}

    def highlights(self, text: str, query: str) -> list[str]:
        """Return the parts of a text that are marked."""
        ranges = self.page.evaluate(
            "([text, query]) => danvanSearch.highlights(text, query)", [text, query]
        )
        return [text[start:end] for start, end in ranges]


def addresses_of(answer: dict[str, Any]) -> list[str]:
    return [result["url"] for result in answer["results"]]


@pytest.fixture
def engine(
    mounted: Callable[[Path], str], window: Callable[..., Window]
) -> Callable[[Archive], Engine]:
    """Give a function that opens an archive's search page in a window of its own."""

    def open_page(archive: Archive) -> Engine:
        return Engine(window(mounted(archive.site.output)).open("tim-kiem.html"))

    return open_page


# What is found


def test_a_query_finds_exactly_the_bulletins_with_all_its_words(
    archive: Archive, engine: Callable[[Archive], Engine]
) -> None:
    truth, asker = archive.truth, Asker(archive.truth, 19)
    queries = [asker.words() for _ in range(200)]
    answers = engine(archive).ask([(text, {"limit": ALL, "sort": "newest"}) for text in queries])
    assert sum(answer["total"] > 0 for answer in answers) > 150
    for text, answer in zip(queries, answers, strict=True):
        expected = truth.with_words(text)
        assert answer["total"] == len(expected), text
        assert addresses_of(answer) == archive.addresses(expected), text
        assert answer["exact"]
        near = truth.with_words(text, marked=False) - expected
        if search_truth.is_marked(text) and len(expected) < 10 and near:
            assert answer["near"]["total"] == len(near), text
            assert addresses_of(answer["near"]) == archive.addresses(near), text
        else:
            assert answer["near"] is None, text


def test_a_quoted_query_finds_exactly_the_bulletins_in_which_its_words_stand_in_a_row(
    archive: Archive, engine: Callable[[Archive], Engine]
) -> None:
    truth, asker = archive.truth, Asker(archive.truth, 30)
    queries = [asker.phrase() for _ in range(60)] + [asker.broken_phrase() for _ in range(20)]
    texts = [f'"{text}"' for text in queries]
    answers = engine(archive).ask([(text, {"limit": ALL, "sort": "newest"}) for text in texts])
    assert sum(answer["total"] > 0 for answer in answers) > 40
    assert sum(not truth.with_phrase(text) for text in queries) > 10
    for text, answer in zip(queries, answers, strict=True):
        expected = truth.with_phrase(text)
        assert addresses_of(answer) == archive.addresses(expected), text
        assert answer["total"] == len(expected), text


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("hòa giải", "hoà giải"),
        ("HÒA GIẢI", "hòa giải"),
        (unicodedata.normalize("NFD", "hòa giải"), "hòa giải"),
        ("thuỷ", "thủy"),
        ("Ðinh Thúy", "Đinh Thuý"),
        ("114-KL/TƯ", "114-kl/tw"),
        ("114 KL TW", "114-KL/TW"),
        ("1.800", "1800"),
        ("2-9", "2/9"),
        ("UBND", "Ủy ban nhân dân"),
        ("Mặt   trận,\u00a0(Tổ) quốc!", "mặt trận tổ quốc"),
        ("dân dân dân", "dân"),
    ],
)
def test_two_ways_of_writing_find_the_same(
    small: Archive, engine: Callable[[Archive], Engine], text: str, same: str
) -> None:
    here = engine(small)
    found = here.urls(text, sort="newest")
    assert found
    if "UBND" in text:
        # The long form is found in bulletins with its words apart, too.
        assert set(found) <= set(here.urls(same))
        same = f'"{same}"'
    assert found == here.urls(same, sort="newest")


def test_pieces_of_document_numbers_and_dates_are_found(
    small: Archive, engine: Callable[[Archive], Engine]
) -> None:
    here, truth = engine(small), small.truth
    for piece in ("KL", "tw nghị quyết", "Kết luận 114", "CT", "19", "8/2020", "2020", "QĐ 217"):
        found = set(here.urls(piece))
        assert found == set(small.addresses(truth.with_words(piece)))
        assert found or " " in piece
    assert set(here.urls("KL")) >= set(here.urls("114-KL/TW")) != set()
    assert set(here.urls("19/8")) > set(here.urls("19/8/2020")) != set()
    assert set(here.urls("19 8")) >= set(here.urls("19/8"))


def test_every_address_of_a_result_is_a_page(
    archive: Archive, engine: Callable[[Archive], Engine]
) -> None:
    here = engine(archive)
    answer = here.query("", sort="oldest", limit=ALL, filters={"year": [2018, 2019, 2020, 2021]})
    assert answer["total"] == len(archive.truth.bulletins) == len(answer["results"])
    urls = addresses_of(answer)
    assert urls == archive.addresses(set(archive.truth.bulletins))[::-1]
    assert all((archive.site.output / url).is_file() for url in urls)
    by_url = {archive.urls[path]: each for path, each in archive.truth.bulletins.items()}
    for result in answer["results"]:
        bulletin = by_url[result["url"]]
        assert result["date"] == bulletin.date[:10]
        assert (result["unit"] or "") == bulletin.unit
        assert result["title"].split() == plain(bulletin.title).split()


def plain(text: str) -> str:
    """Titles are published without invisible characters."""
    return unicodedata.normalize("NFC", re.sub("[\u00ad\u200b-\u200d\u2060\ufeff]", "", text))


def test_a_withdrawn_bulletin_is_not_found(
    small: Archive, engine: Callable[[Archive], Engine]
) -> None:
    assert (small.site.output / small.urls["2019/rut.md"]).is_file()
    everything = engine(small).urls("", filters={"year": [2018, 2019, 2020, 2021]})
    assert small.urls["2019/rut.md"] not in everything


def test_nothing_is_asked_and_nothing_found(
    small: Archive, engine: Callable[[Archive], Engine]
) -> None:
    here = engine(small)
    for text in ("", "   ", "?!…", '""', '"', "-", "tieu-de:", "\u200b"):
        answer = here.query(text)
        assert (answer["total"], answer["results"], answer["near"]) == (0, [], None), text


def test_a_site_of_one_bulletin_can_be_searched(
    bare: Output, mounted: Callable[[Path], str], window: Callable[..., Window]
) -> None:
    here = Engine(window(mounted(bare.folder)).open("tim-kiem.html"))
    for text in ("tin", "duy nhất", '"Tin duy nhất"', "tieu-de:nhat", "duy -hai"):
        assert here.query(text)["total"] == 1, text
    for text in ("hai", "duy nhật", '"nhất duy"', "duy -tin"):
        assert here.query(text)["total"] == 0, text


# The plain lunr index


@pytest.fixture(scope="module")
def lunr_index(small: Archive) -> Index:
    return Index.load(small.site.page("tim-kiem/lunr.json"))


def lunr_answers(index: Index, text: str) -> dict[str, float]:
    """Return what lunr finds for the words of a query, all of them required: address → score."""
    level = 0 if search_truth.is_marked(text) else 1
    terms = dict.fromkeys(analysis.terms_of(word)[level] for word in analysis.words(text))
    query = index.create_query()
    for term in terms:
        query.term(term, presence=QueryPresence.REQUIRED, use_pipeline=False)
    return {each["ref"]: each["score"] for each in index.query(query)}


def test_lunr_finds_the_same_and_scores_it_the_same(
    small: Archive, lunr_index: Index, engine: Callable[[Archive], Engine]
) -> None:
    """The client's documents are lunr's for all queries; its scores are lunr's for single words and
    for all results in which no two words of the query stand side by side.

    The others cannot coincide: lunr does not know where words stand, and the client puts what
    stands together first.  lunr.py divides by the length of the query's vector, the square root of
    the number of different words, and does not by that of the field's, so no more than the last
    bit of a float is left to chance: a score is a sum of values with three decimals on both sides.
    """
    asker = Asker(small.truth, 41)
    queries: list[str] = []
    while len(queries) < 300:
        text = asker.words()
        if len(analysis.words(text)) <= 3:
            queries.append(text)
    compared = 0
    for text, answer in zip(
        queries, engine(small).ask([(text, {"limit": ALL}) for text in queries]), strict=True
    ):
        expected = lunr_answers(lunr_index, text)
        assert set(addresses_of(answer)) == set(expected), text
        apart = [each for each in answer["results"] if each["score"] < SIDE_BY_SIDE]
        if len(search_truth.row_of(text)) == 1:
            assert len(apart) == answer["total"], text
        for result in apart:
            assert result["score"] == pytest.approx(expected[result["url"]], abs=5e-4), text
        compared += len(apart)
    assert compared > 10_000


def test_the_order_of_single_words_is_the_order_of_lunr(
    small: Archive, lunr_index: Index, engine: Callable[[Archive], Engine]
) -> None:
    """Of equal scores the client shows the newer first, lunr whichever it met first."""
    here = engine(small)
    for text in ("dân", "hoa giai", "KL", "khéo", "2020", "thuỷ", "duong", "Uyển"):
        expected = lunr_answers(lunr_index, text)
        rows = list(here.query(text, limit=ALL)["results"])
        apart = [each["url"] for each in rows if each["score"] < SIDE_BY_SIDE]
        newest = {url: at for at, url in enumerate(small.addresses(set(small.truth.bulletins)))}
        order = sorted(apart, key=lambda url: (-round(expected[url], 6), newest[url]))
        assert apart == order, text


# Ranking


def test_side_by_side_comes_before_apart_and_titles_before_all(
    archive: Archive, engine: Callable[[Archive], Engine]
) -> None:
    """First come the bulletins in which all words stand in a row, those with the row in the title
    before all others; then those in which each word has a neighbour; then the rest."""
    truth, asker = archive.truth, Asker(archive.truth, 52)
    rows = (asker.phrase() for _ in range(200))
    queries = [text for text in rows if 1 < len(search_truth.row_of(text)) < 4][:60]
    queries = [text for text in queries if is_plain(text)]
    answers = engine(archive).ask([(text, {"limit": ALL}) for text in queries])
    for text, answer in zip(queries, answers, strict=True):
        expected = [ranks(truth, text, path) for path in paths_of(archive, answer)]
        assert expected == sorted(expected, reverse=True), text


def is_plain(text: str) -> bool:
    """Tell whether a query is a row of words, without dates."""
    return search_truth.row_of(text) == search_truth.asked_words(text)


def paths_of(archive: Archive, answer: dict[str, Any]) -> list[str]:
    paths = {url: path for path, url in archive.urls.items()}
    return [paths[url] for url in addresses_of(answer)]


def ranks(truth: Truth, text: str, path: str) -> tuple[bool, bool, bool]:
    """Return what puts a bulletin before others, the most important first."""
    marked = search_truth.is_marked(text)
    reading = truth.reading(path, marked)
    words = [search_truth.compared(word, marked) for word in search_truth.row_of(text)]
    together = reading.stand_together(words)
    beside = [reading.stand_together(pair) for pair in map(list, pairwise(words))]
    each = all(one or other for one, other in pairwise([False, *beside, False]))
    # Without marks a title that is spelled as few others are may come later.
    return together, marked and reading.stand_together(words, "title"), each


def test_of_equal_results_the_newer_comes_first(
    archive: Archive, engine: Callable[[Archive], Engine]
) -> None:
    asker = Asker(archive.truth, 63)
    texts = [asker.words() for _ in range(40)]
    newest = {url: at for at, url in enumerate(archive.addresses(set(archive.truth.bulletins)))}
    for answer in engine(archive).ask([(text, {"limit": ALL}) for text in texts]):
        order = [(-each["score"], newest[each["url"]]) for each in answer["results"]]
        assert order == sorted(order)


def test_results_are_sorted_as_asked(archive: Archive, engine: Callable[[Archive], Engine]) -> None:
    here, truth = engine(archive), archive.truth
    for text in ("dân vận", "Hoà", "khong", '"nong thon moi"', "114-KL/TW -hoa"):
        newest = here.urls(text, sort="newest")
        paths = paths_of(archive, here.query(text, sort="newest", limit=ALL))
        assert newest
        assert paths == truth.newest_first(paths)
        assert here.urls(text, sort="oldest") == newest[::-1]
        viewed = sorted(paths, key=lambda path: -truth.bulletins[path].views)
        assert here.urls(text, sort="views") == [archive.urls[path] for path in viewed]
        assert sorted(here.urls(text)) == sorted(newest)
        assert here.urls(text, sort="relevance") == here.urls(text)


@pytest.mark.parametrize("text", ["dân vận khéo", "hoa", "nuoc sach va", "va co", '"dân vận"'])
def test_pages_of_results_join_to_the_whole(
    archive: Archive, engine: Callable[[Archive], Engine], text: str
) -> None:
    here = engine(archive)
    for sort in ("relevance", "newest", "oldest", "views"):
        whole = here.urls(text, sort=sort)
        pages = [
            addresses_of(answer)
            for answer in here.ask(
                [(text, {"sort": sort, "offset": at, "limit": 17}) for at in range(0, 170, 17)]
            )
        ]
        assert [url for page in pages for url in page] == whole[:170]
    assert len(here.query(text)["results"]) == min(10, len(whole))
    assert here.query(text, limit=0)["results"] == []
    assert here.query(text, limit=0)["total"] == len(whole)
    assert here.query(text, offset=len(whole))["results"] == []


def test_the_first_results_that_are_shown_early_are_the_first_results(
    large: Archive, engine: Callable[[Archive], Engine]
) -> None:
    asker = Asker(large.truth, 70)
    texts = [asker.phrase() for _ in range(60)] + ["dân vận", "dan van kheo", "uy ban nhan dan"]
    found = engine(large).page.evaluate(
        """async texts => {
            const found = [];
            for (const text of texts) {
                let early = null;
                const answer = await danvanSearch.query(text, {first: results => { early = results; }});
                found.push([early && early.map(each => each.url), answer.results.map(each => each.url)]);
            }
            return found;
        }""",
        texts,
    )  # fmt: skip
    shown = [(early, results) for early, results in found if early]
    assert len(shown) > 10
    assert all(early == results for early, results in shown)


def test_a_query_tells_what_it_transferred(
    large: Archive, engine: Callable[[Archive], Engine]
) -> None:
    here = engine(large)
    names: set[str] = set()
    here.page.on("request", lambda each: names.add(urlsplit(each.url).path))
    told = here.query("dân vận khéo thôn bản")["transferred"]
    files = [large.site.output / name[1:] for name in names if name.startswith("/tim-kiem/")]
    assert told == sum(file.stat().st_size for file in files) > 0
    names.clear()
    assert here.query("dân vận khéo thôn bản")["transferred"] == 0
    assert not [name for name in names if name.startswith("/tim-kiem/")]


@pytest.mark.parametrize("kind", ["tu", "tiep", "nho", "nang"])
@pytest.mark.parametrize("text", ["tieu-de:quỹ", "quỹ", "dân vận khéo"])
def test_the_order_in_which_files_arrive_changes_nothing(
    large: Archive, engine: Callable[[Archive], Engine], text: str, kind: str
) -> None:
    here = engine(large)
    held: list[Route] = []
    under_way: set[str] = set()

    def meet(route: Route) -> None:
        if f"/tim-kiem/{kind}" in route.request.url:
            held.append(route)
            # Whatever was asked for at the same time is met before this comes back.
            here.page.evaluate("new Promise(requestAnimationFrame)")
            release()
        else:
            under_way.add(route.request.url)
            route.continue_()

    def release() -> None:
        while not under_way and held:
            held.pop().continue_()

    def finish(request: Request) -> None:
        under_way.discard(request.url)
        release()

    here.page.on("requestfinished", finish)
    here.page.route("**/tim-kiem/**", meet)
    late = here.query(text, limit=ALL)
    assert late["results"] == here.query(text, limit=ALL)["results"]


# Fields, minus, filters

FIELDS: dict[str, Callable[[Written], Sequence[str]]] = {
    "tieu-de": lambda each: [each.title],
    "don-vi": lambda each: [each.unit],
    "tac-gia": lambda each: each.author,
    "tu-khoa": lambda each: each.tags,
    "chuyen-muc": lambda each: each.category,
    "su-kien": lambda each: each.topic,
}
COLUMNS: dict[str, Callable[[Written], Sequence[Any]]] = {
    "category": lambda each: each.category,
    "unit": lambda each: [each.unit] if each.unit else [],
    "author": lambda each: each.author,
    "tag": lambda each: each.tags,
    "topic": lambda each: each.topic,
    "year": lambda each: [int(each.date[:4])],
}


def in_field(truth: Truth, name: str, text: str, marked: bool, quoted: bool = False) -> set[str]:
    """Return the bulletins of which a field has the words of a text in one value."""
    words = {search_truth.compared(word, marked) for word in search_truth.asked_words(text)}
    row = [search_truth.compared(word, marked) for word in search_truth.row_of(text)]

    def accept(value: str) -> bool:
        own = {search_truth.compared(word, marked) for word in search_truth.words_of(value)}
        own_row = [search_truth.compared(word, marked) for word in search_truth.row_of(value)]
        return words <= own and (not quoted or search_truth.in_row(row, own_row))

    return truth.where(lambda each: any(accept(value) for value in FIELDS[name](each)))


def test_a_word_can_be_asked_for_in_one_field(
    large: Archive, engine: Callable[[Archive], Engine]
) -> None:
    rng, truth, here = random.Random(81), large.truth, engine(large)
    bulletins = list(truth.bulletins.values())
    checked = 0
    for name, values in FIELDS.items():
        for _ in range(12):
            texts = values(rng.choice(bulletins))
            tokens = search_truth.row_of(rng.choice(texts) if texts else "")
            if not tokens:
                continue
            word = rng.choice([search_truth.bare, str])(rng.choice(tokens))
            marked = search_truth.is_marked(word)
            expected = in_field(truth, name, word, marked)
            assert expected
            field = rng.choice([name, name.upper()])
            assert set(here.urls(f"{field}:{word}")) == set(large.addresses(expected)), word
            outside = truth.with_words("nhân dân", marked=True) - in_field(truth, name, word, True)
            found = here.urls(f"nhân dân -{name}:{word}")
            assert set(found) == set(large.addresses(outside)), word
            checked += 1
    assert checked >= 50


def test_a_field_is_named_in_vietnamese_too(
    small: Archive, engine: Callable[[Archive], Engine]
) -> None:
    here = engine(small)
    for plain_name, name in (("tieu-de", "tiêu-đề"), ("tac-gia", "Tác-giả"), ("don-vi", "đơn-vị")):
        assert here.urls(f"{name}:dân") == here.urls(f"{plain_name}:dân")
        assert set(here.urls(f"{name}:dân")) < set(here.urls("dân"))
    # What is no name of a field is a word like others.
    assert here.urls("dân:vận", sort="newest") == here.urls("dân vận", sort="newest")
    assert here.urls("http://dân", sort="newest") == here.urls("http dân", sort="newest")


def test_what_has_a_minus_before_it_is_left_out(
    archive: Archive, engine: Callable[[Archive], Engine]
) -> None:
    truth, here, asker = archive.truth, engine(archive), Asker(archive.truth, 90)
    rng = random.Random(91)
    for _ in range(40):
        text, word, phrase = asker.words(), asker.words().split()[0], asker.phrase()
        marked = any(map(search_truth.is_marked, (text, word)))
        expected = truth.with_words(text, marked=marked)
        expected = expected - truth.with_words(word, marked=marked)
        order = rng.choice([f"{text} -{word}", f"-{word} {text}"])
        assert here.urls(order, sort="newest") == archive.addresses(expected), order
        marked = any(map(search_truth.is_marked, (text, phrase)))
        expected = truth.with_words(text, marked=marked) - truth.with_phrase(phrase, marked=marked)
        order = f'{text} -"{phrase}"'
        assert here.urls(order, sort="newest") == archive.addresses(expected), order


def test_parts_of_a_query_work_together(
    large: Archive, engine: Callable[[Archive], Engine]
) -> None:
    truth, here, asker = large.truth, engine(large), Asker(large.truth, 95)
    for _ in range(40):
        one, two, other = asker.phrase(), asker.phrase(), asker.words()
        text = f'"{one}" {other} "{two}"'
        marked = search_truth.is_marked(text)
        expected = truth.with_phrase(one, marked=marked) & truth.with_words(other, marked=marked)
        for part, found in (
            ("", truth.with_phrase(two, marked=marked)),
            ("tieu-de:", truth.with_phrase(two, "title", marked)),
        ):
            whole = f'"{one}" {other} {part}"{two}"'
            urls = here.urls(whole, sort="newest")
            assert urls == large.addresses(expected & found), whole


def test_filters_keep_what_has_the_values(
    archive: Archive, engine: Callable[[Archive], Engine]
) -> None:
    rng, truth, here = random.Random(17), archive.truth, engine(archive)
    for _ in range(40):
        names = rng.sample(list(COLUMNS), rng.choice([1, 1, 2, 3]))
        bulletin = rng.choice(list(truth.bulletins.values()))
        filters = {name: list(COLUMNS[name](bulletin))[:2] for name in names}
        filters = {name: values for name, values in filters.items() if values}
        text = rng.choice(["", "dân", "van"])
        expected = truth.with_words(text) if text else set(truth.bulletins)
        for name, values in filters.items():
            expected &= having(truth, name, values)
        if filters or text:
            found = here.urls(text, filters=filters, sort="newest")
            assert found == archive.addresses(expected), filters
    nothing = {"unit": ["Đơn vị không có"]}
    assert here.query("dân", filters=nothing)["total"] == 0


def having(truth: Truth, name: str, values: Sequence[Any]) -> set[str]:
    """Return the bulletins that have one of some values."""
    return truth.where(lambda each: bool(set(values) & set(COLUMNS[name](each))))


def test_counts_beside_filters_are_those_of_the_sources(
    archive: Archive, engine: Callable[[Archive], Engine]
) -> None:
    truth, here = archive.truth, engine(archive)
    for text in ("", "dân vận", '"nong thon moi"', "khong -hoa", "Khuê"):
        here_found = set(paths_of(archive, here.query(text, limit=ALL)))
        found = here_found if text else set(truth.bulletins)
        for name, values in COLUMNS.items():
            expected = Counter(
                value for path in found for value in set(values(truth.bulletins[path]))
            )
            counts = here.facets(text, name)
            assert counts == dict(expected), (text, name)
            if name == "year":
                assert list(counts) == sorted(counts, reverse=True)
            else:
                assert list(counts.values()) == sorted(counts.values(), reverse=True)


def test_counts_of_a_filter_heed_the_other_filters_and_not_itself(
    large: Archive, engine: Callable[[Archive], Engine]
) -> None:
    truth, here = large.truth, engine(large)
    category, year = search_truth.CATEGORIES[1], 2020
    of_both = having(truth, "year", [year]) & truth.with_words("dân")
    expected = Counter(value for path in of_both for value in truth.bulletins[path].category)
    assert here.facets("dân", "category", category=[category], year=[year]) == dict(expected)


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("2019-03-05", "2019-03-20"), ("2019-03-05", ""), ("", "2018-02-27"),
        ("2018-01-01", "2021-12-31"), ("2020-02-30", "2020-03-01"), ("2021-06-10", "2020-01-01"),
        ("2030-01-01", ""), ("", "1999-12-31"), ("2019-02-01", "2019-02-28"),
    ],
)  # fmt: skip
def test_days_from_and_to_are_both_included(
    archive: Archive, engine: Callable[[Archive], Engine], first: str, last: str
) -> None:
    def accept(each: Written) -> bool:
        day = each.date[:10]
        return len(day) == 10 and (first or "0") <= day <= (last or "9")

    filters = {name: day for name, day in (("from", first), ("to", last)) if day}
    found = engine(archive).urls("", filters=filters, sort="newest")
    exact = {archive.urls[path] for path in archive.truth.where(lambda it: len(it.date) > 9)}
    assert [url for url in found if url in exact] == archive.addresses(archive.truth.where(accept))


def test_a_date_known_to_the_month_or_the_year_is_found_in_all_of_it(
    archive: Archive, engine: Callable[[Archive], Engine]
) -> None:
    here, truth = engine(archive), archive.truth
    for date, first, last in (
        ("2019", "2019-01-01", "2019-12-31"),
        ("2020", "2020-01-01", "2020-12-31"),
        *((month, f"{month}-01", f"{month}-28") for month in ("2018-03", "2019-08", "2021-05")),
    ):
        filters = {"from": first, "to": last}
        vague = truth.where(partial(_is_dated, date))
        found = here.urls("", filters=filters)
        assert set(archive.addresses(vague)) <= set(found), date


def _is_dated(date: str, each: Written) -> bool:
    return each.date == date


# While typing, and when little is found


def test_the_last_word_can_be_the_beginning_of_one(
    archive: Archive, engine: Callable[[Archive], Engine]
) -> None:
    truth, here = archive.truth, engine(archive)
    for text in ("dân v", "thuy", "nông thô", "tran thi thu", "đườ", "hò"):
        *before, last = search_truth.asked_words(text)
        answer = here.query(text, prefix=True, limit=ALL)
        marked = search_truth.is_marked(text)
        assert answer["total"] == len(answer["results"]) > 0
        found = set(paths_of(archive, answer))
        begun = search_truth.compared(last, marked)
        for path in found:
            words = truth.reading(path, marked).words
            assert all(search_truth.compared(word, marked) in words for word in before), text
            assert any(starts(word, begun) for word in words), text
        assert found >= truth.with_words(text, marked=marked)
    for text in ("dân vận ", '"dân vận"', "tieu-de:dân"):
        same = here.query(text, prefix=True, limit=ALL)
        assert addresses_of(same) == here.urls(text)
        assert same["exact"]


def starts(word: str, begun: str) -> bool:
    """Tell whether a word begins as another one does, its tone mark where it may be."""
    letters = begun.rstrip("\u0300\u0301\u0303\u0309\u0323")
    return word.startswith(letters) and begun[len(letters) :] in word


TELEX = {
    "ă": "aw", "â": "aa", "đ": "dd", "ê": "ee", "ô": "oo", "ơ": "ow", "ư": "uw",
    "\u0300": "f", "\u0301": "s", "\u0303": "x", "\u0309": "r", "\u0323": "j",
}  # fmt: skip
VNI = {
    "ă": "a8", "â": "a6", "đ": "d9", "ê": "e6", "ô": "o6", "ơ": "o7", "ư": "u7",
    "\u0300": "2", "\u0301": "1", "\u0303": "4", "\u0309": "3", "\u0323": "5",
}  # fmt: skip


def keyed(word: str, keys: dict[str, str]) -> str:
    """Return the keys that are typed for a word, the tone's last."""
    letters = search_truth.compared(word, True)
    tones = "".join(each for each in letters if each in keys and unicodedata.combining(each))
    plain_letters = unicodedata.normalize("NFC", letters.removesuffix(tones))
    return "".join(keys.get(each, each) for each in plain_letters + tones)


@pytest.mark.parametrize("keys", [TELEX, VNI], ids=["telex", "vni"])
def test_what_was_typed_without_an_input_method_is_suggested_in_words(
    archive: Archive, engine: Callable[[Archive], Engine], keys: dict[str, str]
) -> None:
    texts = [
        "dân vận", "đường làng", "nước sạch", "Quỳnh", "khuê", "trường học", "lũ lụt",
        "hòa giải", "người nghèo", "thưởng", "Đỗ Văn An", "ruộng", "quốc", "huyện ủy", "Uyển",
    ]  # fmt: skip
    here = engine(archive)
    for text in texts:
        typed = " ".join(keyed(word, keys) for word in text.lower().split())
        suggestion = here.query(typed)["suggestion"]
        suggested = [search_truth.compared(word, True) for word in suggestion.split()]
        expected = [search_truth.compared(word.lower(), True) for word in text.split()]
        assert suggested == expected, typed


@pytest.mark.parametrize(
    ("slip", "meant"),
    [
        ("khuêe", "khuê"),
        ("ngọc uyểm", "ngọc uyển"),
        ("đnh thúy quỳnh", "đinh thúy quỳnh"),
        ("quynhh dinh", "quynh dinh"),
        ("qunyh", "quynh"),
    ],
)
def test_a_slip_of_one_letter_is_mended(
    archive: Archive, engine: Callable[[Archive], Engine], slip: str, meant: str
) -> None:
    here = engine(archive)
    suggestion = here.query(slip)["suggestion"]
    assert here.urls(suggestion) == here.urls(meant)


def test_nothing_is_suggested_where_enough_is_found_or_nothing_helps(
    archive: Archive, engine: Callable[[Archive], Engine]
) -> None:
    here = engine(archive)
    for text in ("dân vận", "hoa", "zzzzzzzz qqqqqqqq", '"zzzzz"', "dân -zzzz"):
        assert here.query(text)["suggestion"] == "", text


@pytest.mark.parametrize(
    ("query", "text", "marked"),
    [
        ("hoa", "Hòa giải ở nơi hoa nở", ["Hòa", "hoa"]),
        ("hoà", "Hòa giải ở nơi hoa nở", ["Hòa"]),
        ("hòa giai", "Hòa giải ở nơi hoa nở, giai đoạn", ["Hòa", "giai"]),
        ("19/8", "Ngày 19/8/2020 và 19-8, không phải 18/9", ["19/8/2020", "19-8"]),
        ("1800", "có 1.800 hộ, 1800 người, 18.000 cây", ["1.800", "1800"]),
        ("KL", "Kết luận 114-KL/TW", ["KL"]),
        ('"dân vận" -hội', "hội dân vận", ["dân", "vận"]),
        ("tieu-de:cầu", "nhịp cầu", ["cầu"]),
        ("đảng", "\u00d0ảng viên", ["\u00d0ảng"]),
        ("khéo", unicodedata.normalize("NFD", "dân vận khéo"), ["khe\u0301o"]),
        ("vận", "<b>vận</b> &amp; vận", ["vận", "vận"]),
        ("", "dân vận", []),
        ("zzz", "dân vận", []),
    ],
)
def test_words_of_a_query_are_marked_in_a_text(
    small: Archive, engine: Callable[[Archive], Engine], query: str, text: str, marked: list[str]
) -> None:
    assert engine(small).highlights(text, query) == marked


# Cases put together by hand


def case(number: int, title: str, *blocks: str, **more: Any) -> Written:
    return Written(f"tin-{number:02d}.md", title, f"2020-01-{number:02d}", blocks, **more)


CASES = [
    case(1, "Một hai ba bốn"),
    case(2, "Hai ba, một hai, ba bốn", "Một hai. Hai ba. Ba bốn. Một hai, rồi hai ba, ba bốn."),
    case(3, "Báo cáo kết quả năm 2020", "Bản đầy đủ ở văn phòng."),
    case(
        4,
        "Báo cáo kết quả năm 2019",
        *["Xem báo cáo kết quả năm 2020."] * 3,
        lead="Có cả báo cáo kết quả năm 2020.",
    ),
    case(5, "Nhịp cầu cũ, cầu treo", "Nơi có nhịp cầu treo.", author=("Nguyễn Văn An",)),
    case(6, "Nhịp cầu treo", unit="Ban quản lý cầu", author=("Văn Nguyễn Bình",)),
    case(
        7, "Chú thích", "Người cao tuổi[^1] và trẻ em[^2].\n\n[^1]: Từ 60 tuổi.\n\n[^2]: Dưới 16."
    ),
    case(8, "Hai đoạn", "Đoạn này dừng ở sông", "Hồng là chữ đầu của đoạn sau."),
    case(9, "Định dạng", "Chữ **đậm** và *nghiêng*, chữ**liền**nhau, [liên kết](https://a.vn/)."),
    case(
        10, "Danh sách", "- mục một\n- mục hai\n\n| ô trái | ô phải |\n|---|---|\n| dưới | cùng |"
    ),
    case(11, "Ngắt\tdòng", "Một dòng\nngắt giữa  \nchừng và\\\nxuống dòng."),
    case(12, "Ký hiệu & <thẻ>", "Hộ A &amp; hộ B: 5 < 7 > 3, `mã lệnh`, a&b."),
    case(13, "Số", "Có 49.986.552 người, 3,5 tạ, 1.800m2, 2020-07-16, 8h30, 100%."),
    case(14, "Tổ quốc", "Ủy ban MTTQ họp.", tags=("UBND",)),
    case(15, "Văn bản 25/NQ-CP và 05-CT/TƯ", "Kết luận 114-KL/TW."),
]


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    search = {"abbreviations": ABBREVIATIONS}
    settings = f"search: {json.dumps(search, ensure_ascii=False)}\n"
    site = written(tmp_path_factory.mktemp("cases"), CASES, settings)
    site.build()
    return Archive(site, Truth(CASES, ABBREVIATIONS))


def numbers(archive: Archive, answer: dict[str, Any]) -> list[int]:
    return [int(path[4:6]) for path in paths_of(archive, answer)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        # Blocks: a phrase does not go from one into the next.
        ('"sông hồng"', []), ("sông hồng", [8]), ('"mục một"', [10]), ('"một mục"', []),
        ('"ô trái"', [10]), ('"trái ô"', []), ('"dòng ngắt giữa chừng và xuống"', [11]),
        # Formatting and punctuation are no gaps, and are not searched.
        ('"chữ đậm và nghiêng chữliềnnhau liên kết"', [9]), ('"hộ a hộ b 5 7 3 mã lệnh"', [12]),
        ("amp", []), ("https", []), ('"ngắt dòng"', [11]), ("strong", []),
        # A footnote's mark is no part of the word that it stands on.
        ("cao tuổi", [7]), ('"trẻ em"', [7]), ('"từ 60 tuổi"', [7]), ('"cao tuổi và trẻ"', [7]),
        # Numbers, dates, documents.
        ("49986552", [13]), ("49.986.552", [13]), ("986", []), ('"3,5"', [13]), ("16/7/2020", []),
        ("16", [7, 13]), ("2020/07", [13]), ("8h30", [13]), ("nq", [15]), ("25 cp", [15]),
        ('"05-ct/tw"', [15]), ('"05 ct tư"', []), ("05 CT/TƯ", []), ("05-CT/TƯ", [15]),
        ("114-KL/TƯ", [15]), ('"kl tw"', [15]),
        # Abbreviations, both ways.
        ('"mặt trận tổ quốc"', [14]), ("uy ban mat tran to quoc", [14]), ("mttq", [14]),
        ('"ủy ban nhân dân"', [14]), ("tu-khoa:ubnd", [14]), ('"tổ quốc" -mttq', []),
        # Fields.
        ('tieu-de:"nhịp cầu treo"', [6]), ('"nhịp cầu treo"', [5, 6]), ("tieu-de:treo", [5, 6]),
        ('tac-gia:"nguyễn văn"', [5]), ('tac-gia:"văn nguyễn"', [6]), ("tac-gia:van", [5, 6]),
        ("don-vi:cầu", [6]), ("cầu -don-vi:cầu", [5]), ('cầu -tieu-de:"cầu treo"', []),
        ("treo tac-gia:an", [5]), ("su-kien:cầu", []), ('zzz:"nhịp cầu"', []),
        ("constructor:cầu", []), ("cầu:treo", [5, 6]), ("tieu-de: treo", []),
        # Minus and quotes.
        ("cầu -cũ", [6]), ("-cũ cầu", [6]), ('cầu -"cầu cũ"', [6]), ("nhịp - cầu", [5, 6]),
        ("cầu-treo", [5, 6]), ('"cầu treo', [5, 6]), ("“nhịp cầu treo”", [5, 6]),
        ("«nhip cau treo»", [5, 6]), ('"nhịp" "treo"', [5, 6]), ('-"treo" nhịp', []),
    ],
)  # fmt: skip
def test_small_cases(
    cases: Archive, engine: Callable[[Archive], Engine], text: str, found: list[int]
) -> None:
    answer = engine(cases).query(text, sort="oldest")
    assert numbers(cases, answer) == found
    assert answer["total"] == len(found)


def test_a_query_of_as_many_words_as_are_counted_is_exact(
    cases: Archive, engine: Callable[[Archive], Engine]
) -> None:
    assert engine(cases).query("cầu treo " * 12)["exact"]


@pytest.mark.parametrize(
    "more", ["nhịp", "zzz", "-dân", '"nhịp cầu"', "don-vi:cầu", "tieu-de:nhịp", '-"dân vận"']
)
def test_words_beyond_those_that_are_counted_leave_a_query_inexact(
    cases: Archive, engine: Callable[[Archive], Engine], more: str
) -> None:
    here = engine(cases)
    for prefix in (False, True):
        answer = here.query("cầu treo " * 12 + more, prefix=prefix)
        assert not answer["exact"]
        assert set(numbers(cases, answer)) == {5, 6}


def test_a_title_with_all_the_words_in_a_row_comes_before_one_with_most_of_them(
    cases: Archive, engine: Callable[[Archive], Engine]
) -> None:
    assert numbers(cases, engine(cases).query("báo cáo kết quả năm 2020"))[:2] == [3, 4]


# Where it works


@contextmanager
def strict_host(folder: Path) -> Iterator[str]:
    """Serve *folder* below another path, with a policy that allows nothing but the site's own."""

    class Files(SimpleHTTPRequestHandler):
        extensions_map = {".js": "text/javascript", ".html": "text/html", ".css": "text/css"} | {
            ".svg": "image/svg+xml", "": "application/octet-stream",
        }  # fmt: skip

        def end_headers(self) -> None:
            self.send_header("Content-Security-Policy", POLICY)
            super().end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Files, directory=str(folder.parent)))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/{folder.name}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def on_disk(folder: Path) -> Iterator[str]:
    yield folder.as_uri() + "/"


@pytest.mark.parametrize("place", [on_disk, partial(serving, mount="/kho/tin/"), strict_host])
def test_it_works_from_a_disk_in_a_folder_of_a_host_and_under_a_strict_policy(
    archive: Archive,
    window: Callable[..., Window],
    place: Callable[[Path], Any],
) -> None:
    truth = archive.truth
    with place(archive.site.output) as home:
        here = Engine(window(home).open("tim-kiem.html"))
        for text in ("dân vận", "hoà giải", "nuoc sach", "khuê", "114-KL/TW", "19/8"):
            found = here.urls(text, sort="newest")
            assert found == archive.addresses(truth.with_words(text)) != []
        quoted = here.urls('"nông thôn mới"', sort="newest")
        assert quoted == archive.addresses(truth.with_phrase("nông thôn mới"))
        assert here.query("da6n va65n")["suggestion"]
        assert here.facets("dân", "year")
        assert len(here.urls("dân", filters={"from": "2020-01-01"}, sort="views")) > 10
        assert len(here.query("dâ", prefix=True)["results"]) == 10
        here.page.close()


# Whatever is typed

HOSTILE = """async ([count, seed]) => {
    const words = ['dân', 'vận', 'hoa', 'KL', '19/8', '1.800', 'tieu-de', 'tac-gia', 'don-vi', '__proto__', 'constructor',
        'hasOwnProperty', 'toString', 'undefined', 'NaN', 'tieu-de:', '-', '"', '""', '"-"', '-"', 'su-kien:"', '\\u201c', '\\u201d',
        '<img src=x onerror="window.injected=1">', '<script>window.injected=1</' + 'script>', '${window.injected=1}', '{{7*7}}',
        'javascript:window.injected=1', '%00', '%', '\\\\', '\\\\u0000', '\\0', '\\n', '\\t', '\\u2028', '\\u202e', '\\ufeff',
        '(', ')*', '[^', 'a{1,99999}', '(a+)+$', '.*', '^', '$', '|', '?', '+', '../../etc', "' OR 1=1 --", '\\ud800', '\\udfff',
        '\\udc00\\ud800', '\\ud83d\\ude00', 'e\\u0301\\u0301\\u0323', '\\u0323', 'İ', 'ﬁ', 'ǅ', 'ß', 'Σς', '한글', '漢字', 'ไทย',
        '2'.repeat(40), '1.'.repeat(30) + '1', '1/2/3/4/5', '-1', '1-', '1.000.000.000.000', 'a-b/c.d'];
    let state = seed;
    const random = (below) => {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        return Math.floor(state / 4294967296 * below);
    };
    const character = () => String.fromCharCode([32 + random(96), random(0x250), 0x1ea0 + random(90), 0x300 + random(0x70),
        0x2000 + random(0x70), random(65536)][random(6)]);
    const make = () => {
        let text = '';
        for (let parts = 1 + random(8); parts > 0; parts -= 1) {
            text += random(3) ? words[random(words.length)] : character() + character() + character();
            if (random(2)) text += ' ';
        }
        return random(100) ? text : text.repeat(Math.ceil(1e5 / text.length));
    };
    const pick = (choices) => choices[random(choices.length)];
    const options = () => ({
        prefix: random(3) === 0, sort: pick([undefined, 'newest', 'oldest', 'views', 'relevance', 'constructor', '']),
        limit: pick([undefined, 0, 3, -1, NaN, 1e9, '7']), offset: pick([undefined, 0, 5, -3, NaN, 1e9]),
        filters: pick([undefined, null, {}, {unit: []}, {unit: ['<b>', make()]}, {year: ['x', NaN, 2020]}, {from: make()}, {to: '9'},
            {author: 'Khuê'}, {category: null}]),
    });
    const bad = [];
    const before = document.documentElement.outerHTML;
    let longest = [0, ''];
    for (let done = 0; done < count; done += 1) {
        const text = make(), asked = random(4) ? {} : options(), start = performance.now();
        try {
            const late = new Promise((_, reject) => setTimeout(() => reject(new Error('no answer')), 20000));
            const answer = await Promise.race([danvanSearch.query(text, asked), late]);
            if (!(answer.total >= answer.results.length) || typeof answer.suggestion !== 'string') throw new Error('a strange answer');
            danvanSearch.highlights(text, text);
        } catch (error) {
            bad.push([error.name + ': ' + error.message, escape(text.slice(0, 80)), JSON.stringify(asked).slice(0, 200)]);
        }
        const took = performance.now() - start;
        if (took > longest[0]) longest = [took, escape(text.slice(0, 80)) + ' ' + JSON.stringify(asked).slice(0, 200)];
    }
    return {
        bad, longest, injected: 'injected' in window || 'x' in Object.prototype, page: before === document.documentElement.outerHTML,
    };
}"""  # fmt: skip


def test_nothing_that_is_typed_breaks_the_engine_or_gets_into_the_page(
    small: Archive, engine: Callable[[Archive], Engine]
) -> None:
    here = engine(small)
    for seed in range(10):
        found = here.page.evaluate(HOSTILE, [1_000, seed])
        assert found["bad"] == [], found["bad"][:5]
        assert not found["injected"]
        assert found["page"]


# Files that are missing or damaged

# Together they need a file of every kind.
EVERYTHING: list[tuple[str, dict[str, Any]]] = [
    ("dân vận khéo", {"limit": 200}),
    ("hoa va", {"limit": 200, "filters": {"from": "2018-05-01", "unit": [search_truth.UNITS[0]]}}),
    ("tieu-de:dân", {"sort": "views"}),
    ("thôn b", {"prefix": True}),
]
KINDS = ["tu", "cap", "tiep", "nang", "nho", "the", "loc", "do-dai", "tu-vung"]
DAMAGED = """async ([queries, patience]) => {
    const found = [];
    for (const [text, options] of queries) {
        const late = new Promise((_, reject) => setTimeout(() => reject(new Error('no answer')), patience));
        found.push(await Promise.race([danvanSearch.query(text, options), late]).then(
            answer => [answer.total, answer.results.map(each => each.url)],
            error => error.name === 'SearchError' && error instanceof Error ? error.name : String(error),
        ));
    }
    return found;
}"""  # fmt: skip


@pytest.fixture(scope="module")
def damageable(large: Archive, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the search page of the large archive and all it loads."""
    folder = tmp_path_factory.mktemp("damaged")
    for name in ("tim-kiem", "giao-dien"):
        shutil.copytree(large.site.output / name, folder / name)
    for name in ("tim-kiem.html", "404.html"):
        shutil.copy(large.site.output / name, folder)
    return folder


class Damage:
    """The search page of a copy whose files come to harm."""

    def __init__(self, folder: Path, page: Page) -> None:
        self.folder = folder
        self.page = page
        self._asked: list[str] = []
        page.on("request", lambda each: self._asked.append(urlsplit(each.url).path[1:]))

    def ask(self) -> list[Any]:
        found: list[Any] = self.page.evaluate(DAMAGED, [EVERYTHING, PATIENCE])
        return found

    def files(self, kind: str) -> list[Path]:
        """Return the files of a kind that answering needs."""
        start = f"tim-kiem/{kind}"
        names = {name for name in self._asked if name.startswith((f"{start}/", f"{start}.js"))}
        return [self.folder / name for name in sorted(names)]


@pytest.fixture
def damage(damageable: Path, mounted: Callable[[Path], str], browser: Browser) -> Iterator[Damage]:
    # What is cut is a syntax error: no fault of the page.
    page = browser.new_page()
    page.goto(mounted(damageable) + "tim-kiem.html")
    yield Damage(damageable, page)
    page.close()


@pytest.mark.parametrize("kind", KINDS)
def test_a_missing_or_cut_file_is_an_error_until_it_is_back(damage: Damage, kind: str) -> None:
    good = damage.ask()
    assert all(total > 0 for total, _ in good)
    files = damage.files(kind)
    for harm in (None, lambda data: data[: len(data) // 2], lambda data: b""):
        file = files.pop(0) if len(files) > 1 else files[0]
        whole = file.read_bytes()
        damage.page.reload()
        if harm is None:
            file.unlink()
        else:
            file.write_bytes(harm(whole))
        answers = damage.ask()
        file.write_bytes(whole)
        assert "SearchError" in answers
        wrong = [
            (query, answer)
            for query, answer, expected in zip(EVERYTHING, answers, good, strict=True)
            if answer not in ("SearchError", expected)
        ]
        assert wrong == []
        # Without loading the page anew.
        assert damage.ask() == good


@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_file_is_an_error_or_an_answer_and_nothing_else(
    damage: Damage, kind: str
) -> None:
    rng = random.Random(kind)
    good = damage.ask()
    file = max(damage.files(kind), key=lambda each: each.stat().st_size)
    whole = file.read_bytes()
    wrong: list[object] = []
    for _ in range(12):
        data = bytearray(whole)
        for _ in range(rng.choice([1, 1, 3, 20])):
            # Not the first 60 bytes: these are the call and its name.
            data[rng.randrange(60, len(data) - 6)] ^= 1 << rng.randrange(8)
        file.write_bytes(data)
        damage.page.reload()
        wrong += [each for each in damage.ask() if each != "SearchError" and isinstance(each, str)]
        file.write_bytes(whole)
    damage.page.reload()
    assert damage.ask() == good
    assert wrong == []


# Building it


def search_files(site: Workbench) -> dict[str, bytes]:
    return {
        path: data for path, data in site.tree().items() if path.startswith(("tim-kiem", "search"))
    }


def changed(before: dict[str, bytes], after: dict[str, bytes]) -> set[str]:
    """Return the paths that are not in both with the same bytes."""
    return {path for path in before | after if before.get(path) != after.get(path)}


def test_the_index_is_the_same_with_one_worker_and_with_two(small: Archive, tmp_path: Path) -> None:
    shutil.copytree(small.site.folder / "content", tmp_path / "site/content")
    other = Workbench.__new__(Workbench)
    other.folder, other.output = tmp_path / "site", tmp_path / "site/public"
    shutil.copy(small.site.folder / "site.yaml", other.folder)
    other.build("--jobs", "2")
    assert search_files(other) == search_files(small.site)


def test_an_archive_that_grows_and_is_corrected_changes_few_files_of_its_index(
    tmp_path: Path,
) -> None:
    bulletins = Author(9).archive(1_100)
    site = written(tmp_path / "one", bulletins)
    site.build("--jobs", "1")
    first = search_files(site)

    NEWEST.write(site)
    site.build("--jobs", "1")
    second = search_files(site)
    new = changed(first, second)
    last_cards = f"tim-kiem/the/{(1_101 - 1) // 16:x}.js"
    assert {last_cards, "tim-kiem.html", "tim-kiem/do-dai.js"} <= new
    rest = {path for path in new if not path.startswith(("tim-kiem/nho/", "tim-kiem/loc/"))}
    assert rest == {last_cards, "tim-kiem.html", "tim-kiem/do-dai.js"}
    assert 0 < sum(path.startswith("tim-kiem/nho/") for path in new) < 30

    old = bulletins[300]
    edited = replace(old, blocks=(*old.blocks[:-1], old.blocks[-1] + " Mãng cầu."))
    edited.write(site)
    site.build("--jobs", "1")
    third = search_files(site)
    new = changed(second, third)
    # Two words and two pairs: their sets and weights, the pairs and what follows them.
    assert 4 <= len(new - {"tim-kiem.html"}) <= 16, new
    assert not [path for path in new if path.startswith(("tim-kiem/nho", "tim-kiem/the"))]
    assert len(new) < len(second) / 20

    clean = written(tmp_path / "two", [*bulletins[:300], edited, *bulletins[301:], NEWEST])
    clean.build("--jobs", "2")
    assert search_files(clean) == third


# Real texts


def read_archive(folder: Path) -> list[Written]:
    """Read bulletins with plain paragraphs from their files."""
    found = []
    for file in folder.rglob("*.md"):
        _, front, body = file.read_text("utf-8").split("---\n", 2)
        values = yaml.safe_load(front)
        found.append(
            Written(
                file.relative_to(folder).as_posix(),
                str(values["title"]),
                str(values["date"]),
                tuple(body.strip().split("\n\n")),
                lead=values.get("lead", ""),
                tags=tuple(values.get("tags", ())),
                category=(values["category"],),
                unit=values["unit"],
                author=(values["author"],),
            )
        )
    return found
