"""Bulletins to search in, put together from syllables by chance, and what is true of them.

Nothing here uses the program's own code: a word, a row of words and a match are worked out anew,
the plain way, from the texts as they were written into the files.
"""

from __future__ import annotations

import itertools
import random
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

from tests.workbench import WITHDRAWN, Workbench

# From the most frequent on. Many differ only in their marks, so that a query without any finds
# what a query with marks must not.
_COMMON = """
và của các có là cho với trong được người một những để không đã về này tại từ theo khi đến ra
vào sẽ cũng như do bị ở trên dưới sau trước giữa nhiều năm ngày tháng qua lại còn rất hơn đó
dân dẫn dần dán dàn dặn vận văn vân vần vạn vấn hội hồi hỏi hối hơi hới nghị nghỉ nghĩ nghi
tỉnh tình tính tinh tĩnh hòa thủy hóa họa khỏe tòa xóa úy ủy lũy tuy quý quỹ quy loa xòe hoa
xã xa xá huyện huyền huyên bản bàn bán ban bạn thôn thốn cầu câu cấu cậu đường dương đương
dưỡng làng lang lạng lãng nước nhà nhá nha ruộng đồng đông động dông chợ chờ chó trường trưởng
trương chương chường công cộng cống cồng đoàn đoạn đoan phụ phủ phù nữ nông nóng nồng thanh
thành thánh niên viên viện việc tổ tố tô chức đảng đáng đang dâng bí thư thứ thử thủ mặt mắt
trận trần trấn tổng tông tộng quốc cựu chiến binh bình bính giáo giao giáp họp hợp hộp mưa mùa
múa lũ lụt gió bão kênh mương đê đập trạm y tế tê học hộc sinh sính lớp thầy thấy cô cố cổ cờ
giảm giám sát sắt đất đặt rừng vườn cây cấy lúa lua ngô khoai sắn cá lợn gà trâu bò máy mấy xây
dựng dừng sửa chữa chửa đóng góp gọp tiền tiến tiên tiện tự tư tử lập lấp thi đua khen thưởng
thương thường lễ lê lề kỷ niệm cưới cười tang tảng tăng giải giai phóng phong phòng thuế thuê
bầu cử cư cứ đại biểu biếu hướng hương hưởng kết luận chỉ chị thị trị định đình đỉnh kế hoạch
báo bảo bao cáo cao cạo tuyên truyền loan nhắc nhở góc gốc nghèo khó khổ hộ hổ hồ ấm no đủ đỡ
đầu đấu điện điển điểm sáng sang đèn bếp giếng sạch cỏ rác thu gom phân loại
"""
SYLLABLES = _COMMON.split()
# What words are made of that stand in a few bulletins only.
_BEGINNINGS = "b ch đ g kh l ngh ph qu r s th tr v x"
_RHYMES = "ách ạch ắc ặp ẩu ẽo ẻn ễnh ỉu ịch ỏng ọt ối ợp ũng uốc ướt ưởi ỹ ấy ằn ôm ơn"
RARE = [begin + rhyme for begin in _BEGINNINGS.split() for rhyme in _RHYMES.split()]
NAMES = [
    "Nguyễn Văn Hòa", "Nguyễn Thị Hoa", "Trần Thị Thủy", "Lê Quang Ngọc Uyển", "Phạm Đức Đôn",
    "Vũ Thị Khuê", "Y Bih Niê", "Hoàng Văn Ước", "Đỗ Văn An", "Đinh Thúy Quỳnh",
]  # fmt: skip
UNITS = [
    "Ban Dân vận Tỉnh ủy", "Ban Dân vận Huyện ủy Thượng Sơn", "Ủy ban nhân dân xã Tân Hòa",
    "UBND huyện Bình Nguyên", "Mặt trận Tổ quốc xã Bến Đá", "Huyện đoàn Thượng Sơn",
]  # fmt: skip
CATEGORIES = ["Tin tức – Sự kiện", "Dân vận khéo", "Quy chế dân chủ", "Văn bản", "Mặt trận"]
TAGS = [
    "nông thôn mới", "hòa giải", "hoa", "Đảng viên", "QĐ-217", "bầu cử", "tiếp dân", "đê điều",
    "nước sạch", "dân vận khéo",
]  # fmt: skip
TOPICS = ["Bầu cử 2021", "Mùa lũ 10/2020", "Ngày hội đại đoàn kết"]
ABBREVIATIONS = {
    "UBND": "Ủy ban nhân dân",
    "MTTQ": "Mặt trận Tổ quốc",
    "QCDC": "quy chế dân chủ",
}
NUMBERS = ["3", "12", "217", "1.800", "1800", "12.500", "2.000.000", "27,5", "100%", "3.5", "2020"]
DATES = ["19/8", "19/8/2020", "2-9", "2/9/2019", "10/2020", "15.10.2018", "30/4"]
PAPERS = ["114-KL/TW", "25/NQ-CP", "05-CT/TƯ", "217-QĐ/TW", "07/KH-UBND", "12-NQ/TƯ"]
PUNCTUATION = [",", ",", ",", ";", ":", " –", "…"]

_PIECE = re.compile("[^\\W_](?:[^\\W_]|[\u0300-\u036f])*")
_TOKEN = re.compile(f"{_PIECE.pattern}(?:[-./]{_PIECE.pattern})*")
# Letters that look like Vietnamese ones and are none; dashes; what nobody sees.
_REPAIRED = str.maketrans(
    "\u00d0\u00f0\u01cd\u01ce\u2010\u2011\u2012\u2013\u2014\u2015\u2212",
    "ĐđĂă-------",
    "\u00ad\u200b\u200c\u200d\u2060",
)
_MISTAKEN = str.maketrans("ĐĂă", "\u00d0\u01cd\u01ce")
# No words: raised and other special numbers, scripts from Armenian to Sinhala.
_GAPS = re.compile("[\u00b2\u00b3\u00b9\u00bc-\u00be\u0530-\u0dff\u2070-\u209f\u2150-\u218f]")
_TONES = "\u0300\u0301\u0303\u0309\u0323"


# Bulletins


@dataclass(frozen=True)
class Written:
    """A bulletin as it is written.  ``blocks`` are its body: paragraphs, items, cells."""

    path: str
    title: str
    date: str
    blocks: tuple[str, ...] = ()
    lead: str = ""
    caption: str = ""
    tags: tuple[str, ...] = ()
    topic: tuple[str, ...] = ()
    category: tuple[str, ...] = ()
    unit: str = ""
    author: tuple[str, ...] = ()
    photographer: tuple[str, ...] = ()
    views: int = 0
    status: str = "final"

    @property
    def fields(self) -> dict[str, tuple[str, ...]]:
        """All texts that are searched, a string for each block, by the field they stand in."""
        return {
            "title": (self.title,),
            "lead": (self.lead,),
            "body": self.blocks,
            "caption": (self.caption,),
            "tags": self.tags + self.topic,
            "category": self.category,
            "unit": (self.unit,),
            "author": self.author + self.photographer,
        }

    @property
    def order(self) -> tuple[list[int], str, str]:
        """What sorts bulletins by time: what is not known of a date comes first."""
        day, _, clock = self.date.partition(" ")
        parts = [int(part) for part in day.split("-")]
        return parts + [0] * (3 - len(parts)), clock, self.path

    def write(self, site: Workbench) -> None:
        """Write the bulletin's file, and the picture that a caption needs."""
        folder = self.path.rpartition("/")[0]
        image = {"src": "anh.svg", "alt": "Ảnh", "caption": self.caption} if self.caption else None
        if image:
            site.write(f"content/{folder}/anh.svg", '<svg xmlns="http://www.w3.org/2000/svg"/>')
        lists = {
            name: list(getattr(self, name)) or None
            for name in ("tags", "topic", "category", "author", "photographer")
        }
        site.bulletin(
            self.path, self.markdown, title=self.title, date=self.date, lead=self.lead or None,
            unit=self.unit or None, views=self.views or None, image=image, **lists,
            **(WITHDRAWN if self.status == "withdrawn" else {}),
        )  # fmt: skip

    @property
    def markdown(self) -> str:
        """The body: paragraphs, and where there are enough blocks a list, a table, a heading."""
        blocks = list(self.blocks)
        text = ""
        if len(blocks) > 5:
            text += f"## {blocks.pop(0)}\n\n"
            text += f"- {blocks.pop(0)}\n- {blocks.pop(0)}\n\n"
            text += f"| {blocks.pop(0)} | {blocks.pop(0)} |\n|---|---|\n\n"
        return text + "\n\n".join(blocks) + "\n"


class Author:
    """Writes bulletins by chance: the same seed, the same bulletins."""

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(seed)
        rng = random.Random(seed + 1)
        # Syllables that belong together: what makes phrases repeat.
        self._phrases = [" ".join(rng.choices(SYLLABLES[40:], k=k)) for k in [2] * 70 + [3, 4] * 30]
        self._phrases += [*ABBREVIATIONS, *ABBREVIATIONS.values()]

    def archive(self, count: int) -> list[Written]:
        """Write *count* bulletins over four years, and a few that are withdrawn."""
        bulletins = [self.bulletin(number, count) for number in range(count)]
        withdrawn = self.bulletin(count, count + 1)
        return [*bulletins, replace(withdrawn, path="2019/rut.md", status="withdrawn")]

    def bulletin(self, number: int, of: int) -> Written:
        rng = self._rng
        day = number * 4 * 336 // of
        year, month = 2018 + day // 336, day // 28 % 12 + 1
        date = f"{year}-{month:02d}-{day % 28 + 1:02d}" + rng.choice(["", "", " 07:30", " 13:05"])
        if number % 40 == 7:
            date = date[:4] if number % 3 else date[:7]
        blocks = [self._block(rng.randrange(8, 30)) for _ in range(rng.choice([1, 2, 3, 4, 6, 7]))]
        form = rng.choice(["NFC"] * 5 + ["NFD"])
        one_in = [rng.random() < chance for chance in (0.8, 0.2, 0.8, 0.6, 0.2)]
        title = self._block(rng.randrange(3, 8)).rstrip(".")
        # Some have the names that are made of titles, again with a number where they are taken.
        name = re.sub("[^a-z0-9]+", "-", bare(title).lower()).strip("-")
        if number % 3 == 0:
            name += f"-{number}"
        return Written(
            f"{year}/{month:02d}/{name}.md" if number % 2 else f"{year}/tin-{number:04d}.md",
            title,
            date,
            tuple(unicodedata.normalize(form, block) for block in blocks),  # type: ignore[arg-type]
            self._block(rng.randrange(6, 20)) if one_in[0] else "",
            self._block(rng.randrange(3, 10)) if one_in[1] else "",
            tuple(rng.sample(TAGS, rng.randrange(4))),
            (rng.choice(TOPICS),) if one_in[4] else (),
            tuple(rng.sample(CATEGORIES, rng.choice([1, 1, 1, 2]))),
            rng.choice(UNITS) if one_in[2] else "",
            tuple(rng.sample(NAMES, rng.choice([1, 1, 2]))) if one_in[3] else (),
            (rng.choice(NAMES),) if one_in[4] else (),
            rng.randrange(1, 40) * 10,
        )

    def _block(self, length: int) -> str:
        """Return a sentence or two of about so many syllables.  It begins with a syllable."""
        rng = self._rng
        parts: list[str] = [self._syllable()]
        while len(parts) < length:
            kind = rng.random()
            if kind < 0.03:
                part = rng.choice(RARE)
            elif kind < 0.45:
                part = self._syllable()
            elif kind < 0.85:
                part = self._respelled(self._phrases[int(len(self._phrases) * rng.random() ** 2)])
            else:
                part = self._respelled(rng.choice(rng.choice([NAMES, NUMBERS, DATES, PAPERS])))
            after = rng.choice(PUNCTUATION) if rng.random() < 0.1 else ""
            parts += (part + after).split(" ")
        text = " ".join(parts)
        return text[0].upper() + text[1:] + "."

    def _syllable(self) -> str:
        # As often as words of a language are: the nth with a share of one in n.
        place = int(len(SYLLABLES) ** self._rng.random())
        return self._respelled(SYLLABLES[place - 1])

    def _respelled(self, text: str) -> str:
        """Return a text as somebody else may type it: another placement, a look-alike, capitals."""
        rng = self._rng
        if rng.random() < 0.4:
            text = " ".join(map(other_placement, text.split(" ")))
        if rng.random() < 0.05:
            text = text.upper()
        if rng.random() < 0.02:
            text = text[:1] + rng.choice("\u00ad\u200b") + text[1:]
        return text.translate(_MISTAKEN) if rng.random() < 0.2 else text


def other_placement(syllable: str) -> str:
    """Return a syllable with its tone mark on the other one of oa, oe, uy: ``hòa``, ``hoà``."""
    letters = unicodedata.normalize("NFD", syllable)
    moved = re.sub(rf"(?i)(?<!q)(o|u)([{_TONES}]?)([aey])([{_TONES}]?)$", r"\1\4\3\2", letters)
    pair = "".join(each for each in moved[-3:].lower() if each not in _TONES)
    return unicodedata.normalize("NFC", moved if pair in ("oa", "oe", "uy") else letters)


def bare(text: str) -> str:
    """Return a text without any mark."""
    letters = unicodedata.normalize("NFD", text.translate(_REPAIRED))
    plain = "".join(each for each in letters if not unicodedata.combining(each))
    return plain.replace("đ", "d").replace("Đ", "D")


# What is true


@lru_cache(maxsize=100_000)
def compared(word: str, marked: bool) -> str:
    """Return what two words have in common that are the same to a query."""
    if not marked:
        return bare(word)
    letters = unicodedata.normalize("NFD", word)
    tones = [each for each in letters if each in _TONES]
    return "".join([each for each in letters if each not in _TONES] + tones)


def is_marked(text: str) -> bool:
    """Tell whether a query has any mark."""
    return bare(text) != unicodedata.normalize("NFC", text)


@lru_cache(maxsize=100_000)
def _taken_apart(token: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what stands for a token as a whole, and its words in order."""
    pieces = tuple(_PIECE.findall(token))
    if re.fullmatch(r"\d{1,3}(\.\d{3})+", token):
        return (), (token.replace(".", ""),)
    if len(pieces) > 1 and "".join(pieces).isdigit():
        inner = (pieces, pieces[:-1], pieces[1:]) if len(pieces) == 3 else (pieces,)
        return tuple("/".join(each) for each in inner), pieces
    if len(pieces) > 1 and any(each.isdigit() for each in token):
        return (), tuple("tw" if piece == "tư" else piece for piece in pieces)
    return (), pieces


def _tokens(text: str) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    plain = _GAPS.sub(" ", unicodedata.normalize("NFC", text)).translate(_REPAIRED)
    return map(_taken_apart, _TOKEN.findall(plain.lower()))


def asked_words(text: str, marked: bool = True) -> list[str]:
    """Return the words that a query asks for, as they are compared: a date is one."""
    asked = (word for wholes, row in _tokens(text) for word in (wholes[:1] or row))
    return [compared(word, marked) for word in asked]


def row_of(text: str, marked: bool = True) -> list[str]:
    """Return the words of a text in their order, as they are compared."""
    return [compared(word, marked) for _, row in _tokens(text) for word in row]


def words_of(text: str, marked: bool = True) -> set[str]:
    """Return all words under which a text is found, as they are compared."""
    both = (word for wholes, row in _tokens(text) for word in (*wholes, *row))
    return {compared(word, marked) for word in both}


def in_row(words: Sequence[str], row: Sequence[str]) -> bool:
    """Tell whether *words* stand in a row next to each other."""
    first, count = words[0], len(words)
    return any(
        word == first and row[at : at + count] == words
        for at, word in enumerate(row[: len(row) - count + 1])
    )


@dataclass(frozen=True)
class Reading:
    """A bulletin as a query sees it, with marks or without: the texts of its blocks by field."""

    texts: dict[str, list[str]]
    marked: bool

    @cached_property
    def rows(self) -> list[tuple[str, list[str]]]:
        """The words of each block in their order, and the block's field."""
        return [
            (name, row_of(text, self.marked)) for name in self.texts for text in self.texts[name]
        ]

    @cached_property
    def words(self) -> set[str]:
        """All words of the bulletin."""
        return set().union(*map(self.words_in, self.texts))

    def words_in(self, name: str) -> set[str]:
        """Return all words of a field."""
        return set().union(*(words_of(text, self.marked) for text in self.texts[name]))

    def stand_together(self, words: Sequence[str], name: str = "") -> bool:
        """Tell whether *words* stand in a row in one block, of a field if one is named."""
        return any(in_row(words, row) for of, row in self.rows if name in ("", of))


class Truth:
    """What an archive holds.  Bulletins are named by their paths."""

    def __init__(
        self, written: Iterable[Written], abbreviations: dict[str, str] | None = None
    ) -> None:
        standing = (each for each in written if each.status != "withdrawn")
        self.bulletins = {each.path: each for each in sorted(standing, key=lambda it: it.order)}
        both = (abbreviations or {}).items()
        self._forms = [form for one, other in both for form in ((one, other), (other, one))]
        self._readings: dict[tuple[str, bool], Reading] = {}
        self._having: dict[bool, dict[str, set[str]]] = {}
        for path, bulletin in self.bulletins.items():
            texts = {name: self._expanded(blocks) for name, blocks in bulletin.fields.items()}
            for marked in (True, False):
                self._readings[path, marked] = reading = Reading(texts, marked)
                for word in reading.words:
                    self._having.setdefault(marked, defaultdict(set))[word].add(path)

    def _expanded(self, blocks: Sequence[str]) -> list[str]:
        """Return the blocks of a field, and the other forms of the abbreviations in it."""
        texts = [block for block in blocks if block]
        if not self._forms:
            return texts
        rows = list(map(row_of, texts))
        others = [
            other for form, other in self._forms if any(in_row(row_of(form), row) for row in rows)
        ]
        return texts + others

    def newest_first(self, paths: Iterable[str]) -> list[str]:
        """Return bulletins in the order of time, the newest first."""
        return sorted(paths, key=lambda path: self.bulletins[path].order, reverse=True)

    def reading(self, path: str, marked: bool) -> Reading:
        """Return a bulletin as a query with marks, or one without, sees it."""
        return self._readings[path, marked]

    def with_words(self, text: str, name: str = "", marked: bool | None = None) -> set[str]:
        """Return the bulletins with all words of a query, in one field if one is named."""
        level = is_marked(text) if marked is None else marked
        words = asked_words(text, level)
        found = set.intersection(*(self._having[level].get(word, set()) for word in words))
        if not name:
            return found
        return {path for path in found if self.reading(path, level).words_in(name) >= set(words)}

    def with_phrase(self, text: str, name: str = "", marked: bool | None = None) -> set[str]:
        """Return the bulletins in which the words of a query stand next to each other."""
        level = is_marked(text) if marked is None else marked
        row = row_of(text, level)
        candidates = self.with_words(text, name, level)
        return {path for path in candidates if self.reading(path, level).stand_together(row, name)}

    def where(self, accept: Callable[[Written], bool]) -> set[str]:
        """Return the bulletins that *accept* accepts."""
        return {path for path, each in self.bulletins.items() if accept(each)}


# Queries


class Asker:
    """Makes queries by chance from what an archive holds."""

    def __init__(self, truth: Truth, seed: int) -> None:
        self._rng = random.Random(seed)
        self._truth = truth
        self._paths = list(truth.bulletins)

    def words(self) -> str:
        """Return one to five words: in a row, from all over one bulletin, or from two."""
        rng = self._rng
        count = rng.choice([1, 1, 2, 2, 2, 3, 3, 4, 5])
        tokens = self._row()
        if rng.random() < 0.5:
            at = rng.randrange(max(len(tokens) - count, 0) + 1)
            chosen = tokens[at : at + count]
        else:
            chosen = rng.sample(tokens, min(count, len(tokens)))
        if rng.random() < 0.2:
            chosen = [*chosen[1:], rng.choice(self._row())]
        return self._typed(chosen)

    def phrase(self) -> str:
        """Return two to five words that stand in a row somewhere."""
        tokens = self._row()
        count = self._rng.randrange(2, 6)
        at = self._rng.randrange(max(len(tokens) - count, 0) + 1)
        return self._typed(tokens[at : at + count])

    def broken_phrase(self) -> str:
        """Return three or four words of which each two stand together in one bulletin, but not all
        of them."""
        while True:
            path = self._rng.choice(self._paths)
            marked = self._rng.random() < 0.5
            reading = self._truth.reading(path, marked)
            pairs = {pair for _, row in reading.rows for pair in itertools.pairwise(row)}
            for one, two in self._rng.sample(sorted(pairs), len(pairs)):
                ends = [last for middle, last in pairs if middle == two]
                words = [one, two, self._rng.choice(ends)] if ends else []
                if words and not reading.stand_together(words):
                    return unicodedata.normalize("NFC", " ".join(map(_spelled, words)))

    def _row(self) -> list[str]:
        bulletin = self._truth.bulletins[self._rng.choice(self._paths)]
        blocks = [block for texts in bulletin.fields.values() for block in texts if block]
        return _TOKEN.findall(unicodedata.normalize("NFC", self._rng.choice(blocks)))

    def _typed(self, tokens: Sequence[str]) -> str:
        """Return words as somebody types them."""
        rng = self._rng
        way = rng.choice(["as is", "small", "bare", "bare", "mixed", "moved", "NFD", "capitals"])
        text = " ".join(tokens)
        if way == "small":
            return text.lower()
        if way == "bare":
            return bare(text)
        if way == "mixed":
            return " ".join(bare(each) if rng.random() < 0.5 else each for each in tokens)
        if way == "moved":
            return " ".join(map(other_placement, tokens))
        if way == "NFD":
            return unicodedata.normalize("NFD", text)
        return text.upper() if way == "capitals" else text


def _spelled(word: str) -> str:
    """Return a word whose tone mark stands at its end with the mark on a vowel of it."""
    letters = word.rstrip(_TONES)
    tone = word[len(letters) :]
    vowel = max((at for at, each in enumerate(letters) if each in "aeiouy"), default=-1)
    while vowel + 1 < len(letters) and unicodedata.combining(letters[vowel + 1]):
        vowel += 1
    return letters[: vowel + 1] + tone + letters[vowel + 1 :]
