"""Measure how fast an export of WordPress is imported, in how much memory, and that it survives.

    python benchmarks/wordpress.py [--posts 34000] [--kills 0] [--jobs 0]

The export is made for it: each post has about 900 words, half of them in blocks and half as the
editor of before left them, with what Word leaves in both; pictures of the media library, which has
one item for each post; comments; and the custom fields of plug-ins, as long as all of that, which
nothing is done with: 30 kB a post in all.  It is imported by the command, as a process of its own;
then once more, which adds nothing; and with ``--kills`` into another folder by processes that are
killed so many times at random, which must give the same files.

It needs Linux: memory is the highest sum of what all processes hold (PSS), sampled.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HOST = "https://cu.example.vn"
_WORDS = (
    "bà con họp tổ dân phố bàn việc làm đường hiến đất cán bộ xã huyện tỉnh đoàn thể mặt trận hội "
    "phụ nữ nông dân thanh niên góp ý dân chủ quy chế cơ sở vận động khéo mô hình sáng đẹp trường "
    "học trạm y tế nhà văn hóa thôn bản chợ cầu phao kênh mương lúa ngô vườn cây ao cá đồng ruộng "
    "nước sạch vệ sinh môi trường an ninh trật tự hòa giải đối thoại tiếp dân đơn thư giải quyết"
)
_HEAD = f"""<?xml version="1.0" encoding="UTF-8" ?>
<rss version="2.0" xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/"
 xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:wp="http://wordpress.org/export/1.2/">
<channel><title>Cổng</title><link>{HOST}</link><pubDate>Fri, 02 Jan 2026 03:00:00 +0000</pubDate>
<wp:wxr_version>1.2</wp:wxr_version><wp:base_site_url>{HOST}</wp:base_site_url>
<wp:base_blog_url>{HOST}</wp:base_blog_url>
"""
_PLUGIN = json.dumps(
    [{"id": f"{n:07x}", "elType": "section", "settings": {"padding": n}} for n in range(40)]
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--posts", type=int, default=34_000)
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=0)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        export = folder / "export.xml"
        make_export(export, wanted.posts)
        size = export.stat().st_size / 1e6
        print(f"{wanted.posts:,} posts, {size:,.0f} MB, {size / wanted.posts * 1000:.0f} kB each")
        for name in ("first", "again"):
            seconds, memory, report = imported(folder, "mot-mach", wanted.jobs)
            print(f"{name}: {seconds:.1f} s, {wanted.posts / seconds:,.0f} posts/s, "
                  f"{memory:,.0f} MB, {json.dumps(report)}")  # fmt: skip
        if wanted.kills:
            kill(folder, wanted.kills, seconds_of_one=seconds * 3, jobs=wanted.jobs)
            imported(folder, "bi-ngat", wanted.jobs)
            same = tree(folder / "mot-mach") == tree(folder / "bi-ngat")
            print(f"killed {wanted.kills} times: {'the same files' if same else 'OTHER FILES'}")
            return not same
    return 0


def command(folder: Path, target: str, jobs: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, str(ROOT / "danvan_site"), "import", "wordpress", "export.xml", "--to",
         target, "--jobs", str(jobs), "--report", f"{target}.html"],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "PATH": "", "LC_ALL": "C.UTF-8"},
        stdout=subprocess.DEVNULL,
    )  # fmt: skip


def imported(folder: Path, target: str, jobs: int) -> tuple[float, float, dict[str, int]]:
    """Import; return the seconds, the highest memory in MB, and the counts of the report."""
    start = time.perf_counter()
    process = command(folder, target, jobs)
    highest = 0.0
    while process.poll() is None:
        highest = max(highest, sum(map(held, family(process.pid))))
        time.sleep(0.1)
    seconds = time.perf_counter() - start
    with (folder / f"{target}.json").open(encoding="utf-8") as file:
        found = json.load(file)
    counts = {name: found[name] for name in ("written", "before", "skipped", "failed", "held")}
    return seconds, highest, counts


def kill(folder: Path, times: int, seconds_of_one: float, jobs: int) -> None:
    """Begin an import again and again, and kill it after a random time."""
    chance = random.Random(34)
    for _ in range(times):
        process = command(folder, "bi-ngat", jobs)
        try:
            process.wait(chance.uniform(0.5, seconds_of_one))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()


def tree(folder: Path) -> dict[str, str]:
    """Return the digest of each file, but for the order of the ledger's lines and its lock."""
    found = {}
    for path in folder.rglob("*"):
        if path.is_file() and path.name != ".imported.lock":
            data = path.read_bytes()
            if path.name == "imported.tsv":
                data = b"\n".join(sorted(data.split(b"\n")))
            found[str(path.relative_to(folder))] = hashlib.sha256(data).hexdigest()
    return found


def family(process: int) -> Iterator[int]:
    yield process
    try:
        for task in os.listdir(f"/proc/{process}/task"):
            children = Path(f"/proc/{process}/task/{task}/children").read_text("ascii")
            for child in children.split():
                yield from family(int(child))
    except OSError:
        return


def held(process: int) -> float:
    """Return what a process holds, in MB; what it shares counts in equal parts."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text("ascii").splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1000


# ---- the export


def make_export(path: Path, posts: int) -> None:
    """Write an export; the same for the same number."""
    chance = random.Random(7)
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(_HEAD)
        for number in range(12):
            names = element("wp:author_login", f"nguoi{number}")
            names += element("wp:author_display_name", f"Tác Giả {number}")
            file.write(f"<wp:author>{names}</wp:author>\n")
        for number in range(posts):
            file.write(post(chance, number, posts))
            file.write(attachment(number))
        file.write("</channel></rss>\n")


def element(name: str, text: object) -> str:
    return f"<{name}><![CDATA[{text}]]></{name}>"


def field(name: str, value: object) -> str:
    inner = element("wp:meta_key", name) + element("wp:meta_value", value)
    return f"<wp:postmeta>{inner}</wp:postmeta>\n"


def day_of(number: int) -> str:
    return f"{2005 + number // 1700 % 20:04d}-{number % 12 + 1:02d}-{number % 28 + 1:02d}"


def sentence(chance: random.Random) -> str:
    words = " ".join(chance.choices(_WORDS.split(), k=chance.randrange(8, 30)))
    return f"{words[0].upper()}{words[1:]}."


def paragraph(chance: random.Random, posts: int, with_blocks: bool) -> str:
    text = " ".join(sentence(chance) for _ in range(4))
    kind = chance.randrange(8)
    if kind == 0:
        text = f'<span style="font-family: Times New Roman; font-size: 14pt;">{text}</span>'
    elif kind == 1:
        text += f' Xem <a href="{HOST}/?p={2 * chance.randrange(posts) + 1}">tin trước</a>.'
    elif kind == 2:
        text = f"<strong>{text}</strong>"
    if not with_blocks:
        return f"{text}\n\n"
    opening = '<!-- wp:paragraph {"align":"justify"} -->\n<p class="has-text-align-justify">'
    return f"{opening}{text}</p>\n<!-- /wp:paragraph -->\n\n"


def body_of(chance: random.Random, number: int, posts: int) -> str:
    with_blocks = number % 2 == 0
    address = f"{HOST}/wp-content/uploads/{day_of(number)[:4]}/{number}-300x200.jpg"
    picture = f'<img class="wp-image-{2 * number + 2}" src="{address}" alt="Bà con họp bàn" />'
    text = "".join(paragraph(chance, posts, with_blocks) for _ in range(12))
    if not with_blocks:
        return f'{text}[caption id="a" width="300"]{picture} Bà con họp[/caption]'
    figure = f"<figure>{picture}<figcaption>Bà con họp</figcaption></figure>"
    return f"{text}<!-- wp:image -->\n{figure}\n<!-- /wp:image -->"


def comment(chance: random.Random, number: int, day: str) -> str:
    values = {
        "id": number, "author": "Bạn đọc", "author_email": "a@example.vn", "parent": 0,
        "date_gmt": f"{day} 05:00:00", "content": sentence(chance), "approved": number % 2,
    }  # fmt: skip
    inner = "".join(element(f"wp:comment_{name}", value) for name, value in values.items())
    return f"<wp:comment>{inner}</wp:comment>\n"


def post(chance: random.Random, number: int, posts: int) -> str:
    day = day_of(number)
    values = {
        "title": f"{sentence(chance)[:80]} {number}",
        "link": f"{HOST}/{day.replace('-', '/')}/tin-{number}/",
        "dc:creator": f"nguoi{number % 12}",
        "guid": f"{HOST}/?p={2 * number + 1}",
        "content:encoded": body_of(chance, number, posts),
        "excerpt:encoded": sentence(chance),
        "wp:post_id": 2 * number + 1,
        "wp:post_date": f"{day} 08:00:00",
        "wp:post_date_gmt": f"{day} 01:00:00",
        "wp:post_name": f"tin-{number}",
        "wp:status": "publish",
        "wp:post_type": "post",
    }
    terms = f'<category domain="category" nicename="c">Mục {number % 9}</category>'
    terms += f'<category domain="post_tag" nicename="t">nhãn {number % 300}</category>\n'
    fields = field("views", chance.randrange(5000)) + field("_thumbnail_id", 2 * number + 2)
    fields += field("_elementor_data", _PLUGIN * 6)
    fields += "".join(field(f"_seo_{n}", sentence(chance)) for n in range(12))
    talk = "".join(comment(chance, number * 3 + n, day) for n in range(number % 3))
    inner = "".join(element(name, value) for name, value in values.items())
    return f"<item>{inner}{terms}{fields}{talk}</item>\n"


def attachment(number: int) -> str:
    address = f"{HOST}/wp-content/uploads/{day_of(number)[:4]}/{number}.jpg"
    values = {
        "title": number,
        "link": f"{HOST}/{number}-jpg/",
        "guid": address,
        "wp:post_id": 2 * number + 2,
        "wp:post_parent": 2 * number + 1,
        "wp:status": "inherit",
        "wp:post_type": "attachment",
        "wp:attachment_url": address,
    }
    inner = "".join(element(name, value) for name, value in values.items())
    return f"<item>{inner}{field('_wp_attachment_image_alt', 'Bà con họp bàn việc')}</item>\n"


if __name__ == "__main__":
    sys.exit(main())
