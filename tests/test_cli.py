"""The command line as its users meet it: a process, its words, its exit code."""

from __future__ import annotations

import inspect
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import filelock
import pytest
import yaml

from danvan_site import config, scaffold, schema
from danvan_site.errors import ContentError
from tests.exports import export, item
from tests.workbench import Outcome, Workbench, environment

CAPTURES = Path(__file__).parent / "captures"
COMMANDS = ("build", "init", "new", "import", "import capture", "check", "serve", "test")
# What starting must not wait for.
HEAVY = ("jinja2", "yaml", "markdown_it", "nh3", "lunr", "watchdog", "filelock", "sqlite3")


def program(folder: Path, *arguments: str, **more: str) -> Outcome:
    """Run the program in *folder*."""
    command = [sys.executable, "-m", "danvan_site", *arguments]
    done = subprocess.run(
        command, cwd=folder, env=environment(**more), capture_output=True, encoding="utf-8"
    )
    return Outcome(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def bench(tmp_path: Path) -> Workbench:
    """Return a site in Vietnamese with one bulletin."""
    bench = Workbench(tmp_path / "trang")
    bench.write("site.yaml", "title: Bản tin thử\n")
    bench.bulletin("2020/07/mot.md")
    return bench


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder in which `init` has made a site."""
    folder = tmp_path_factory.mktemp("init") / "bản tin"
    outcome = program(folder.parent, "init", folder.name)
    assert outcome.code == 0, outcome.stderr
    return folder


# Help, version, language


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_every_command_has_help_in_both_languages(tmp_path: Path, command: str) -> None:
    vietnamese = program(tmp_path, *command.split(), "--help")
    english = program(tmp_path, *command.split(), "--help", "--language", "en")
    assert (vietnamese.code, english.code) == (0, 0)
    assert vietnamese.stdout.startswith("Cách dùng: build.py")
    assert english.stdout.startswith(f"Usage: build.py {command}".rstrip())
    assert not re.search(r"Usage|Options|Commands|Show|\bOPTIONS\b", vietnamese.stdout)
    for option in re.findall(r"--[a-z-]+", english.stdout):
        assert option in vietnamese.stdout


def test_the_version_is_told(tmp_path: Path) -> None:
    outcome = program(tmp_path, "--version")
    assert (outcome.code, outcome.stderr) == (0, "")
    assert re.fullmatch(r"danvan-site \d+\.\d+\.\d+\n", outcome.stdout)


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["serve", "--help"], ["biuld"]])
def test_starting_does_not_wait_for_libraries(tmp_path: Path, arguments: list[str]) -> None:
    code = (
        "import sys; from danvan_site.cli import main; main(sys.argv[1:]);"
        f"print(sorted(set({HEAVY!r}) & set(sys.modules)))"
    )
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, cwd=tmp_path, env=environment(), capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("settings", "arguments", "expected"),
    [
        ("title: A\n", [], "Cách dùng"),
        ("title: A\nlanguage: en  # English\n", [], "Usage"),
        ("\ufefflanguage: 'en'\ntitle: A\n", [], "Usage"),
        ("title: A\nlanguage: fr\n", [], "Cách dùng"),
        ("title: A\nlanguage: en\n", ["--language", "vi"], "Cách dùng"),
        ("title: A\n", ["--language=en"], "Usage"),
    ],
)
def test_the_language_is_the_options_then_the_settings_then_vietnamese(
    tmp_path: Path, settings: str, arguments: list[str], expected: str
) -> None:
    (tmp_path / "site.yaml").write_text(settings, "utf-8")
    assert program(tmp_path, "check", "--help", *arguments).stdout.startswith(expected)
    assert program(tmp_path, *arguments, "check", "--help").stdout.startswith(expected)


def test_messages_are_utf_8_whatever_the_console(tmp_path: Path) -> None:
    outcome = program(tmp_path, PYTHONUTF8="0", PYTHONIOENCODING="ascii", LC_ALL="C")
    assert outcome.code == 2
    assert "Trang mới thì bắt đầu bằng lệnh init" in outcome.stderr


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["biuld"], "không có lệnh “biuld”. Có phải ý là build?"),
        (["import", "captur", "x"], "không có lệnh “captur”. Có phải ý là capture?"),
        (["--drfts"], "không có tùy chọn --drfts. Có phải ý là --drafts?"),
        (["serve", "--prot", "80"], "Có phải ý là --port?"),
        (["--jobs", "nhiều"], "“nhiều” không phải là số nguyên từ 0 đến 1024"),
        (["--jobs", "-1"], "“-1” không phải là số nguyên"),
        (["serve", "--port", "70000"], "từ 0 đến 65535"),
        (["--jobs"], "tùy chọn --jobs cần một giá trị"),
        (["--json=1"], "tùy chọn --json không nhận giá trị"),
        (["--language", "fr"], "“fr” không phải là một trong: vi, en"),
        (["--language"], "tùy chọn --language cần một giá trị"),
        (["--config", ""], "giá trị của --config không dùng được"),
        (["--drafts", "serve"], "tên lệnh phải đứng trước"),
        (["init"], "thiếu THƯ-MỤC"),
        (["new"], "thiếu TIÊU-ĐỀ"),
        (["new", "Hội", "nghị"], "thừa “nghị”"),
        (["import", "capture"], "thiếu TỆP"),
        (["test"], "build.py test"),
        (["build"], "Trang mới thì bắt đầu bằng lệnh init"),
    ],
)
def test_wrong_usage_is_said_in_vietnamese_and_exits_with_2(
    tmp_path: Path, arguments: list[str], expected: str
) -> None:
    outcome = program(tmp_path, *arguments)
    assert (outcome.code, outcome.stdout) == (2, "")
    assert expected in outcome.stderr
    assert not re.search(r"Error|Usage|No such|Missing|Invalid|Try ", outcome.stderr)


def test_a_group_without_its_command_shows_what_there_is(tmp_path: Path) -> None:
    outcome = program(tmp_path, "import")
    assert outcome.code == 2
    assert "capture" in outcome.stderr


# Building


def test_build_is_the_command_where_none_is_named(bench: Workbench) -> None:
    outcome = bench.run("--drafts", "--jobs", "1", "--language", "en")
    assert outcome.code == 0
    assert "Published to public. Bulletins: 1" in outcome.stdout
    assert bench.run().stdout.startswith("Không có gì thay đổi")


def test_the_summary_says_what_was_built_and_a_second_one_that_nothing_changed(
    bench: Workbench,
) -> None:
    first, second = bench.run(), bench.run("build")
    assert re.search(r"Đã xuất bản vào public: 1 tin, 0 trang riêng, \d+ tệp", first.stdout)
    assert second.stdout.startswith("Không có gì thay đổi: không dựng lại và không ghi tệp nào")
    assert first.stderr == second.stderr == ""
    assert len(second.stdout.splitlines()) == 1


def test_verbose_lists_each_file_with_its_reason(bench: Workbench) -> None:
    assert "dựng lại 2020/07/mot.html  (mới)\n" in bench.run("-v").stdout
    bench.bulletin("2020/07/mot.md", lead="Tóm tắt khác.")
    assert "dựng lại 2020/07/mot.html  (nội dung đổi)\n" in bench.run("--verbose").stdout


def test_json_is_one_report_and_nothing_else(bench: Workbench) -> None:
    outcome = bench.run("--json")
    assert (outcome.code, outcome.stderr) == (0, "")
    report = outcome.report
    assert report["ok"] and report["bulletins"] == 1 and report["problems"] == []
    assert report["rendered"] == report["written"] == report["artifacts"] > 10
    stages = ["discover", "read", "library", "pictures", "plan", "index", "render", "publish"]
    assert list(report["seconds"]) == stages
    assert report["peak_memory"] >= 0
    assert "reasons" not in report
    assert bench.run("--json", "-v").report["reasons"] == {}


def test_json_tells_problems_too(bench: Workbench) -> None:
    bench.bulletin("2020/07/hai.md", athor="Mỹ Lệ")
    outcome = bench.run("--json")
    assert (outcome.code, outcome.stderr) == (1, "")
    assert not outcome.report["ok"]
    assert outcome.problems == ["content/2020/07/hai.md:5:1 unknown-key"]
    assert "author" in outcome.report["problems"][0]["text"]
    wrong = bench.run("--json", "--output", "content")
    assert (wrong.code, wrong.problems) == (2, ["content output-among-sources"])


def test_what_is_left_out_is_listed_with_its_reason(bench: Workbench) -> None:
    bench.bulletin("nhap.md", draft=True)
    bench.bulletin("cho.md", date=None, review=["thiếu ngày đăng", "xem lại ảnh"])
    bench.bulletin("sau.md", date="2199-01-01")
    bench.bulletin("het.md", expires="2020-08-01")
    outcome = bench.run()
    assert outcome.code == 0
    for line in (
        "Bản nháp, chưa đăng: 1\n  content/nhap.md\n",
        "Chờ xem lại, chưa đăng: 1\n  content/cho.md: thiếu ngày đăng; xem lại ảnh\n",
        "Hẹn ngày sau, chưa đăng: 1\n  content/sau.md\n",
        "Hết hạn, không còn đăng: 1\n  content/het.md\n",
    ):
        assert line in outcome.stdout
    assert "4 tin" not in outcome.stdout
    everything = bench.run("--drafts", "--future")
    assert "vào public: 3 tin" in everything.stdout


def test_long_lists_of_what_is_left_out_are_counted(bench: Workbench) -> None:
    for number in range(13):
        bench.bulletin(f"nhap-{number}.md", draft=True)
    outcome = bench.run()
    assert "Bản nháp, chưa đăng: 13" in outcome.stdout
    assert "… và 3 tin nữa" in outcome.stdout


def test_source_date_epoch_is_now(bench: Workbench) -> None:
    before, after = "1594800000", "1595000000"  # 2020-07-15 and 2020-07-17
    assert bench.run("--json", SOURCE_DATE_EPOCH=before).report["left_out"] == {
        "future": ["2020/07/mot.md"]
    }
    assert bench.run("--json", SOURCE_DATE_EPOCH=after).report["left_out"] == {}
    outcome = bench.run(SOURCE_DATE_EPOCH="hôm nay")
    assert outcome.code == 2
    assert "SOURCE_DATE_EPOCH" in outcome.stderr


def test_problems_are_placed_and_explained_and_nothing_is_published(bench: Workbench) -> None:
    bench.run()
    before = bench.tree()
    bench.bulletin("2020/07/mot.md", date="2020-13-01", title="Đổi")
    outcome = bench.run()
    assert outcome.code == 1
    assert outcome.stderr.splitlines() == [
        "content/2020/07/mot.md:3:7: không có ngày giờ “01/13/2020” [date-impossible]",
        "    → Kiểm tra lại ngày, tháng, năm và giờ (năm từ 1900 đến 2200).",
        "Có 1 lỗi, 0 cảnh báo. Chưa xuất bản gì; trang đã xuất bản giữ nguyên.",
    ]
    assert outcome.stdout == ""
    assert bench.tree() == before


def test_warnings_are_listed_and_stop_only_a_strict_build(bench: Workbench) -> None:
    bench.bulletin("hai.md", draft=True)
    bench.bulletin("ba.md", "Xem [bài này](hai.md).\n")
    lenient, strict = bench.run(), bench.run("--strict")
    assert (lenient.code, strict.code) == (0, 1)
    assert "content/ba.md:7:15: cảnh báo: " in lenient.stderr
    assert "Cảnh báo: 1" in lenient.stderr
    assert "--strict coi cảnh báo như lỗi" in strict.stderr


def test_check_finds_the_same_and_publishes_nothing(bench: Workbench) -> None:
    good = bench.run("check")
    assert (good.code, good.stderr) == (0, "")
    assert good.stdout.splitlines()[-1].startswith("Nội dung không có lỗi: 1 tin")
    bench.bulletin("hai.md", athor="Mỹ Lệ")
    bench.write("templates/month.html", "{{ no.such.thing }}")
    bad = bench.run("check")
    assert bad.code == 1
    assert "[unknown-key]" in bad.stderr
    assert bad.stderr.splitlines()[-1].startswith("Có 1 lỗi")
    bench.bulletin("hai.md")
    template = bench.run("check", "--json")
    assert template.code == 1
    assert template.problems == ["templates/month.html:1 template-error"]
    assert not bench.output.exists()


def test_a_folder_of_others_is_refused(bench: Workbench) -> None:
    bench.write("public/quan-trong.txt", "của tôi")
    outcome = bench.run()
    assert outcome.code == 2
    assert "public: " in outcome.stderr and "[output-not-ours]" in outcome.stderr
    assert bench.tree() == {"quan-trong.txt": "của tôi".encode()}


def test_folders_are_beside_the_settings_wherever_one_stands(bench: Workbench) -> None:
    elsewhere = bench.folder.parent
    outcome = program(elsewhere, "--config", f"{bench.folder.name}/site.yaml")
    assert outcome.code == 0
    assert (bench.output / "index.html").is_file()
    assert (bench.folder / ".cache").is_dir()


def test_nothing_in_a_source_steers_the_terminal(bench: Workbench) -> None:
    bench.write("content/\x1b[31m.md", "không có phần đầu")
    outcome = bench.run()
    assert outcome.code == 1
    assert "\x1b" not in outcome.stderr


# Stopped, broken


def test_a_bug_is_told_as_such_with_its_traceback(bench: Workbench, tmp_path: Path) -> None:
    broken = tmp_path / "hỏng"
    broken.mkdir()
    (broken / "nh3.py").write_text("raise RuntimeError('thư viện hỏng')\n", "utf-8")
    path = os.pathsep.join([str(broken), environment()["PYTHONPATH"]])
    outcome = bench.run(PYTHONPATH=path)
    assert (outcome.code, outcome.stdout) == (70, "")
    assert "gặp lỗi của chính nó" in outcome.stderr
    assert "Traceback" in outcome.stderr and "RuntimeError: thư viện hỏng" in outcome.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends Ctrl+C to whole consoles")
def test_ctrl_c_ends_a_build_that_waits_for_another_one(bench: Workbench) -> None:
    bench.run()
    with filelock.FileLock(bench.output / ".danvan-site.lock"):
        build = subprocess.Popen(
            bench.command("--clean"), cwd=bench.folder, env=environment(),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
        )  # fmt: skip
        assert build.stderr is not None
        assert "đang chờ nó xong" in build.stderr.readline()
        build.send_signal(signal.SIGINT)
        stdout, stderr = build.communicate(timeout=30)
    assert (build.returncode, stdout) == (130, "")
    assert stderr.strip() == "Đã dừng theo yêu cầu."


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
def test_bars_are_drawn_on_a_terminal_only(bench: Workbench) -> None:
    assert "%" not in bench.run("--clean").stderr
    assert "100%" in _on_a_terminal(bench, "--clean")
    assert "%" not in _on_a_terminal(bench, "--clean", "--json")


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
def test_a_long_import_shows_how_far_it_is_from_its_beginning(bench: Workbench) -> None:
    bench.write("a.xml", export(item(number, f"Tin {number}", "Chữ.") for number in range(300)))
    drawn = _on_a_terminal(bench, "import", "wordpress", "a.xml")
    assert re.search(r"xem qua +\[#+-?\] +\d+%.*nhập +\[#+-?\] +\d+%", drawn, re.DOTALL)


def _on_a_terminal(bench: Workbench, *arguments: str) -> str:
    """Run the program with a terminal for stderr; return what is drawn there."""
    ours, theirs = os.openpty()
    subprocess.run(
        bench.command(*arguments), cwd=bench.folder, env=environment(TERM="xterm"),
        stdout=subprocess.DEVNULL, stderr=theirs, check=True,
    )  # fmt: skip
    os.write(theirs, b"\x04END")
    os.close(theirs)
    drawn = b""
    while not drawn.endswith(b"END"):
        drawn += os.read(ours, 4096)
    os.close(ours)
    return drawn.decode()


@pytest.mark.skipif(sys.platform == "win32", reason="shells close pipes otherwise there")
def test_a_reader_that_goes_away_is_no_bug(bench: Workbench) -> None:
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        bench.command("-v"), cwd=bench.folder, env=environment(), stdout=write,
        stderr=subprocess.PIPE, encoding="utf-8",
    )  # fmt: skip
    os.close(write)
    assert (done.returncode, done.stderr) == (1, "")


# init


def test_a_new_site_builds_and_is_sound(started: Path, tmp_path: Path) -> None:
    site = shutil.copytree(started, tmp_path / "site")
    assert program(site, "check", "--strict").code == 0
    outcome = program(site, "--json")
    assert outcome.code == 0
    assert (outcome.report["bulletins"], outcome.report["pages"]) == (1, 1)
    assert "Giới thiệu" in (site / "public/index.html").read_text("utf-8")


def test_init_says_what_to_do_next_with_commands_that_can_be_typed(tmp_path: Path) -> None:
    outcome = program(tmp_path, "init", "trang mới")
    assert outcome.code == 0
    path = Path("trang mới/site.yaml")
    assert f'serve --open --config "{path}"' in outcome.stdout
    (tmp_path / "here").mkdir()
    assert "--config" not in program(tmp_path / "here", "init", ".").stdout


def test_init_copies_the_whole_theme(started: Path) -> None:
    theme = scaffold.theme_folder()
    names = {file.relative_to(theme) for file in theme.rglob("*") if file.is_file()}
    assert names
    for name in names:
        assert (started / "templates" / name).read_bytes() == (theme / name).read_bytes()


@pytest.mark.parametrize("taken", ["site.yaml", "content", "templates"])
def test_init_refuses_a_folder_that_has_any_of_its_names(tmp_path: Path, taken: str) -> None:
    (tmp_path / taken).mkdir()
    outcome = program(tmp_path, "init", ".")
    assert outcome.code == 2
    assert f"ở đây đã có {taken}" in outcome.stderr
    assert [each.name for each in tmp_path.iterdir()] == [taken]


def test_init_leaves_other_files_alone(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("của tôi", "utf-8")
    assert program(tmp_path, "init", ".").code == 0
    assert (tmp_path / "README.md").read_text("utf-8") == "của tôi"


def test_init_says_where_it_cannot_write(tmp_path: Path) -> None:
    (tmp_path / "tệp").write_text("", "utf-8")
    outcome = program(tmp_path, "init", "tệp/trang")
    assert outcome.code == 2
    assert "[cannot-write]" in outcome.stderr


def test_an_english_site_is_english(tmp_path: Path) -> None:
    assert program(tmp_path, "init", ".", "--language", "en").code == 0
    assert "\nlanguage: en\n" in (tmp_path / "site.yaml").read_text("utf-8")
    assert "Published to public" in program(tmp_path).stdout
    assert "Welcome to your new bulletin site" in (tmp_path / "public/index.html").read_text(
        "utf-8"
    )


# The settings a site begins with


def uncommented() -> str:
    """Return the starter with all its examples in use."""
    return re.sub(r"(?m)^#(?=[a-z_]+:|  )", "", scaffold.STARTER.read_text("utf-8"))


def settings_keys(
    fields: Mapping[str, schema.Reader] = config.SETTINGS, path: str = ""
) -> set[str]:
    """Return every key of the settings, those in others too, out of the readers themselves."""
    found: set[str] = set()
    for name, reader in fields.items():
        found.add(path + name)
        kept = inspect.getclosurevars(reader).nonlocals
        kept = inspect.getclosurevars(kept["item"]).nonlocals if "item" in kept else kept
        found |= settings_keys(kept.get("fields", {}), f"{path}{name}.")
    return found


def keys_of(values: object, path: str = "") -> set[str]:
    if isinstance(values, list):
        return {key for each in values for key in keys_of(each, path)}
    if not isinstance(values, dict):
        return set()
    found: set[str] = set()
    for name, value in values.items():
        found.add(path + name)
        if name not in ("abbreviations", "levels"):  # their keys are the user's own
            found |= keys_of(value, f"{path}{name}.")
    return found


def test_the_starter_shows_every_setting() -> None:
    assert {"title", "units.successor", "reply.fields.required"} <= settings_keys()
    assert keys_of(yaml.safe_load(uncommented())) == settings_keys()


def test_every_example_of_the_starter_can_be_used(tmp_path: Path) -> None:
    file = tmp_path / "site.yaml"
    file.write_text(uncommented(), "utf-8")
    settings = config.load(file, "site.yaml")
    assert settings.visits and settings.visits.count == 49_986_552
    assert settings.units[0].successor == settings.units[2].name
    assert settings.search.abbreviations[0] == ("UBND", "Ủy ban nhân dân")


def test_every_setting_of_the_starter_is_explained_in_a_line() -> None:
    lines = scaffold.STARTER.read_text("utf-8").splitlines()
    previous = ""
    for line in lines:
        if re.match(r"#?[a-z_]+:", line):
            assert re.match(r"# [A-ZÀ-Ỹ]", previous), line
        previous = line


def test_the_starter_as_it_is_can_be_used(tmp_path: Path) -> None:
    file = tmp_path / "site.yaml"
    file.write_text(scaffold.starter("vi"), "utf-8")
    try:
        assert config.load(file, "site.yaml").language == "vi"
    except ContentError as error:
        pytest.fail(str(error.problems))


# new


def test_new_makes_a_draft_at_the_right_place(bench: Workbench) -> None:
    outcome = bench.run("new", "Hội nghị: “tổng kết” năm", "--date", "2020-12-30 08:00")
    path = "content/2020/12/hoi-nghi-tong-ket-nam.md"
    assert (outcome.code, outcome.stdout) == (0, f"Đã tạo {path}\n")
    assert "serve --drafts" in outcome.stderr
    text = (bench.folder / path).read_text("utf-8")
    assert text.startswith('---\ntitle: "Hội nghị: “tổng kết” năm"\ndate: 2020-12-30 08:00\n')
    report = bench.run("--json").report
    assert report["problems"] == []
    assert report["left_out"] == {"draft": ["2020/12/hoi-nghi-tong-ket-nam.md"]}
    assert "vào public: 2 tin" in bench.run("--drafts").stdout


def test_new_never_writes_over_a_file(bench: Workbench) -> None:
    first = bench.run("new", "Một tin", "--date", "2021-02").stdout
    file = bench.folder / first.removeprefix("Đã tạo ").strip()
    file.write_text("đã viết", "utf-8")
    second = bench.run("new", "Một tin", "--date", "2021-02").stdout
    assert second == "Đã tạo content/2021/02/mot-tin-2.md\n"
    assert file.read_text("utf-8") == "đã viết"


@pytest.mark.parametrize(
    ("date", "folder"), [("2022", "2022"), ("2022-08", "2022/08"), ("16/7/2020", "2020/07")]
)
def test_new_takes_dates_as_precise_as_they_are_known(
    bench: Workbench, date: str, folder: str
) -> None:
    assert bench.run("new", "Tin", "--date", date).stdout == f"Đã tạo content/{folder}/tin.md\n"


def test_new_is_dated_today_in_the_zone_of_the_site(bench: Workbench) -> None:
    night = "1593536400"  # 2020-06-30T17:00:00Z is July already at +07:00
    assert "content/2020/07/tin.md" in bench.run("new", "Tin", SOURCE_DATE_EPOCH=night).stdout
    bench.write("site.yaml", 'title: A\ntimezone: "+00:00"\n')
    assert "content/2020/06/tin.md" in bench.run("new", "Tin", SOURCE_DATE_EPOCH=night).stdout


def test_new_spells_units_and_categories_as_the_settings_do(bench: Workbench) -> None:
    settings = "title: A\nunits: [{name: Ủy ban xã Hòa Bình}]\ncategories: [{name: Tin tức}]\n"
    bench.write("site.yaml", settings)
    options = ("--unit", "ỦY BAN XÃ HOÀ BÌNH", "--category", "tin tức", "--category", "Lạ")
    outcome = bench.run("new", "Tin", "--date", "2020", *options)
    text = (bench.folder / "content/2020/tin.md").read_text("utf-8")
    assert '\nunit: "Ủy ban xã Hòa Bình"\ncategory: ["Tin tức", "Lạ"]\n' in text
    assert text.count("unit:") == text.count("category:") == 1
    assert "“Lạ” chưa có trong categories" in outcome.stderr


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["new", " "], "empty-title"),
        (["new", "Tin", "--date", "hôm qua"], "date-unreadable"),
        (["new", "Tin", "--date", "2020-02-30"], "date-impossible"),
        (["new", "Tin", "--content", "nơi khác"], "no-content"),
    ],
)
def test_new_says_what_is_wrong(bench: Workbench, arguments: list[str], code: str) -> None:
    outcome = bench.run(*arguments)
    assert (outcome.code, outcome.stdout) == (2, "")
    assert f"[{code}]" in outcome.stderr


# import capture


def test_captures_are_accounted_for_and_never_imported_twice(bench: Workbench) -> None:
    files = [str(file) for file in sorted(CAPTURES.glob("*.txt"))]
    outcome = bench.run("import", "capture", *files)
    assert outcome.code == 0, outcome.stderr
    for heading in ("Nhận ra:", "Bỏ đi:", "Còn thiếu:", "Bộ đếm truy cập của cả cổng: "):
        assert heading in outcome.stdout
    assert f"Đã nhập {len(files)} tin; đã nhập từ trước: 0" in outcome.stdout
    before = bench.tree(bench.folder / "content")
    again = bench.run("import", "capture", *files)
    assert again.code == 0
    assert f"Đã nhập 0 tin; đã nhập từ trước: {len(files)}" in again.stdout
    assert bench.tree(bench.folder / "content") == before
    assert bench.run("check").code == 0


def test_a_capture_that_cannot_be_read_is_told_and_the_others_go_on(bench: Workbench) -> None:
    files = ["không-có.txt", str(CAPTURES / "huyen.txt")]
    outcome = bench.run("import", "capture", *files)
    assert outcome.code == 1
    assert "không-có.txt: không đọc được tệp" in outcome.stderr
    assert "Đã nhập 1 tin; đã nhập từ trước: 0;" in outcome.stdout
    assert "không nhập được: 1." in outcome.stdout


def test_captures_are_told_as_json(bench: Workbench) -> None:
    file = str(CAPTURES / "tinh-uy.txt")
    report = bench.run("import", "capture", file, "--json", "--to", "kho").report
    assert (report["ok"], report["written"]) == (True, 1)
    (outcome,) = report["outcomes"]
    assert outcome["source"].endswith("tinh-uy.txt")
    assert outcome["written"].startswith("kho/")
    assert outcome["problem"] is None
    assert [key for key, _ in outcome["recognised"]][:2] == ["title", "date"]
    assert all({"line", "text"} == set(each) for each in outcome["dropped"])
    again = bench.run("import", "capture", file, "--json", "--to", "kho").report
    assert (again["ok"], again["written"]) == (True, 0)
    assert again["outcomes"][0]["problem"]["code"] == "import-already"


def test_patterns_are_expanded_where_the_shell_does_not(bench: Workbench) -> None:
    outcome = bench.run("import", "capture", str(CAPTURES / "*.txt"), "--json")
    assert outcome.report["written"] == len(list(CAPTURES.glob("*.txt")))


def test_captures_can_be_imported_before_there_are_settings(tmp_path: Path) -> None:
    outcome = program(tmp_path, "import", "capture", str(CAPTURES / "huyen.txt"))
    assert outcome.code == 0
    assert list((tmp_path / "content").rglob("*.md"))


def test_a_wrong_date_for_captures_is_wrong_usage(bench: Workbench) -> None:
    outcome = bench.run("import", "capture", str(CAPTURES / "huyen.txt"), "--date", "nay")
    assert outcome.code == 2
    assert "--date: không hiểu ngày “nay”" in outcome.stderr


# The name under which it was started


def test_the_installed_command_calls_itself_by_its_name(tmp_path: Path) -> None:
    script = tmp_path / "danvan"
    script.write_text("import sys\nfrom danvan_site.cli import main\nsys.exit(main())\n", "utf-8")
    command = [sys.executable, str(script), "--help"]
    done = subprocess.run(
        command, cwd=tmp_path, env=environment(), capture_output=True, encoding="utf-8"
    )
    assert done.stdout.startswith("Cách dùng: danvan ")


def test_starting_is_quick(tmp_path: Path) -> None:
    """The best of some starts, on a machine that may be busy."""
    times = []
    for _ in range(5):
        start = time.perf_counter()
        program(tmp_path, "--version")
        times.append(time.perf_counter() - start)
    assert min(times) < 0.5, json.dumps(times)
