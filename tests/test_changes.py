"""Whatever is changed, in whatever order: an incremental build gives the bytes of a clean one."""

from __future__ import annotations

import os
import random
import re
import shutil
import struct
import subprocess
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.workbench import ROOT, SETTINGS, Workbench, environment

CATEGORIES = ("Dân vận khéo", "Tin tức – Sự kiện", "TIN TỨC - SỰ KIỆN", "Quy chế dân chủ")
UNITS = ("Xã Tân Hòa", "Xã Tân Hoà", "Huyện Bình Nguyên", "Tỉnh đoàn")
TOPICS = ("Bầu cử 2021", "Mùa lũ")
DOCUMENTS = ("114-KL/TƯ", "114 - KL/TW", "10/2022/QH15", "30/2020/NĐ-CP", "118/KH-UBND")
# The time of a build: some bulletins are dated and expire about then.
YEAR, DAY = 2020, 86_400
NOON = 1_594_900_800


def picture(rng: random.Random) -> bytes:
    """Return a PNG of one colour."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    data = zlib.compress(b"\0" + rng.randbytes(3))
    parts = chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


class Editor:
    """A webmaster who changes a site at random; the same seed, the same changes."""

    def __init__(self, site: Workbench, seed: int) -> None:
        self.site = site
        self.rng = random.Random(seed)
        self.content = site.folder / "content"
        self.settings: dict[str, Any] = yaml.safe_load(SETTINGS)
        self._count = 0
        self.changes: list[Callable[[], None]] = [
            self.add, self.add, self.add, self.add, self.remove, self.rename, self.move,
            *[self.edit] * 8, self.edit_body, self.edit_body, self.set_settings,
            self.set_settings, self.edit_template, self.edit_style, self.edit_media, self.touch,
            self.meddle, self.edit_page,
        ]  # fmt: skip
        site.write("content/pages/gioi-thieu.md", "---\ntitle: Giới thiệu\n---\n\n## Lời đầu\n")
        site.write("content/tep/van-ban.txt", "Văn bản.\n")
        self.edit_media()
        for _ in range(40):
            self.add()

    def next_number(self) -> int:
        self._count += 1
        return self._count

    def bulletins(self) -> list[Path]:
        return sorted(file for file in self.content.rglob("*.md") if file.parent.name != "pages")

    def date(self) -> str:
        rng = self.rng
        year = rng.choice([2018, 2019, YEAR, YEAR])
        # Days about that on which the site is built are as frequent as all others.
        month, day = rng.choice([(7, rng.randrange(14, 19)), (rng.randrange(1, 13), 16)])
        full = f"{year}-{month:02d}-{day:02d}"
        return rng.choice([full, full, f"{full} 08:30", full[:7], full[:4]])

    def front(self) -> dict[str, Callable[[], Any]]:
        """Return what can be said of a bulletin, and how."""
        rng = self.rng
        return {
            "title": lambda: f"Bài viết {rng.randrange(30)} “{rng.choice('ABC')}”",
            "date": self.date,
            "lead": lambda: rng.choice(
                [None, f"Tóm tắt {rng.randrange(9)}.", f"Theo {rng.choice(DOCUMENTS)}."]
            ),
            "category": lambda: rng.choice([None, rng.choice(CATEGORIES), list(CATEGORIES[:2])]),
            "unit": lambda: rng.choice([None, *UNITS]),
            "tags": lambda: [f"thẻ {n}" for n in rng.sample(range(12), rng.randrange(4))],
            "author": lambda: rng.choice([None, "Hoàng Hoa", "Hoàng HOA", ["An", "Bình"]]),
            "topic": lambda: rng.choice([None, *TOPICS]),
            "views": lambda: rng.choice([None, rng.randrange(99)]),
            "status": lambda: rng.choice([None, None, None, "withdrawn", "corrected"]),
            "updates": lambda: [{"date": f"{YEAR}-08-01", "note": f"Sửa {rng.randrange(9)}."}],
            "draft": lambda: rng.choice([None, None, True]),
            "featured": lambda: rng.choice([None, None, True]),
            "expires": lambda: rng.choice([None, None, f"{YEAR}-07-{rng.randrange(14, 19)}"]),
            "id": lambda: rng.choice([None, f"so-{self.next_number()}"]),
            "aliases": lambda: rng.choice([None, [f"/cu/bai-{self.next_number()}.html"]]),
            "image": lambda: rng.choice([None, {"src": "/tep/anh.png", "alt": "Ảnh"}]),
            "attachments": lambda: rng.choice([None, ["/tep/van-ban.txt"]]),
            "review": lambda: rng.choice([None, None, None, ["Chưa rõ ngày."]]),
        }

    def write(self, file: Path, front: dict[str, Any], body: str) -> None:
        said = {key: value for key, value in front.items() if value is not None}
        file.parent.mkdir(parents=True, exist_ok=True)
        text = f"---\n{yaml.safe_dump(said, allow_unicode=True)}---\n\n{body}"
        file.write_text(text, "utf-8", newline="\n")

    def read(self, file: Path) -> tuple[dict[str, Any], str]:
        _, front, body = re.split("^---\n", file.read_text("utf-8"), maxsplit=2, flags=re.MULTILINE)
        return yaml.safe_load(front), body.lstrip("\n")

    # What can be changed

    def add(self) -> None:
        front = {key: make() for key, make in self.front().items()}
        body = f"Thân bài {self.rng.randrange(99)}, {self.rng.choice(DOCUMENTS)}.\n"
        self.write(self.content / f"{YEAR}/bai-{self.next_number()}.md", front, body)

    def remove(self) -> None:
        self.rng.choice(self.bulletins()).unlink()

    def rename(self) -> None:
        file = self.rng.choice(self.bulletins())
        file.rename(file.with_name(f"doi-{self.next_number()}.md"))

    def move(self) -> None:
        file = self.rng.choice(self.bulletins())
        target = self.content / f"thu-muc-{self.rng.randrange(3)}" / file.name
        target.parent.mkdir(exist_ok=True)
        file.rename(target)

    def edit(self) -> None:
        file = self.rng.choice(self.bulletins())
        front, body = self.read(file)
        key, make = self.rng.choice(list(self.front().items()))
        self.write(file, front | {key: make()}, body)

    def edit_body(self) -> None:
        file = self.rng.choice(self.bulletins())
        front, _ = self.read(file)
        number = self.rng.randrange(99)
        documents = self.rng.sample(DOCUMENTS, 2)
        parts = [f"Theo {documents[0]}, QCDC và {documents[1]}.",
                 "[Giới thiệu](/pages/gioi-thieu.md)", "![Ảnh](/tep/anh.png)", "1. một\n2. hai",
                 f"Đoạn **{number}**.", "> Trích."]  # fmt: skip
        body = "\n\n".join(self.rng.sample(parts, self.rng.randrange(1, 4)))
        self.write(file, front, f"{body}\n")

    def edit_page(self) -> None:
        heading = self.rng.choice(["Giới thiệu", "Về chúng tôi"])
        menu = self.rng.choice(["", "menu: 1\n"])
        self.site.write(
            "content/pages/gioi-thieu.md", f"---\ntitle: {heading}\n{menu}---\n\n## Lời đầu\n"
        )

    def set_settings(self) -> None:
        rng = self.rng
        choices: dict[str, Any] = {
            "title": f"Bản tin {rng.randrange(5)}",
            "page_size": rng.choice([5, 10, 20]),
            "day_split": rng.choice([3, 100]),
            "categories": [{"name": CATEGORIES[3], "description": f"Mục {rng.randrange(3)}"}],
            "units": [{"name": UNITS[2]}, {"name": UNITS[0], "parent": UNITS[2]}],
            "home": {"latest": rng.randrange(1, 9), "per_category": rng.randrange(3)},
            "search": {"abbreviations": {"QCDC": f"quy chế dân chủ {rng.randrange(3)}"}},
            "documents": [{"number": DOCUMENTS[0], "title": f"Kết luận {rng.randrange(3)}"}],
            "language": rng.choice(["en", "vi"]),
        }
        key, value = rng.choice(list(choices.items()))
        if rng.random() < 0.3 and key not in ("title", "language"):
            self.settings.pop(key, None)
        else:
            self.settings[key] = value
        self.site.write("site.yaml", yaml.safe_dump(self.settings, allow_unicode=True))

    def edit_template(self) -> None:
        name = self.rng.choice(["article.html", "partials/card.html", "listing.html", "base.html"])
        file = self.site.folder / "templates" / name
        if file.exists() and self.rng.random() < 0.5:
            file.unlink()
            return
        text = (ROOT / "templates" / name).read_text("utf-8")
        self.site.write(f"templates/{name}", f"{text}<!-- {self.rng.randrange(9)} -->\n")

    def edit_style(self) -> None:
        self.site.write(
            "templates/giao-dien/theme.css", f"p {{ top: {self.rng.randrange(9)}px }}\n"
        )

    def edit_media(self) -> None:
        (self.content / "tep").mkdir(exist_ok=True)
        (self.content / "tep/anh.png").write_bytes(picture(self.rng))

    def touch(self) -> None:
        """Set a file's time to any other, as unpacking an archive or a wrong clock does."""
        moment = self.rng.randrange(NOON - 9 * DAY, NOON + 9000 * DAY)
        os.utime(self.rng.choice(self.bulletins()), (moment, moment))

    def meddle(self) -> None:
        """Harm what is published."""
        files = sorted(self.site.output.rglob("*.html"))
        if not files:
            return
        file = self.rng.choice(files)
        if self.rng.random() < 0.5:
            file.unlink()
        else:
            file.write_text("khác", "utf-8")


@pytest.fixture(scope="module")
def other_program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with another version of this program."""
    folder = tmp_path_factory.mktemp("other")
    shutil.copytree(ROOT / "danvan_site", folder / "danvan_site")
    shutil.copytree(ROOT / "templates", folder / "templates")
    with (folder / "danvan_site/errors.py").open("a", encoding="utf-8") as file:
        file.write("# Another version.\n")
    return folder


def moments(rng: random.Random) -> Iterator[str]:
    """Yield times of builds: they go on, stand still, and jump back."""
    now = NOON
    while True:
        now += rng.choice([0, 0, 3600, DAY // 2, DAY, -DAY])
        yield str(now)


def kill_a_build(site: Workbench, rng: random.Random, **more: str) -> None:
    build = subprocess.Popen(
        site.command("build"),
        cwd=site.folder,
        env=environment(**more),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        build.wait(rng.uniform(0.1, 1.2))
    except subprocess.TimeoutExpired:
        build.kill()
        build.wait()


@pytest.mark.parametrize("seed", range(3))
def test_after_any_changes_the_folder_is_that_of_a_clean_build(
    tmp_path: Path, other_program: Path, seed: int
) -> None:
    site = Workbench(tmp_path / "site")
    editor = Editor(site, seed)
    rng, times = random.Random(seed), moments(random.Random(seed + 1))
    for now in (next(times) for _ in range(16)):
        for _ in range(rng.choice([0, 1, 1, 2, 4, 8])):
            rng.choice(editor.changes)()
        more = {"SOURCE_DATE_EPOCH": now}
        if rng.random() < 0.3:
            kill_a_build(site, rng, **more)
        if rng.random() < 0.15:
            site.build(PYTHONPATH=str(other_program), **more)
        site.build(**more)
        clean = tmp_path / "clean"
        shutil.rmtree(clean, ignore_errors=True)
        site.build("--output", str(clean), "--cache", str(tmp_path / "cache"), "--clean", **more)
        assert site.tree() == site.tree(clean), now
        again = site.build(**more).report
        assert (again["rendered"], again["written"], again["removed"]) == (0, 0, 0)
