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
_WORDS = ["bà", "con", "họp", "tổ", "dân", "phố", "bàn", "việc", "làm", "đường", "hiến", "đất", "cán", "bộ", "xã", "huyện", "tỉnh", "đoàn", "thể", "mặt", "trận", "hội", "phụ", "nữ", "nông", "dân", "thanh", "niên", "góp", "ý", "dân", "chủ", "quy", "chế", "cơ", "sở", "vận", "động", "khéo", "mô", "hình", "sáng", "đẹp", "trường", "học", "trạm", "y", "tế", "nhà", "văn", "hóa", "thôn", "bản", "chợ", "cầu", "phao", "kênh", "mương", "lúa", "ngô", "vườn", "cây", "ao", "cá", "đồng", "ruộng", "nước", "sạch", "vệ", "sinh", "môi", "trường", "an", "ninh", "trật", "tự", "hòa", "giải", "đối", "thoại", "tiếp", "dân", "đơn", "thư", "giải", "quyết"]
_HEAD = f"""<?xml version="1.0" encoding="UTF-8" ?>
<rss version="2.0" xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/"
 xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:wp="http://wordpress.org/export/1.2/">
<channel><title>Cổng</title><link>{HOST}</link><pubDate>Fri, 02 Jan 2026 03:00:00 +0000</pubDate>
<wp:wxr_version>1.2</wp:wxr_version><wp:base_site_url>{HOST}</wp:base_site_url>
<wp:base_blog_url>{HOST}</wp:base_blog_url>
"""
_PLUGIN = json.dumps([{"id": f"{n:07x}", "elType": "section", "settings": {"padding": n}} for n in range(40)])


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
            file.write(f"<wp:author><wp:author_login>nguoi{number}</wp:author_login>"
                       f"<wp:author_display_name>Tác Giả {number}</wp:author_display_name>"
                       "</wp:author>\n")  # fmt: skip
        for number in range(posts):
            file.write(post(chance, number, posts))
            file.write(attachment(number))
        file.write("</channel></rss>\n")


def day_of(number: int) -> str:
    return f"{2005 + number * 20 // 34_000:04d}-{number % 12 + 1:02d}-{number % 28 + 1:02d}"


def sentence(chance: random.Random) -> str:
    words = " ".join(chance.choices(_WORDS, k=chance.randrange(8, 30)))
    return f"{words[0].upper()}{words[1:]}."


def paragraph(chance: random.Random, number: int, posts: int, with_blocks: bool) -> str:
    text = " ".join(sentence(chance) for _ in range(4))
    kind = chance.randrange(8)
    if kind == 0:
        text = f'<span style="font-family: Times New Roman; font-size: 14pt;">{text}</span>'
    elif kind == 1:
        other = chance.randrange(posts)
        text += f' Xem <a href="{HOST}/?p={2 * other + 1}">tin trước</a>.'
    elif kind == 2:
        text = f"<strong>{text}</strong>"
    if not with_blocks:
        return f"{text}\n\n"
    return f'<!-- wp:paragraph {{"align":"justify"}} -->\n<p class="has-text-align-justify">{text}</p>\n<!-- /wp:paragraph -->\n\n'


def post(chance: random.Random, number: int, posts: int) -> str:
    with_blocks = number % 2 == 0
    day = day_of(number)
    body = "".join(paragraph(chance, number, posts, with_blocks) for _ in range(12))
    picture = f'<img class="wp-image-{2 * number + 2}" src="{HOST}/wp-content/uploads/{day[:4]}/{number}-300x200.jpg" alt="Bà con họp bàn" />'
    if with_blocks:
        body += f"<!-- wp:image -->\n<figure>{picture}<figcaption>Bà con họp</figcaption></figure>\n<!-- /wp:image -->"
    else:
        body += f'[caption id="a" width="300"]{picture} Bà con họp[/caption]'
    fields = [("views", str(chance.randrange(5000))), ("_thumbnail_id", str(2 * number + 2))]
    fields += [("_elementor_data", _PLUGIN * 4)] + [(f"_seo_{n}", sentence(chance)) for n in range(12)]
    meta = "".join(f"<wp:postmeta><wp:meta_key>{name}</wp:meta_key><wp:meta_value><![CDATA[{value}]]>"
                   "</wp:meta_value></wp:postmeta>\n" for name, value in fields)  # fmt: skip
    talk = "".join(
        f"<wp:comment><wp:comment_id>{number * 3 + n}</wp:comment_id><wp:comment_author>Bạn đọc {n}"
        f"</wp:comment_author><wp:comment_author_email>a@example.vn</wp:comment_author_email>"
        f"<wp:comment_date_gmt>{day} 05:00:00</wp:comment_date_gmt><wp:comment_content><![CDATA["
        f"{sentence(chance)}]]></wp:comment_content><wp:comment_approved>{n % 2}</wp:comment_approved>"
        "<wp:comment_parent>0</wp:comment_parent></wp:comment>\n"
        for n in range(number % 3)
    )
    title = sentence(chance)[:80]
    return (
        f"<item><title>{title} {number}</title><link>{HOST}/{day.replace('-', '/')}/tin-{number}/</link>"
        f"<dc:creator>nguoi{number % 12}</dc:creator><guid>{HOST}/?p={2 * number + 1}</guid>"
        f"<content:encoded><![CDATA[{body}]]></content:encoded><excerpt:encoded><![CDATA["
        f"{sentence(chance)}]]></excerpt:encoded><wp:post_id>{2 * number + 1}</wp:post_id>"
        f"<wp:post_date>{day} 08:00:00</wp:post_date><wp:post_date_gmt>{day} 01:00:00</wp:post_date_gmt>"
        f"<wp:post_name>tin-{number}</wp:post_name><wp:status>publish</wp:status>"
        f"<wp:post_type>post</wp:post_type><category domain=\"category\" nicename=\"c{number % 9}\">"
        f"<![CDATA[Mục {number % 9}]]></category><category domain=\"post_tag\" nicename=\"t\">"
        f"<![CDATA[nhãn {number % 300}]]></category>\n{meta}{talk}</item>\n"
    )  # fmt: skip


def attachment(number: int) -> str:
    day = day_of(number)
    address = f"{HOST}/wp-content/uploads/{day[:4]}/{number}.jpg"
    return (
        f"<item><title>{number}</title><link>{HOST}/{number}-jpg/</link><guid>{address}</guid>"
        f"<wp:post_id>{2 * number + 2}</wp:post_id><wp:post_parent>{2 * number + 1}</wp:post_parent>"
        f"<wp:status>inherit</wp:status><wp:post_type>attachment</wp:post_type>"
        f"<wp:attachment_url>{address}</wp:attachment_url><wp:postmeta><wp:meta_key>"
        "_wp_attachment_image_alt</wp:meta_key><wp:meta_value>Bà con họp bàn việc làm đường"
        "</wp:meta_value></wp:postmeta></item>\n"
    )


if __name__ == "__main__":
    sys.exit(main())
