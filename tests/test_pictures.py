"""Pictures: what cameras and people put beside a bulletin, and what readers get of it."""

from __future__ import annotations

import io
import json
import struct
import unicodedata
import zlib
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import pytest
from PIL import Image, ImageCms, ImageDraw

from danvan_site.pictures import share
from tests.made_sites import LONG_TITLE
from tests.sites import (
    BASE_URL,
    ROOT,
    Document,
    Output,
    Window,
    resolve,
    run_build,
    words,
    write_site,
)
from tests.workbench import Workbench

RED, BLUE, GREEN = (200, 30, 30), (30, 30, 200), (30, 160, 30)


def scene(width: int, height: int, mode: str = "RGB") -> Image.Image:
    """Draw a picture whose left half is red, whose right half is blue, with a green line on top."""
    image = Image.new("RGB", (width, height), RED)
    pen = ImageDraw.Draw(image)
    pen.rectangle((width // 2, 0, width, height), BLUE)
    pen.rectangle((0, 0, width, height // 5), GREEN)
    return image.convert(mode)


def saved(image: Image.Image, kind: str, **more: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **more)
    return file.getvalue()


def with_secrets() -> Image.Exif:
    """Return what a telephone writes into a picture: who made it, where, which way it was held."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = "MAYANH", 6
    place = exif.get_ifd(0x8825)
    place[1], place[2], place[3], place[4] = "N", (21.0, 18.0, 30.0), "E", (105.0, 23.0, 45.0)
    return exif


@cache
def photo() -> bytes:
    """Return a JPEG as it comes from a telephone held upright, with everything that it tells."""
    lying = scene(1200, 1800).transpose(Image.Transpose.ROTATE_90)
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return saved(
        lying, "JPEG", exif=with_secrets(), icc_profile=profile, comment=b"GHICHU",
        xmp=b"<x:xmpmeta>VITRI</x:xmpmeta>",
    )  # fmt: skip


def is_near(pixel: object, colour: tuple[int, int, int]) -> bool:
    assert isinstance(pixel, tuple)
    return all(abs(a - b) < 40 for a, b in zip(pixel[:3], colour, strict=True))


def looks_right(image: Image.Image) -> bool:
    """Tell whether a picture is the scene, the right way up."""
    rgb = image.convert("RGB")
    width, height = rgb.size
    low = height * 4 // 5
    places = ((width // 4, low), (width * 3 // 4, low), (width // 2, height // 20))
    left, right, top = (rgb.getpixel(at) for at in places)
    return is_near(left, RED) and is_near(right, BLUE) and is_near(top, GREEN)


def candidates(page: Document) -> dict[str, int]:
    """Return the WebP files that a page offers, with the widths that it says they have."""
    found: dict[str, int] = {}
    for source in page.all("source"):
        for each in source.get("srcset", "").split(","):
            address, width = each.split()
            found[resolve(page.path, address)] = int(width.removesuffix("w"))
    return found


def bulletin(lead: str = "", body: str = "", title: str = "Tin", day: int = 16) -> str:
    image = f"image: {{src: {lead}, alt: Đỏ bên trái và xanh bên phải}}\n" if lead else ""
    return f"---\ntitle: {title}\ndate: 2020-07-{day:02d}\n{image}---\n{body}\n"


SETTINGS = f"title: Bản tin\nbase_url: {BASE_URL}\n"


# What comes in


def moving(kind: str) -> bytes:
    frames = [scene(700, 420), scene(700, 420).point(lambda value: value * 9 // 10)] * 3
    return saved(frames[0], kind, save_all=True, append_images=frames[1:], duration=80, loop=0)


def glassy(width: int, height: int) -> Image.Image:
    """Return a picture through whose lower right corner the page is seen."""
    image = scene(width, height, "RGBA")
    image.putalpha(Image.new("L", image.size, 255))
    image.paste((0, 0, 0, 0), (width - 9, height - 9, width, height))
    return image


def deep(width: int, height: int) -> bytes:
    """Return a grey PNG of 16 bits: dark on the left, light on the right."""
    row = (
        b"\0" + struct.pack(">H", 0x2000) * (width // 2) + struct.pack(">H", 0xE000) * (width // 2)
    )
    head = struct.pack(">IIBBBBB", width, height, 16, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in ((b"IHDR", head), (b"IDAT", zlib.compress(row * height)), (b"IEND", b""))
    )


def pictures() -> Mapping[str, bytes]:
    return {
        "dien-thoai.jpg": photo(),
        "a.png": saved(scene(1000, 600), "PNG"),
        "b.webp": saved(scene(1000, 600), "WEBP"),
        "c.avif": saved(scene(1000, 600), "AVIF"),
        "d.gif": saved(scene(1000, 600), "GIF"),
        "e.bmp": saved(scene(1000, 600), "BMP"),
        "g.tiff": saved(scene(1000, 600), "TIFF"),
        "cmyk.jpg": saved(scene(1000, 600, "CMYK"), "JPEG", quality=95),
        "bang-mau.png": saved(scene(1000, 600).quantize(16), "PNG"),
        "thuc-ra-la-png.JPG": saved(scene(1000, 600), "PNG"),
        "trong-suot.png": saved(glassy(1000, 600), "PNG"),
        "dong.gif": moving("GIF"),
        "dong.webp": moving("WEBP"),
        "cao.png": saved(scene(300, 17_000), "PNG"),
        "Đồi chè 16 bit.png": deep(400, 200),
        "mot-diem.png": saved(Image.new("RGB", (1, 1), RED), "PNG"),
    }


@pytest.fixture(scope="module")
def album(tmp_path_factory: pytest.TempPathFactory) -> Output:
    """Build a site with a bulletin for each picture, which shows it above its text and in it."""
    folder = tmp_path_factory.mktemp("album")
    files: dict[str, str | bytes] = {}
    for number, (name, data) in enumerate(pictures().items()):
        files[f"2020/07/{name}"] = data
        body = f'![Đỏ & xanh "hai bên"](<{name}> "Tên ảnh")'
        files[f"2020/07/tin-{number}.md"] = bulletin(name, body, name, number + 1)
    write_site(folder, SETTINGS, files)
    return run_build(folder / "public", folder / "cache", site=folder)


def page_of(album: Output, name: str) -> Document:
    return album[f"2020/07/tin-{list(pictures()).index(name)}.html"]


def opened(album: Output, path: str) -> Image.Image:
    return Image.open(io.BytesIO((album.folder / path).read_bytes()))


@pytest.mark.parametrize("name", pictures())
def test_every_kind_of_picture_comes_in_widths_that_are_what_they_say(
    album: Output, name: str
) -> None:
    page = page_of(album, name)
    found = candidates(page)
    before = Image.open(io.BytesIO(pictures()[name])).size
    width = 1200 if name == "dien-thoai.jpg" else before[0]
    assert max(found.values()) == min(width, 1600) or name == "cao.png"
    for path, said in found.items():
        with opened(album, path) as image:
            assert (image.format, image.width) == ("WEBP", said)
            assert name in ("mot-diem.png", "Đồi chè 16 bit.png") or looks_right(image)
    for shown in [*page.one("figure").iter("img"), *page.one("div", "prose").iter("img")]:
        fallback = opened(album, resolve(page.path, shown.get("src", "")))
        assert fallback.format == ("PNG" if name == "trong-suot.png" else "JPEG")
        size = int(shown.get("width", "")), int(shown.get("height", ""))
        assert size[0] == max(found.values())
        assert abs(size[0] / size[1] - fallback.width / fallback.height) < 0.02
    (lead,), (inside,) = (
        list(each.iter("img")) for each in (page.one("figure"), page.one("div", "prose"))
    )
    assert (lead.get("loading"), lead.get("fetchpriority")) == (None, "high")
    assert (inside.get("loading"), inside.get("title")) == ("lazy", "Tên ảnh")
    assert inside.get("alt") == 'Đỏ & xanh "hai bên"'


def test_colours_depth_transparency_and_movement_stay(album: Output) -> None:
    def widest(name: str) -> Image.Image:
        found = candidates(page_of(album, name))
        return opened(album, max(found, key=lambda path: found[path]))

    glass = widest("trong-suot.png")
    assert glass.getpixel((997, 597))[3] == 0 and glass.getpixel((5, 597))[3] == 255
    grey = widest("Đồi chè 16 bit.png").convert("L")
    assert abs(grey.getpixel((100, 100)) - 0x20) < 4 and abs(grey.getpixel((300, 100)) - 0xE0) < 4
    for name in ("dong.gif", "dong.webp"):
        assert getattr(widest(name), "n_frames", 1) == 6
        still = [path for path in album.files if path.startswith("tep/dong-") and "still" in path]
        assert still and all(getattr(opened(album, each), "n_frames", 1) == 1 for each in still)
    # A card in a list does not move.
    listed = candidates(album["2020/07/index.html"])
    assert not [path for path in listed if "/dong-" in path and "still" not in path]


def test_nothing_published_tells_where_a_picture_was_taken(album: Output, demo: Output) -> None:
    for site in (album, demo):
        for path in site.files:
            data = (site.folder / path).read_bytes()
            if path.endswith((".jpg", ".png", ".webp")):
                assert not [
                    each for each in (b"Exif", b"EXIF", b"ICC", b"xmp", b"XML") if each in data
                ]
                assert not opened(site, path).getexif()
            assert b"MAYANH" not in data and b"GHICHU" not in data and b"VITRI" not in data, path
    source = ROOT / "content/2026/02/anh/phien-cho-khong-dong.jpg"
    exif = Image.open(io.BytesIO(source.read_bytes())).getexif()
    assert exif.get_ifd(0x8825), "the demo has a position to remove"
    assert all(path.isascii() and " " not in path for path in album.files)
    assert not [path for path in album.files if path.endswith((".avif", ".tiff", ".bmp", ".gif"))]


def test_those_who_pass_a_bulletin_on_are_shown_a_picture_they_can_read(album: Output) -> None:
    page = page_of(album, "dien-thoai.jpg")
    (address,) = page.meta("og:image")
    image = opened(album, address.removeprefix(BASE_URL))
    assert (image.format, image.size) == ("JPEG", (1200, 1800))
    size = [page.meta(f"og:image:{each}")[0] for each in ("width", "height", "type", "alt")]
    assert size == ["1200", "1800", "image/jpeg", "Đỏ bên trái và xanh bên phải"]
    assert page.meta("twitter:card") == ["summary_large_image"]
    feed = json.loads(album.text("feed.json"))
    assert address in [item.get("image") for item in feed["items"]]
    assert f'"image": "{address}"' in page.source


# What cannot be shown


def bomb() -> bytes:
    """Return a small file that says it is a picture of 30,000 × 30,000 pixels."""
    data = bytearray(saved(Image.new("1", (8, 8)), "PNG"))
    data[16:24] = struct.pack(">II", 30_000, 30_000)
    data[29:33] = struct.pack(">I", zlib.crc32(bytes(data[12:29])))
    return bytes(data)


def test_what_is_no_picture_is_a_problem_with_its_place(tmp_path: Path) -> None:
    site = Workbench(tmp_path)
    broken = {
        "cat-cut.jpg": photo()[:20_000],
        "bom.png": bomb(),
        "bom-9000.png": saved(Image.new("1", (9_000, 9_000)), "PNG"),
        "khong-phai.png": b"%PDF-1.4 khong phai anh",
        "rong.webp": b"",
    }
    site.write("content/2020/07/tot.md", bulletin("tot.png"))
    (tmp_path / "content/2020/07/tot.png").write_bytes(saved(scene(20, 20), "PNG"))
    for number, (name, data) in enumerate(broken.items()):
        (tmp_path / "content/2020/07" / name).write_bytes(data)
        if number % 2:
            site.write(f"content/2020/07/tin-{number}.md", bulletin(name))
        else:
            site.write(f"content/2020/07/tin-{number}.md", bulletin("", f"![Một con đò]({name})"))
    outcome = site.run("build", "--json", "--jobs", "2")
    assert outcome.code == 1 and "Traceback" not in outcome.stderr
    assert outcome.problems == [
        "content/2020/07/tin-0.md:5:15 picture-broken",
        "content/2020/07/tin-1.md:4:14 picture-too-large",
        "content/2020/07/tin-2.md:5:15 picture-too-large",
        "content/2020/07/tin-3.md:4:14 picture-broken",
        "content/2020/07/tin-4.md:5:15 picture-broken",
    ]
    assert not site.output.exists() or not list(site.output.glob("*.html"))


def test_the_name_of_a_file_is_no_description(tmp_path: Path) -> None:
    site = Workbench(tmp_path)
    (tmp_path / "content/IMG_2034.png").write_bytes(saved(scene(20, 20), "PNG"))
    for number, alt in enumerate(("IMG_2034.png", "img_2034", "anh1", "DSC 0012", "20200716_0830")):
        site.bulletin(f"a{number}.md", image={"src": "IMG_2034.png", "alt": alt})
        site.bulletin(f"b{number}.md", f"![{alt}](IMG_2034.png)\n")
    for number, alt in enumerate(("Ảnh 1: lễ ra mắt", "Năm 2020", "Hội trường")):
        site.bulletin(f"c{number}.md", f"![{alt}](IMG_2034.png)\n")
    outcome = site.run("build", "--json")
    codes = {problem.split(" ")[1] for problem in outcome.problems}
    assert codes == {"image-alt-is-file-name"} and len(outcome.problems) == 10
    assert not [each for each in outcome.problems if "/c" in each]


# Once in its life


def test_a_picture_is_made_once_in_its_life(tmp_path: Path) -> None:
    site = Workbench(tmp_path)
    content = tmp_path / "content"
    (content / "mot.jpg").write_bytes(photo())
    (content / "hai.png").write_bytes(saved(glassy(500, 300), "PNG"))
    site.write("content/tin.md", bulletin("mot.jpg", "![Hai nửa](hai.png)"))
    assert site.build().report["pictures"] == 2
    first = site.tree()
    kept = site.tree(tmp_path / ".cache/pictures")
    # Nothing changed; the bulletin did; the state is lost; elsewhere; under another name.
    assert site.build().report["pictures"] == 0
    site.write("content/tin.md", bulletin("mot.jpg", "Chữ mới. ![Hai nửa](hai.png)"))
    again = site.build()
    assert again.report["pictures"] == 0 and not [p for p in again.rendered if p.endswith(".webp")]
    site.write("content/tin.md", bulletin("mot.jpg", "![Hai nửa](hai.png)"))
    assert site.build("--clean").report["pictures"] == 0
    assert site.tree() == first
    assert site.build("--output", str(tmp_path / "khac")).report["pictures"] == 0
    assert site.tree(tmp_path / "khac") == first
    (content / "mot.jpg").rename(content / "ba.jpg")
    site.write("content/tin.md", bulletin("ba.jpg", "![Hai nửa](hai.png)"))
    assert site.build().report["pictures"] == 0
    assert site.tree(tmp_path / ".cache/pictures") == kept
    # Another quality is another recipe, under other addresses.
    before = {path for path in site.tree() if path.endswith(".webp")}
    site.write("site.yaml", f"{SETTINGS}pictures:\n  quality: 40\n")
    assert site.build().report["pictures"] == 2
    assert before.isdisjoint(site.tree())


def test_what_is_damaged_in_the_cache_is_made_again_with_the_same_bytes(tmp_path: Path) -> None:
    site = Workbench(tmp_path)
    (tmp_path / "content/mot.jpg").write_bytes(photo())
    site.write("content/tin.md", bulletin("mot.jpg"))
    site.build()
    first = site.tree()
    cache = tmp_path / ".cache/pictures"
    whole = site.tree(cache)

    def cut(file: Path, data: bytes) -> None:
        file.write_bytes(data[: len(data) // 2])

    def flip(file: Path, data: bytes) -> None:
        file.write_bytes(data[:-9] + bytes([data[-9] ^ 1]) + data[-8:])

    def scratch(file: Path, data: bytes) -> None:
        file.write_bytes(b"x" + data[1:])

    def lose(file: Path, data: bytes) -> None:
        file.unlink()

    for harm in (cut, flip, scratch, lose):
        for file in cache.iterdir():
            harm(file, file.read_bytes())
        for file in (site.output / "tep").iterdir():
            file.unlink()
        site.build()
        assert site.tree() == first, harm.__name__
        assert site.tree(cache) == whole or harm is flip
    for file in cache.iterdir():
        lose(file, b"")
    site.build("--clean", "--jobs", "1")
    assert site.tree() == first and site.tree(cache) == whole


def test_originals_are_published_where_the_settings_say_so(tmp_path: Path) -> None:
    site = Workbench(tmp_path)
    (tmp_path / "content/mot.jpg").write_bytes(photo())
    site.write("content/tin.md", bulletin("mot.jpg", "Xem [ảnh lớn](hai.png)."))
    (tmp_path / "content/hai.png").write_bytes(saved(scene(30, 30), "PNG"))
    site.write("site.yaml", f"{SETTINGS}pictures: {{originals: true}}\n")
    site.build()
    page = Document("2020/07/tin.html", site.page("2020/07/tin.html"))
    (link,) = page.one("figure").iter("a")
    assert words(link).startswith("Ảnh gốc (JPEG, ")
    file = site.output / resolve(page.path, link.get("href", ""))
    assert file.read_bytes() == photo()
    # What a text leads to is a download: it is published as it is, whatever the settings say.
    site.write("site.yaml", SETTINGS)
    site.build()
    assert not file.exists()
    assert [each for each in site.tree() if each.startswith("tep/hai-") and each.endswith(".png")]


def test_a_drawing_says_how_large_it_is(tmp_path: Path) -> None:
    site = Workbench(tmp_path)
    drawings = {
        'viewBox="0 0 200 50"': ("1600", "400"),
        'width="120" height="2in" viewBox="0 0 1 1"': ("120", "192"),
        'width="300px" viewBox="0 0 30 10"': ("300", "100"),
        'width="100%" height="100%"': (None, None),
    }
    for number, attributes in enumerate(drawings):
        drawing = f'<svg xmlns="http://www.w3.org/2000/svg" {attributes}></svg>'
        site.write(f"content/ve-{number}.svg", drawing)
        site.write(f"content/tin-{number}.md", bulletin(f"ve-{number}.svg"))
    site.build()
    for number, size in enumerate(drawings.values()):
        page = Document("", site.page(f"2020/07/tin-{number}.html"))
        (image,) = page.one("figure").iter("img")
        assert (image.get("width"), image.get("height")) == size


# For those who pass a bulletin on


def ink(data: bytes, top: int, bottom: int) -> Image.Image:
    """Return where between two lines of a share picture something dark stands."""
    image = Image.open(io.BytesIO(data)).convert("L").crop((0, top, 1200, bottom))
    return image.point(lambda value: 255 if value < 128 else 0)


def drawn(title: str) -> bytes:
    colours = "#fbf7ef #261b17 #8f1d14 #fff6e8"
    return share.draw(share.Card("Bản tin Dân vận", title, "Ban Dân vận · 16/07/2020", colours))


def test_a_title_stands_on_its_picture_with_all_its_marks() -> None:
    data = drawn("ỄNH ƯƠNG Ế Ộ, ộ ừ Đ đ")
    image = Image.open(io.BytesIO(data))
    assert (image.format, image.size) == ("PNG", (1200, 630)) and len(data) < 40_000
    box = ink(data, 170, 515).getbbox()
    assert box and box[2] - box[0] > 400
    # Marks are not cut off: above the highest and below the lowest one there is paper.
    assert box[1] > 0 and box[3] < 345
    plain = ink(drawn("ENH UONG E O, o u D d"), 170, 515).getbbox()
    assert plain and box[1] < plain[1] - 10 and box[3] > plain[3]


def test_letters_are_letters_and_no_boxes() -> None:
    vowels = "aăâeêioôơuưyAĂÂEÊIOÔƠUƯY"
    marks = ("", "\u0300", "\u0309", "\u0303", "\u0301", "\u0323")
    letters = [unicodedata.normalize("NFC", v + m) for v in vowels for m in marks] + list("đĐ“”–…·")
    shapes = {letter: ink(drawn(f"{letter}i"), 170, 515).tobytes() for letter in letters}
    assert len(set(shapes.values())) == len(letters), "two letters look the same"
    # What the font does not have is left out, and never a box.
    assert drawn("Tin \U0001f33e \u4e2d mới") == drawn("Tin mới")
    assert drawn("Y Ƀăng Niê, ŏ ƀ") != drawn("Y Băng Niê, o b")


def test_a_long_title_keeps_inside_its_place() -> None:
    for title in (LONG_TITLE, "Kéo" * 60, "Một hai ba bốn năm " * 40):
        data = drawn(title)
        box = ink(data, 170, 515).getbbox()
        assert box and box[0] >= 75 and box[2] <= 1125 and box[1] > 0 and box[3] < 345
        assert ink(data, 541, 600).getbbox(), "the foot stays"


def test_the_newest_without_a_picture_have_one_of_their_own(tmp_path: Path) -> None:
    site = Workbench(tmp_path)
    for day in range(1, 8):
        site.bulletin(f"tin-{day}.md", date=f"2020-07-{day:02d}")
    (tmp_path / "content/a.png").write_bytes(saved(scene(30, 30), "PNG"))
    site.bulletin("anh.md", date="2020-07-09", image={"src": "a.png", "alt": "Hai nửa"})
    site.write("site.yaml", f"{SETTINGS}pictures: {{share: 3}}\n")
    site.build()

    def shared(name: str) -> str:
        return Document("", site.page(f"2020/07/{name}.html")).meta("og:image")[0]

    common = Document("", site.page("index.html")).meta("og:image")[0]
    own = [day for day in range(1, 8) if shared(f"tin-{day}") != common]
    assert own == [5, 6, 7] and shared("anh").endswith("-30.jpg")
    for address in (common, shared("tin-7")):
        file = site.output / address.removeprefix(BASE_URL)
        assert Image.open(io.BytesIO(file.read_bytes())).size == (1200, 630)
    kept = {file: file.stat().st_mtime_ns for file in (tmp_path / ".cache/pictures").iterdir()}
    site.bulletin("tin-8.md", date="2020-07-08")
    pages = {path for path in site.build().rendered_pages if path.startswith("tep/")}
    assert len(pages) == 1 and shared("tin-5") == common != shared("tin-8")
    # Each is drawn once.
    site.build("--clean")
    now = {file: file.stat().st_mtime_ns for file in (tmp_path / ".cache/pictures").iterdir()}
    assert len(now) == len(kept) + 1 and {file: now[file] for file in kept} == kept
    site.write("site.yaml", f"{SETTINGS}pictures: {{share: 0}}\n")
    site.build()
    assert "og:image" not in site.page("2020/07/tin-8.html")


# In a browser

_SHIFTS = """new Promise(done => {
  let sum = 0;
  new PerformanceObserver(list => list.getEntries().forEach(each => { sum += each.value; }))
    .observe({type: 'layout-shift', buffered: true});
  setTimeout(() => done(sum), 300);
})"""
_SEEN = (
    "[...document.images].map(image => [image.currentSrc, image.complete && image.naturalWidth])"
)


@pytest.mark.browser
@pytest.mark.parametrize(
    ("width", "ratio", "expected"), [(360, 2, 720), (360, 1, 480), (1280, 1, 1200), (1280, 2, 1200)]
)
def test_a_browser_takes_the_width_it_needs_and_nothing_moves(
    album: Output,
    addresses: Callable[[Output, str], str],
    window: Callable[..., Window],
    width: int,
    ratio: int,
    expected: int,
) -> None:
    page_path = page_of(album, "dien-thoai.jpg").path
    view = window(
        addresses(album, "/"), viewport={"width": width, "height": 800}, device_scale_factor=ratio
    )
    page = view.open(page_path, wait="networkidle")
    page.mouse.wheel(0, 4000)
    page.wait_for_load_state("networkidle")
    assert page.evaluate(_SHIFTS) == 0
    shown = page.evaluate(_SEEN)
    lead = next(address for address, _ in shown if "dien-thoai" in address)
    assert lead.endswith(f"-{expected}.webp")
    assert all(natural for _, natural in shown)
    ratio_shown = page.evaluate(
        "(image => image.width / image.height)(document.querySelector('.prose img'))"
    )
    assert abs(ratio_shown - 2 / 3) < 0.01


@pytest.mark.browser
def test_lists_with_pictures_do_not_move_and_take_small_ones(
    demo: Output, addresses: Callable[[Output, str], str], window: Callable[..., Window]
) -> None:
    view = window(
        addresses(demo, "/"), viewport={"width": 360, "height": 800}, device_scale_factor=2
    )
    for path in ("2026/02/index.html", "index.html"):
        page = view.open(path, wait="networkidle")
        page.mouse.wheel(0, 20_000)
        page.wait_for_load_state("networkidle")
        assert page.evaluate(_SHIFTS) == 0
        small = [each for each, _ in page.evaluate(_SEEN) if "phien-cho" in each]
        assert all(each.endswith("-320.webp") for each in small)
        assert small or path == "index.html"
