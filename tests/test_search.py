"""The search engine on whole sites: it finds what is there, in the order that is promised."""

from __future__ import annotations

import json
import random
import re
import shutil
import subprocess
import sys
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from lunr.index import Index  # type: ignore[import-untyped]
from lunr.query import QueryPresence  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, Request, Route

from danvan_site import vietnamese
from danvan_site.search import analysis, common
from tests import search_truth
from tests.search_truth import ABBREVIATIONS, Asker, Author, Truth, Written
from tests.sites import Output, Window, serving
from tests.workbench import ROOT, SETTINGS, Workbench, environment

pytestmark = pytest.mark.browser

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'"
)
ALL = 1_000_000
# From here on a score says that words stand side by side; below it is lunr's.
SIDE_BY_SIDE = 1e6
YEARS = [2018, 2019, 2020, 2021]
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

    def addresses(self, paths: set[str]) -> list[str]:
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

# Ask, but not for ever: a search that hangs is an error.
PATIENT = """
    const patient = async (text, options) => {
        let end;
        const late = new Promise((_, reject) => {
            end = setTimeout(reject, 20000, Error('no answer: ' + text.slice(0, 80)));
        });
        const answer = await Promise.race([danvanSearch.query(text, options), late]);
        clearTimeout(end);
        return answer;
    };
    const urls = results => results.map(each => each.url);
"""
ASK = f"""async queries => {{
    {PATIENT}
    const found = [];
    for (const [text, options] of queries) {{
        let early = null;
        const first = results => {{ early = urls(results); }};
        const answer = await patient(text, {{...options, first}});
        found.push({{
            ...answer, first: early, results: 0,
            near: answer.near && [answer.near.total, urls(answer.near.results)],
            urls: urls(answer.results), scores: answer.results.map(each => each.score),
        }});
    }}
    return found;
}}"""


@dataclass(frozen=True)
class Answer:
    """What the engine answers; of results only the addresses and scores.  ``first`` are the
    results that it handed over before the answer was complete."""

    total: int
    exact: bool
    cut: bool
    urls: list[str]
    scores: list[float]
    near: list[Any] | None
    first: list[str] | None
    suggestion: str
    transferred: int
    results: int = 0


class Engine:
    """The engine of a site's search page, in a window of its own."""

    def __init__(self, window: Window) -> None:
        self.window = window
        self.page = window.open("tim-kiem.html")

    def ask(self, queries: Sequence[str], **options: Any) -> list[Answer]:
        """Ask one query after the other; one that does not answer is an error."""
        given = {name: value for name, value in ({"limit": ALL} | options).items() if value != ""}
        pairs = [[text, given] for text in queries]
        return [Answer(**each) for each in self.page.evaluate(ASK, pairs)]

    def query(self, text: str, **options: Any) -> Answer:
        return self.ask([text], **options)[0]

    def urls(self, text: str, **options: Any) -> list[str]:
        """Return the addresses of all results."""
        return self.query(text, **options).urls

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


@pytest.fixture(scope="module")
def engines(browser: Browser, mounted: Callable[[Path], str]) -> Iterator[Callable[[Path], Engine]]:
    """Give a function that opens the search page of a folder, once for all tests."""
    with ExitStack() as stack:
        known: dict[Path, Engine] = {}

        def engine(folder: Path) -> Engine:
            if folder not in known:
                known[folder] = Engine(Window(browser, mounted(folder)))
                stack.callback(known[folder].window.context.close)
            return known[folder]

        yield engine


@pytest.fixture
def engine(engines: Callable[[Path], Engine]) -> Iterator[Callable[[Archive], Engine]]:
    """Give a function that returns an archive's engine; what goes wrong in its window fails the
    test."""
    used: list[Engine] = []

    def use(archive: Archive) -> Engine:
        used.append(engines(archive.site.output))
        return used[-1]

    yield use
    assert not [fault for each in used for fault in each.window.faults]


@pytest.fixture
def fresh(
    mounted: Callable[[Path], str], window: Callable[..., Window]
) -> Callable[[Archive], Engine]:
    """Give a function that opens an archive's search page in a new window, which has loaded
    nothing yet."""
    return lambda archive: Engine(window(mounted(archive.site.output)))


# What is found


def test_a_query_finds_exactly_the_bulletins_with_all_its_words(
    archive: Archive, engine: Callable[[Archive], Engine]
) -> None:
    truth, asker = archive.truth, Asker(archive.truth, 19)
    queries = [asker.words() for _ in range(200)]
    answers = engine(archive).ask(queries, sort="newest")
    assert sum(answer.total > 0 for answer in answers) > 150
    for text, answer in zip(queries, answers, strict=True):
        expected = truth.with_words(text)
        assert answer.urls == archive.addresses(expected), text
        assert answer.total == len(expected), text
        assert answer.exact
        near = truth.with_words(text, marked=False) - expected
        if search_truth.is_marked(text) and len(expected) < 10 and near:
            assert answer.near == [len(near), archive.addresses(near)], text
        else:
            assert answer.near is None, text


def test_a_quoted_query_finds_exactly_the_bulletins_in_which_its_words_stand_in_a_row(
    archive: Archive, engine: Callable[[Archive], Engine]
) -> None:
    truth, asker = archive.truth, Asker(archive.truth, 30)
    queries = [asker.phrase() for _ in range(60)] + [asker.broken_phrase() for _ in range(20)]
    answers = engine(archive).ask([f'"{text}"' for text in queries], sort="newest")
    assert sum(answer.total > 0 for answer in answers) > 40
    assert sum(not truth.with_phrase(text) for text in queries) > 10
    for text, answer in zip(queries, answers, strict=True):
        expected = truth.with_phrase(text)
        assert answer.urls == archive.addresses(expected), text
        assert answer.total == len(expected), text


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("hòa giải", "hoà giải"),
        ("HÒA GIẢI", "hòa giải"),
        (unicodedata.normalize("NFD", "hòa giải"), "hòa giải"),
        ("thuỷ", "thủy"),
        ("\u00d0inh Thúy", "Đinh Thuý"),
        ("114-KL/TƯ", "114-kl/tw"),
        ("114 KL TW", "114-KL/TW"),
        ("1.800", "1800"),
        ("2-9", "2/9"),
        ('"UBND"', '"Ủy ban nhân dân"'),
        ("Mặt   trận,\u00a0(Tổ) quốc!", "mặt trận tổ quốc"),
        ("dân dân dân", "dân"),
    ],
)
def test_two_ways_of_writing_find_the_same(
    small: Archive, engine: Callable[[Archive], Engine], text: str, same: str
) -> None:
    found = engine(small).urls(text, sort="newest")
    assert found == engine(small).urls(same, sort="newest") != []


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


def test_results_show_title_date_and_unit_of_a_page_that_is_there(
    archive: Archive, engine: Callable[[Archive], Engine]
) -> None:
    here, bulletins = engine(archive), archive.truth.bulletins
    options = {"sort": "oldest", "limit": ALL, "filters": {"year": YEARS}}
    answer = here.page.evaluate("options => danvanSearch.query('', options)", options)
    assert answer["total"] == len(bulletins) == len(answer["results"])
    for path, result in zip(bulletins, answer["results"], strict=True):
        assert result["url"] == archive.urls[path]
        assert (archive.site.output / result["url"]).is_file()
        assert result["date"] == bulletins[path].date[:10]
        assert result["unit"] == bulletins[path].unit
        assert result["title"] == shown(bulletins[path].title)


def shown(text: str) -> str:
    """Return a text as pages show it."""
    return unicodedata.normalize("NFC", text).replace("\u00ad", "").replace("\u200b", "")


def test_a_withdrawn_bulletin_is_not_found(
    small: Archive, engine: Callable[[Archive], Engine]
) -> None:
    assert (small.site.output / small.urls["2019/rut.md"]).is_file()
    everything = engine(small).urls("", filters={"year": YEARS})
    assert small.urls["2019/rut.md"] not in everything


def test_nothing_is_asked_and_nothing_found(
    small: Archive, engine: Callable[[Archive], Engine]
) -> None:
    texts = ["", "   ", "?!…", '""', '"', "-", "tieu-de:", "\u200b"]
    for text, answer in zip(texts, engine(small).ask(texts), strict=True):
        assert (answer.total, answer.urls, answer.near) == (0, [], None), text


def test_a_site_of_one_bulletin_can_be_searched(
    bare: Output, engines: Callable[[Path], Engine]
) -> None:
    here = engines(bare.folder)
    found = here.ask(["tin", "duy nhất", '"Tin duy nhất"', "tieu-de:nhat", "duy -hai"])
    assert [answer.total for answer in found] == [1] * 5
    found = here.ask(["hai", "duy nhật", '"nhất duy"', "duy -tin"])
    assert [answer.total for answer in found] == [0] * 4


# The plain lunr index


@pytest.fixture(scope="module")
def lunr_index(small: Archive) -> Index:
    return Index.load(small.site.page("tim-kiem/lunr.json"))


def lunr_answers(index: Index, text: str) -> dict[str, float]:
    """Return what lunr finds for the words of a query, all of them required: address → score."""
    level = 0 if search_truth.is_marked(text) else 1
    query = index.create_query()
    for term in dict.fromkeys(analysis.terms_of(word)[level] for word in analysis.words(text)):
        query.term(term, presence=QueryPresence.REQUIRED, use_pipeline=False)
    return {each["ref"]: each["score"] for each in index.query(query)}


def test_lunr_finds_the_same_and_scores_it_the_same(
    small: Archive, lunr_index: Index, engine: Callable[[Archive], Engine]
) -> None:
    """The client finds what lunr finds, for all queries.  Its scores are lunr's for single words
    and for all results in which no two words of the query stand side by side.

    For the others they cannot be: lunr does not know where words stand, and the client puts first
    what stands together; a date is a row of words too, its pieces.  A score is a sum of numbers
    with three decimals, divided by the square root of how many different words were asked for, on
    both sides; they differ by how a binary fraction is rounded.
    """
    asker = Asker(small.truth, 41)
    texts = (asker.words() for _ in range(1_000))
    queries = [text for text in texts if len(analysis.words(text)) <= 3][:300]
    assert len(queries) == 300
    compared = 0
    for text, answer in zip(queries, engine(small).ask(queries), strict=True):
        expected = lunr_answers(lunr_index, text)
        assert set(answer.urls) == set(expected), text
        both = zip(answer.urls, answer.scores, strict=True)
        apart = {url: score for url, score in both if score < SIDE_BY_SIDE}
        if len(search_truth.row_of(text)) == 1:
            assert len(apart) == answer.total, text
        assert apart == pytest.approx({url: expected[url] for url in apart}, abs=5e-4), text
        compared += len(apart)
    assert compared > 10_000


def test_the_order_of_single_words_is_the_order_of_lunr(
    small: Archive, lunr_index: Index, engine: Callable[[Archive], Engine]
) -> None:
    """Of equal scores the client shows the newer first, lunr whichever it met first."""
    newest = {url: at for at, url in enumerate(small.addresses(set(small.truth.bulletins)))}
    texts = ["dân", "hoa", "KL", "khéo", "2020", "thuỷ", "duong", "Uyển"]
    for text, answer in zip(texts, engine(small).ask(texts), strict=True):
        expected = lunr_answers(lunr_index, text)
        order = sorted(answer.urls, key=lambda url: (-round(expected[url], 6), newest[url]))
        assert answer.urls == order, text


# Ranking


@pytest.mark.parametrize("lengths", [(2, 3), (4, 5)], ids=["few words", "many words"])
def test_side_by_side_comes_before_apart_and_titles_before_all(
    archive: Archive, engine: Callable[[Archive], Engine], lengths: tuple[int, int]
) -> None:
    """First come the bulletins in which all words stand in a row, those with the row in the title
    before all others; then those in which each word has a neighbour; then the rest."""
    truth, asker = archive.truth, Asker(archive.truth, 52)
    rows = (asker.phrase() for _ in range(200))
    queries = [text for text in rows if is_row(text, lengths)][:60]
    assert len(queries) > 40
    paths = {url: path for path, url in archive.urls.items()}
    for text, answer in zip(queries, engine(archive).ask(queries, limit=60), strict=True):
        found = [ranks(truth, text, paths[url]) for url in answer.urls]
        assert found == sorted(found, reverse=True), text


def is_row(text: str, lengths: tuple[int, int]) -> bool:
    """Tell whether a query is a row of so many words, without dates."""
    row = search_truth.row_of(text)
    return len(row) in lengths and row == search_truth.asked_words(text)


def ranks(truth: Truth, text: str, path: str) -> tuple[bool, bool, bool]:
    """Return what puts a bulletin before others, the most important first.

    Of more than three words it is enough for the first rank that each two that are neighbours in
    the query are neighbours somewhere in the bulletin.
    """
    marked = search_truth.is_marked(text)
    reading, words = truth.reading(path, marked), search_truth.row_of(text, marked)
    beside = [reading.stand_together(pair) for pair in pairwise(words)]
    each = all(one or other for one, other in pairwise([False, *beside, False]))
    if len(words) > 3:
        return all(beside), False, each
    # Without marks a title that is spelled as few others are may come later.
    in_title = marked and reading.stand_together(words, "title")
    return reading.stand_together(words), in_title, each


def test_of_equal_results_the_newer_comes_first(
    archive: Archive, engine: Callable[[Archive], Engine]
) -> None:
    asker = Asker(archive.truth, 63)
    newest = {url: at for at, url in enumerate(archive.addresses(set(archive.truth.bulletins)))}
    for answer in engine(archive).ask([asker.words() for _ in range(20)]):
        order = [
            (-score, newest[url]) for url, score in zip(answer.urls, answer.scores, strict=True)
        ]
        assert order == sorted(order)


def test_results_are_sorted_as_asked(archive: Archive, engine: Callable[[Archive], Engine]) -> None:
    here, bulletins = engine(archive), archive.truth.bulletins
    for text in ("dân vận", "Hoà", '"nong thon moi"', "114-KL/TW -hoa"):
        newest = here.urls(text, sort="newest")
        paths = [path for path, url in archive.urls.items() if url in set(newest)]
        assert newest == archive.addresses(set(paths)) != []
        assert here.urls(text, sort="oldest") == newest[::-1]
        viewed = sorted(archive.truth.newest_first(paths), key=lambda each: -bulletins[each].views)
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
        pages = [here.urls(text, sort=sort, offset=at, limit=17) for at in range(0, 102, 17)]
        assert [url for page in pages for url in page] == whole[:102]
    assert here.urls(text, limit="") == here.urls(text)[:10]
    assert here.query(text, limit=0).total == len(whole)
    assert here.urls(text, limit=0) == []
    assert here.urls(text, offset=len(whole)) == []


def test_the_first_results_that_are_handed_over_early_are_the_first_results(
    large: Archive, engine: Callable[[Archive], Engine]
) -> None:
    asker = Asker(large.truth, 70)
    texts = [asker.phrase() for _ in range(60)] + ["dân vận", "dan van kheo", "uy ban nhan dan"]
    here = engine(large)
    both = list(zip(here.ask(texts, limit=10), here.ask(texts), strict=True))
    assert sum(bool(answer.first) for answer, _ in both) > 10
    for answer, whole in both:
        assert answer.urls == whole.urls[:10]
        assert answer.first in (None, answer.urls)


def test_a_query_tells_what_it_transferred(
    large: Archive, fresh: Callable[[Archive], Engine]
) -> None:
    here, text = fresh(large), "dân vận khéo thôn bản"
    asked: set[str] = set()
    here.page.on("request", lambda each: asked.add(urlsplit(each.url).path))
    told = here.query(text, limit=10).transferred
    files = [large.site.output / path[1:] for path in asked if path.startswith("/tim-kiem/")]
    assert told == sum(file.stat().st_size for file in files) > 0
    asked.clear()
    assert here.query(text, limit=10).transferred == 0
    assert not [path for path in asked if path.startswith("/tim-kiem/")]


@pytest.mark.parametrize("kind", ["tu", "goc", "tiep", "nho", "nang"])
def test_the_order_in_which_files_arrive_changes_nothing(
    large: Archive, fresh: Callable[[Archive], Engine], kind: str
) -> None:
    """Those of one kind arrive when all others that were asked for are there."""
    here = fresh(large)
    held: list[Route] = []
    under_way: set[str] = set()

    def meet(route: Route) -> None:
        if f"/tim-kiem/{kind}/" in route.request.url:
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
    for text in ("tieu-de:quỹ", "nước", "dân vận khéo", "bầu hội", "tu dan"):
        late, again = here.query(text), here.query(text)
        assert (late.urls, late.scores) == (again.urls, again.scores), text


def test_what_was_asked_before_changes_no_answer(
    large: Archive, fresh: Callable[[Archive], Engine]
) -> None:
    rng, bulletins = random.Random(61), list(large.truth.bulletins.values())
    texts = []
    for at in range(40):
        words = rng.choice(bulletins).title.split()
        start = rng.randrange(max(len(words) - 4, 1))
        text = " ".join(words[start : start + rng.randrange(1, 6)])
        texts.append([text, f'"{text}"', vietnamese.fold(text), f"tieu-de:{text}"][at % 4])
    here = fresh(large)
    first = {}
    for text in texts:
        here.page.reload()
        first[text] = here.query(text, limit=20)
    for text in rng.sample(texts * 2, len(texts) * 2):
        again = here.query(text, limit=20)
        assert (again.total, again.urls) == (first[text].total, first[text].urls), text
        assert (again.scores, again.near) == (first[text].scores, first[text].near), text


# In the large archive these have lists of all their spellings together.
COMMON = ["do", "doi", "dung", "tu"]


@pytest.mark.parametrize("before", ["", "từ đó", "tu", "dung tu do doi"])
def test_common_words_without_marks_are_found_in_every_spelling(
    large: Archive, fresh: Callable[[Archive], Engine], before: str
) -> None:
    """Whatever of their lists was fetched before."""
    truth, here = large.truth, fresh(large)
    having = {word: truth.with_words(word) for word in ["va", "dan", *COMMON]}
    assert len(having["tu"]) > len(truth.bulletins) / 2 > len(having["dung"])
    for word in COMMON:
        for text, expected in (
            (f"{word} va", having[word] & having["va"]),
            (f"tu dan {word}", having["tu"] & having["dan"] & having[word]),
            (f"va -{word}", having["va"] - having[word]),
            (word, having[word]),
        ):
            here.page.reload()
            if before:
                here.query(before)
            answer = here.query(text, sort="newest")
            assert answer.urls == large.addresses(expected), text
            assert answer.total == len(expected), text


def test_the_client_and_the_program_have_the_same_common_words() -> None:
    script = (ROOT / "templates/giao-dien/search.js").read_text("utf-8")
    literal = re.search(r"var COMMON = \(([^)]+)\)", script)
    assert literal
    assert "".join(re.findall("'([^']+)'", literal[1])).split() == list(common.COMMON)
    assert [vietnamese.fold(word) for word in common.COMMON] == list(dict.fromkeys(common.COMMON))


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


def in_field(truth: Truth, name: str, text: str, marked: bool) -> set[str]:
    """Return the bulletins of which a field has the words of a text in one value."""
    words = set(search_truth.asked_words(text, marked))

    def accept(value: str) -> bool:
        return words <= search_truth.words_of(value, marked)

    return truth.where(lambda each: any(accept(value) for value in FIELDS[name](each)))


def test_a_word_can_be_asked_for_in_one_field(
    large: Archive, engine: Callable[[Archive], Engine]
) -> None:
    rng, truth, here = random.Random(81), large.truth, engine(large)
    everybody = truth.with_words("nhân dân")
    for name, values in FIELDS.items():
        having_it = [each for each in truth.bulletins.values() if any(values(each))]
        for bulletin in rng.sample(having_it, 8):
            word = rng.choice(search_truth.row_of(rng.choice(list(values(bulletin)))))
            word = search_truth.bare(word) if rng.random() < 0.5 else word
            expected = in_field(truth, name, word, search_truth.is_marked(word))
            assert bulletin.path in expected
            found = here.urls(f"{rng.choice([name, name.upper()])}:{word}", sort="newest")
            assert found == large.addresses(expected), (name, word)
            outside = everybody - in_field(truth, name, word, marked=True)
            found = here.urls(f"nhân dân -{name}:{word}", sort="newest")
            assert found == large.addresses(outside), (name, word)


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
    for _ in range(20):
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
    for _ in range(20):
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
    assert here.query("dân", filters=nothing).total == 0


def having(truth: Truth, name: str, values: Sequence[Any]) -> set[str]:
    """Return the bulletins that have one of some values."""
    return truth.where(lambda each: bool(set(values) & set(COLUMNS[name](each))))


def test_counts_beside_filters_are_those_of_the_sources(
    archive: Archive, engine: Callable[[Archive], Engine]
) -> None:
    truth, here = archive.truth, engine(archive)
    for text in ("", "dân vận", "nong thon", "Khuê"):
        found = truth.with_words(text) if text else set(truth.bulletins)
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


def test_spellings_of_one_name_are_one_value_of_a_filter(
    cases: Archive, engine: Callable[[Archive], Engine]
) -> None:
    here = engine(cases)
    assert here.facets("hai cách", "unit") == {"Xã Hòa Bình": 3}
    assert here.facets("", "tag")["Hòa giải"] == 3
    found = here.query("", filters={"unit": ["Xã Hòa Bình"]})
    assert set(numbers(cases, found)) == {17, 18, 19}


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
        ("2018-01-01", "2021-12-31"), ("2018", "2018"), ("2019-02", "2020"),
        ("2020-02-30", "2020-03-01"), ("2021-06-10", "2020-01-01"),
        ("2030-01-01", ""), ("", "1999-12-31"), ("2019-02-01", "2019-02-28"),
    ],
)  # fmt: skip
def test_days_from_and_to_are_both_included(
    archive: Archive, engine: Callable[[Archive], Engine], first: str, last: str
) -> None:
    def accept(each: Written) -> bool:
        day = each.date[:10]
        return len(day) == 10 and (first or "0") <= day <= (f"{last}~" if last else "9")

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
        marked = search_truth.is_marked(text)
        *before, last = search_truth.asked_words(text, marked)
        answer = here.query(text, prefix=True)
        assert answer.total == len(answer.urls) > 0
        found = {path for path, url in archive.urls.items() if url in set(answer.urls)}
        for path in found:
            words = truth.reading(path, marked).words
            assert words >= set(before), text
            assert any(starts(word, last) for word in words), text
        assert found >= truth.with_words(text)
    for text in ("dân vận ", '"dân vận"', "tieu-de:dân"):
        same = here.query(text, prefix=True)
        assert same.exact
        assert same.urls == here.urls(text)


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
        suggestion = here.query(typed).suggestion
        assert search_truth.row_of(suggestion) == search_truth.row_of(text), typed


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
    suggestion = here.query(slip).suggestion
    marked = search_truth.is_marked(meant)
    assert search_truth.row_of(suggestion, marked) == search_truth.row_of(meant, marked)
    assert here.query(suggestion).total > here.query(slip).total


def test_nothing_is_suggested_where_enough_is_found_or_nothing_helps(
    archive: Archive, engine: Callable[[Archive], Engine]
) -> None:
    texts = ["dân vận", "hoa", "zzzzzzzz qqqqqqqq", '"zzzzz"', "dân -zzzz"]
    for text, answer in zip(texts, engine(archive).ask(texts), strict=True):
        assert answer.suggestion == "", text


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
    case(16, "Hàm constructor"),
    case(17, "Hai cách đặt dấu", unit="Xã Hòa Bình", tags=("HOÀ GIẢI",)),
    case(
        20,
        "Danh sách có số",
        "7. Ruộng đồng\n8. Kênh mương\n\n   - Bờ kè\n\n9. Đường làng",
        "Xong.[^a]\n\n[^a]: Lời dặn.",
    ),
    case(18, "Đặt dấu hai cách", unit="Xã Hoà Bình", tags=("Hòa giải",)),
    case(19, "Hai cách", unit="Xã Hòa Bình", tags=("Hòa giải",)),
]


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    search = {"abbreviations": ABBREVIATIONS}
    settings = f"search: {json.dumps(search, ensure_ascii=False)}\n"
    site = written(tmp_path_factory.mktemp("cases"), CASES, settings)
    site.build()
    return Archive(site, Truth(CASES, ABBREVIATIONS))


def numbers(archive: Archive, answer: Answer) -> list[int]:
    numbers = {url: int(path[4:6]) for path, url in archive.urls.items()}
    return [numbers[url] for url in answer.urls]


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
        # Numbers of lists are read, those of footnotes are not.
        ('"8 kênh mương"', [20]), ("9 lang", [20]), ('"10 bờ kè"', []), ("1 lời dặn", []),
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
        ("constructor:hàm", [16]), ("hàm", [16]), ("cầu:treo", [5, 6]), ("tieu-de: treo", []),
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
    assert answer.total == len(found)


def test_a_query_of_as_many_words_as_are_counted_is_exact(
    cases: Archive, engine: Callable[[Archive], Engine]
) -> None:
    answer = engine(cases).query("cầu treo " * 12)
    assert answer.exact and not answer.cut


@pytest.mark.parametrize(
    "more", ["nhịp", "zzz", "-dân", '"nhịp cầu"', "don-vi:cầu", "tieu-de:nhịp", '-"dân vận"']
)
def test_words_beyond_those_that_are_counted_leave_a_query_inexact(
    cases: Archive, engine: Callable[[Archive], Engine], more: str
) -> None:
    here = engine(cases)
    for prefix in (False, True):
        answer = here.query("cầu treo " * 12 + more, prefix=prefix)
        assert answer.cut and not answer.exact
        assert set(numbers(cases, answer)) == {5, 6}


def test_a_title_with_all_the_words_in_a_row_comes_before_one_with_most_of_them(
    cases: Archive, engine: Callable[[Archive], Engine]
) -> None:
    assert numbers(cases, engine(cases).query("báo cáo kết quả năm 2020"))[:2] == [3, 4]


# Where it works


strict_host = partial(serving, mount="/kho/", policy=POLICY)


@contextmanager
def on_disk(folder: Path) -> Iterator[str]:
    yield folder.as_uri() + "/"


@pytest.mark.parametrize("place", [on_disk, partial(serving, mount="/kho/tin/"), strict_host])
def test_it_works_from_a_disk_in_a_folder_of_a_host_and_under_a_strict_policy(
    large: Archive,
    window: Callable[..., Window],
    place: Callable[[Path], AbstractContextManager[str]],
) -> None:
    truth = large.truth
    with place(large.site.output) as home:
        here = Engine(window(home))
        for text in ("dân vận", "hoà giải", "nuoc sach", "khuê", "114-KL/TW", "19/8"):
            found = here.urls(text, sort="newest")
            assert found == large.addresses(truth.with_words(text)) != []
        quoted = here.urls('"nông thôn mới"', sort="newest")
        assert quoted == large.addresses(truth.with_phrase("nông thôn mới"))
        assert here.query("da6n va65n").suggestion
        assert here.facets("dân", "year")
        assert here.urls("dân", filters={"from": "2020-01-01"}, sort="views")
        assert here.urls("dâ", prefix=True)
        here.window.context.close()


def test_the_form_of_the_page_shows_what_the_engine_finds(
    large: Archive, window: Callable[..., Window]
) -> None:
    with strict_host(large.site.output) as home:
        here = window(home)
        # The page's own script asks: what a policy forbids, a test's script may do.
        page = here.open("tim-kiem.html?q=khu%C3%AA")
        page.locator("#results > li").first.wait_for()
        expected = len(large.truth.with_words("khuê"))
        assert page.locator("#count").get_attribute("data-total") == str(expected)
        here.context.close()


def test_other_pages_load_nothing_of_the_search(
    small: Archive, window: Callable[..., Window]
) -> None:
    pages = ["index.html", "404.html", "don-vi/index.html", *list(small.urls.values())[:1]]
    asked: set[str] = set()
    with serving(small.site.output, "/ban-tin/") as home:
        here = window(home)
        here.page.on("request", lambda each: asked.add(urlsplit(each.url).path))
        for path in pages:
            here.open(path, wait="networkidle")
        here.context.close()
    assert {f"/ban-tin/{path}" for path in pages} < asked
    assert not [path for path in asked if "/tim-kiem/" in path or "search" in path]


# Whatever is typed

# Some are put together in the page: what is no text cannot be sent there.
_NASTY = """
dân vận hoa KL 19/8 1.800 tieu-de tac-gia don-vi __proto__ constructor hasOwnProperty
toString undefined NaN null tieu-de: - " "" "-" -" su-kien:" tac-gia:- “ ” « <script> </title> <!--
<img/src/onerror="window.injected=1"> ${window.injected=1} {{7*7}} javascript:window.injected=1
%00 % \\ \\u0000 ( )* [^ a{1,99999} (a+)+$ .* ^ $ | ? + ../../etc 'OR1=1--
İ ﬁ ǅ ß Σς 한글 漢字 ไทย 😀 1/2/3/4/5 -1 1- 1.000.000.000.000 a-b/c.d
22222222222222222222222222222222222222222222
\u202e \ufeff \u0323 e\u0301\u0301\u0323 \ufffe 1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1
"""
HOSTILE = f"""async ([count, seed, nasty]) => {{
    {PATIENT}
    let state = seed;
    const random = below => {{
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        return Math.floor(state / 4294967296 * below);
    }};
    const pick = choices => choices[random(choices.length)];
    const script = '<script>window.injected=1</' + 'script>';
    const words = nasty.concat(script, '\\0', '\\t', '\\ud800', '\\udfff', '\\udc00\\ud800');
    const character = () => String.fromCharCode(pick([
        32 + random(96), random(0x250), 0x1ea0 + random(90), 0x300 + random(0x70),
        0x2000 + random(0x70), random(65536),
    ]));
    const make = () => {{
        let text = '';
        for (let parts = 1 + random(8); parts > 0; parts -= 1) {{
            text += (random(3) ? pick(words) : character() + character()) + pick([' ', '']);
        }}
        return random(200) ? text : text.repeat(Math.ceil(1e5 / text.length));
    }};
    const options = () => ({{
        prefix: random(3) === 0, sort: pick([undefined, 'newest', 'oldest', 'views', 'no', '']),
        limit: pick([undefined, 0, 3, -1, NaN, 1e9, '7']), offset: pick([0, 5, -3, NaN, 1e9]),
        filters: pick([undefined, null, {{}}, {{unit: []}}, {{unit: ['<b>', make()]}}, {{to: '9'}},
            {{year: ['x', NaN, 2020]}}, {{from: make()}}, {{author: 'Khuê'}}, {{category: null}}]),
    }});
    const bad = [], before = document.documentElement.outerHTML;
    for (let done = 0; done < count; done += 1) {{
        const text = make(), asked = random(4) ? {{}} : options();
        try {{
            const answer = await patient(text, asked);
            if (!(answer.total >= answer.results.length)) throw Error('a strange answer');
            danvanSearch.highlights(text, text);
        }} catch (error) {{
            bad.push([String(error), escape(text.slice(0, 80)), JSON.stringify(asked)]);
        }}
    }}
    const injected = 'injected' in window || 'x' in Object.prototype;
    return [bad, injected, before === document.documentElement.outerHTML];
}}"""


@pytest.mark.parametrize(("name", "count"), [("small", 1_000), ("cases", 9_000)])
def test_nothing_that_is_typed_breaks_the_engine_or_gets_into_the_page(
    request: pytest.FixtureRequest, engine: Callable[[Archive], Engine], name: str, count: int
) -> None:
    here = engine(request.getfixturevalue(name))
    for seed in range(count // 500):
        bad, is_injected, is_unchanged = here.page.evaluate(HOSTILE, [500, seed, _NASTY.split()])
        assert bad == []
        assert not is_injected
        assert is_unchanged


# Files that are missing or damaged

# Together they need a file of every kind.
EVERYTHING: list[tuple[str, dict[str, Any]]] = [
    ("dân vận khéo", {}),
    ("hoa", {"filters": {"from": "2018-05-01", "unit": [search_truth.UNITS[0]]}}),
    ("tieu-de:dân", {"sort": "views"}),
    ("thôn b", {"prefix": True}),
    ("tu dan", {}),
]
KINDS = ["tu", "goc", "cap", "tiep", "nang", "nho", "the", "loc", "do-dai", "tu-vung"]
TOLERANT = f"""async queries => {{
    {PATIENT}
    const found = [];
    for (const [text, options] of queries) {{
        found.push(await patient(text, options).then(
            answer => [answer.total, urls(answer.results)],
            error => error instanceof Error ? error.name : String(error),
        ));
    }}
    return found;
}}"""


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
        self.page = page
        asked: set[str] = set()
        page.on("request", lambda each: asked.add(urlsplit(each.url).path[1:]))
        self.good = self.ask()
        self.files = [folder / name for name in sorted(asked) if name.startswith("tim-kiem/")]

    def ask(self) -> list[Any]:
        """Return totals and addresses, or the name of the error."""
        found: list[Any] = self.page.evaluate(TOLERANT, EVERYTHING)
        return found

    def files_of(self, kind: str) -> list[Path]:
        """Return the files of a kind that the answers need, the largest first."""
        found = [file for file in self.files if kind in (file.parent.name, file.stem)]
        return sorted(found, key=lambda file: -file.stat().st_size)

    @contextmanager
    def harmed(self, file: Path, data: bytes | None) -> Iterator[None]:
        """Put *data* into a file, or take the file away, for the time of the block."""
        whole = file.read_bytes()
        self.page.reload()
        if data is None:
            file.unlink()
        else:
            file.write_bytes(data)
        try:
            yield
        finally:
            file.write_bytes(whole)


@pytest.fixture(scope="module")
def damage(damageable: Path, mounted: Callable[[Path], str], browser: Browser) -> Iterator[Damage]:
    # Not a window that notes faults: what is cut is a syntax error.
    page = browser.new_page()
    page.goto(mounted(damageable) + "tim-kiem.html")
    yield Damage(damageable, page)
    page.close()


@pytest.mark.parametrize("kind", KINDS)
def test_a_missing_or_cut_file_is_an_error_until_it_is_back(damage: Damage, kind: str) -> None:
    assert all(total > 0 for total, _ in damage.good)
    files = damage.files_of(kind)
    for number, left in enumerate((None, 0.5, 0.0)):
        file = files[number % len(files)]
        size = file.stat().st_size
        with damage.harmed(file, None if left is None else file.read_bytes()[: int(size * left)]):
            answers = damage.ask()
        assert "SearchError" in answers
        wrong = [
            (query, answer)
            for query, answer, expected in zip(EVERYTHING, answers, damage.good, strict=True)
            if answer not in ("SearchError", expected)
        ]
        assert wrong == []
        # Without loading the page anew.
        assert damage.ask() == damage.good


@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_file_is_an_error_or_an_answer_and_nothing_else(
    damage: Damage, kind: str
) -> None:
    rng = random.Random(kind)
    file = damage.files_of(kind)[0]
    for _ in range(3):
        data = bytearray(file.read_bytes())
        for _ in range(rng.choice([1, 1, 3, 20])):
            # Not the first 60 bytes: these are the call and its name.
            data[rng.randrange(60, len(data) - 6)] ^= 1 << rng.randrange(8)
        with damage.harmed(file, bytes(data)):
            answers = damage.ask()
        assert not [each for each in answers if isinstance(each, str) and each != "SearchError"]


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
    outcome = site.build("--jobs", "1")
    third = search_files(site)
    new = changed(second, third)
    # Two words and two pairs: their sets and weights, the pairs and what follows them.
    assert 4 <= len(new - {"tim-kiem.html"}) <= 16, new
    assert not [path for path in new if path.startswith(("tim-kiem/nho", "tim-kiem/the"))]
    assert len(new) < len(second) / 20
    assert len([path for path in outcome.rendered if path.startswith("tim-kiem/")]) <= 16

    clean = written(tmp_path / "two", [*bulletins[:300], edited, *bulletins[301:], NEWEST])
    clean.build("--jobs", "2")
    assert search_files(clean) == third


def test_whatever_becomes_of_the_posting_rows_the_index_is_that_of_a_clean_build(
    tmp_path: Path,
) -> None:
    rng = random.Random(62)
    bulletins = {each.path: each for each in Author(10).archive(1_090)}
    site = written(tmp_path / "one", list(bulletins.values()))
    site.build()
    more = iter(Author(11).archive(40))
    for turn in range(6):
        for each in rng.sample(list(bulletins.values()), 3):
            bulletins[each.path] = replace(each, lead=f"Sửa lần {turn}.")
        for each in rng.sample(list(bulletins.values()), 2 * (turn == 2)):
            del bulletins[each.path]
            (site.folder / "content" / each.path).unlink()
        for each in (next(more) for _ in range(rng.randrange(4) if turn else 0)):
            # A day of any year: what comes after it gets other numbers.
            added = replace(each, path=f"them/{turn}-{Path(each.path).name}")
            bulletins[added.path] = added
        for each in bulletins.values():
            each.write(site)
        rows = sorted((site.folder / ".cache").glob("*.search/*"))
        assert rows
        for file in rng.sample(rows, rng.choice([0, 0, 1, 5])):
            file.unlink()
        if turn % 2:
            process = subprocess.Popen(
                site.command("build"), cwd=site.folder, env=environment(),
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip
            try:
                process.wait(rng.uniform(0.5, 3.0))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        site.build()
        clean = tmp_path / "clean"
        shutil.rmtree(clean, ignore_errors=True)
        site.build("--output", str(clean), "--cache", str(tmp_path / "cache"), "--clean")
        assert site.tree() == site.tree(clean)


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


def test_on_real_texts_too_what_is_found_is_what_is_true(
    shared: Path, tmp_path: Path, engine: Callable[[Archive], Engine]
) -> None:
    site = Workbench(tmp_path)
    make = [sys.executable, str(shared / "corpus/make_archive.py"), "3000"]
    subprocess.run([*make, str(site.folder / "content")], check=True, capture_output=True)
    site.build()
    archive = Archive(site, Truth(read_archive(site.folder / "content")))
    asker = Asker(archive.truth, 5)
    texts = [asker.words() for _ in range(140)] + [f'"{asker.phrase()}"' for _ in range(60)]
    here = engine(archive)
    for text, answer in zip(texts, here.ask(texts, sort="newest"), strict=True):
        find = archive.truth.with_phrase if text[0] == '"' else archive.truth.with_words
        assert answer.urls == archive.addresses(find(text)), text
