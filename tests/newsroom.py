"""A site whose bulletins lead to one another, for tests of publishing: what is changed makes pages,
pictures and lists appear and disappear, and never leaves a dead link behind."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from tests.test_changes import picture
from tests.workbench import Workbench

CATEGORIES = ("Dân vận khéo", "Tin tức – Sự kiện", "Quy chế dân chủ")
_WORDS = ("dân", "vận", "khéo", "xã", "thôn", "bầu", "cử")
_SETTINGS = """\
keep_addresses: false
title: Bản tin lần {edition}
language: vi
base_url: https://example.org/ban-tin/
page_size: 6
day_split: 4
"""


@dataclass
class Story:
    """A bulletin: its number, file name, folder, and what it says and leads to."""

    number: int
    name: str
    folder: str
    date: str
    tags: list[str]
    words: str
    has_files: bool
    leads_to: list[int]
    aliases: list[str] = field(default_factory=list)

    @property
    def path(self) -> str:
        return f"{self.folder}/{self.name}.md"

    @property
    def url(self) -> str:
        return f"{self.date[:4]}/{self.date[5:7]}/{self.name}.html"


class Newsroom:
    """Changes a site at random; the same seed, the same changes."""

    def __init__(self, site: Workbench, seed: int, count: int) -> None:
        self.site = site
        self.rng = random.Random(seed)
        self.edition = 0
        self._count = 0
        self._stories: dict[int, Story] = {}
        self._written: dict[str, bytes] = {}
        for _ in range(count):
            self._add()
        self._save()

    def change(self) -> None:
        """Add, edit, rename, move and remove some bulletins; sometimes change every page."""
        rng = self.rng
        for _ in range(rng.randrange(3, 12)):
            rng.choice([self._add, self._edit, self._rename, self._move, self._remove])()
        self._series()
        self.edition += rng.random() < 0.5
        self._save()

    def _some(self) -> Story:
        """Return some bulletin; what is new is what gets changed most."""
        numbers = sorted(self._stories)
        return self._stories[self.rng.choice(numbers[self.rng.choice([0, -12]) :])]

    def _add(self) -> Story:
        rng = self.rng
        number = self._count = self._count + 1
        others = sorted(self._stories)
        date = f"{rng.randrange(2015, 2022)}-{rng.randrange(1, 13):02d}-{rng.choice([5, 16]):02d}"
        story = Story(
            number,
            f"bai-{number}",
            f"bai/{number % 3}",
            date,
            [f"thẻ {rng.randrange(12)}", f"thẻ riêng {number // 3}"][: rng.randrange(3)],
            f"Thân bài {number}: {' '.join(rng.choices(_WORDS, k=9))}.",
            number % 3 == 0,
            rng.sample(others, min(len(others), 2)),
        )  # fmt: skip
        self._stories[number] = story
        if others:  # What is older leads to what is new, and so there are circles.
            self._stories[rng.choice(others)].leads_to.append(number)
        return story

    def _series(self) -> None:
        """Add bulletins that lead to each other all around, with a tag of their own."""
        stories = [self._add() for _ in range(4)]
        for at, story in enumerate(stories):
            story.leads_to.append(stories[at - 1].number)
            story.tags.append(f"loạt bài {story.number // 4}")

    def _edit(self) -> None:
        self._some().words += f" Sửa lần {self.edition}."

    def _rename(self) -> None:
        story = self._some()
        if self.rng.random() < 0.5:
            story.aliases.append(f"/{story.url}")
        self._count += 1
        story.name = f"doi-{self._count}"

    def _move(self) -> None:
        """Another day: the page and its place in all lists change."""
        story = self._some()
        self._count += 1
        story.name = f"chuyen-{self._count}"
        story.date = f"{self.rng.randrange(2015, 2022)}-{self.rng.randrange(1, 13):02d}-16"
        story.folder = f"chuyen/{story.date[:4]}"

    def _remove(self) -> None:
        gone = self._some().number
        del self._stories[gone]
        for story in self._stories.values():
            story.leads_to = [each for each in story.leads_to if each != gone]

    def _save(self) -> None:
        """Write what is not as it was, remove what is no more."""
        files = {"site.yaml": _SETTINGS.format(edition=self.edition).encode()}
        for story in self._stories.values():
            files[f"content/{story.path}"] = self._text(story).encode()
            if story.has_files:
                rng = random.Random(story.number)
                files[f"content/tep/anh-{story.number}.png"] = picture(rng)
                files[f"content/tep/van-ban-{story.number}.txt"] = b"%d\n" % story.number
        for path in self._written.keys() - files.keys():
            (self.site.folder / path).unlink()
        for path, data in files.items():
            if self._written.get(path) != data:
                file = self.site.folder / path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(data)
        self._written = files

    def _text(self, story: Story) -> str:
        number = story.number
        lines = [
            f"title: Bài số {number}",
            f"date: {story.date}",
            f"lead: Tóm tắt {number}.",
            f"category: {CATEGORIES[number % 3]}",
            f"unit: Xã {number % 5}",
            f"tags: {story.tags}",
            f"aliases: {story.aliases}",
        ]
        if story.has_files:
            lines.append(f"image: {{src: /tep/anh-{number}.png, alt: Ảnh}}")
            lines.append(f"attachments: [/tep/van-ban-{number}.txt]")
        links = [f"[bài {each}](/{self._stories[each].path})" for each in story.leads_to]
        body = f"{story.words}\n\nXem: {', '.join(links)}.\n"
        return "---\n" + "\n".join(lines) + f"\n---\n\n{body}"
