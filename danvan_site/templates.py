"""The Jinja environment: where templates come from, what they depend on, where they go wrong.

Templates get plain data and one function, `t`, for the words of the pages; no clock, no library.
They are looked for in the site's own folder first, then in the theme that the program carries.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from jinja2 import meta, nodes
from jinja2.bccache import Bucket
from jinja2.loaders import split_template_path

from danvan_site import catalog
from danvan_site.discovery import files_beneath
from danvan_site.environment import Environment
from danvan_site.errors import Place, Problem, named
from danvan_site.remote import of_build
from danvan_site.theme import theme_folder

ASSETS = "giao-dien"
# So many bytes at the beginning of a file of the cache tell whether the rest is as it was.
_DIGEST = 16


class TemplateProblem(Exception):
    """A template that cannot be used; ``problem`` says where."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.code)
        self.problem = problem


class Templates:
    """The templates of a site: *folder* (which may be missing) before the program's theme.

    Compiled templates are kept in *cache_folder*, for the *program* (its digest) that made them.
    """

    def __init__(
        self, folder: Path, shown: str, language: str, cache_folder: Path, program: str
    ) -> None:
        self._shown = shown
        self._folders = [folder] if folder.is_dir() else []
        if theme_folder() not in self._folders:
            self._folders.append(theme_folder())
        self.words = catalog.load(language).site
        cache_folder.mkdir(parents=True, exist_ok=True)
        prefix = f"{program}-{language}-"
        for stale in cache_folder.glob("*.bin"):
            if not stale.name.startswith(prefix):
                stale.unlink(missing_ok=True)
        self._environment = Environment(
            loader=_Loader(self._folders),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            auto_reload=False,
            bytecode_cache=_Compiled(cache_folder, prefix),
        )
        self._environment.use(self.words)
        self._sources: dict[str, str] = {}
        self._files: dict[str, str | None] = {}
        self._references = _References(cache_folder / f"{prefix}references.bin")
        self._digests: dict[str, str] = {}

    def render(self, name: str, context: Mapping[str, Any], subject: str = "") -> str:
        """Return the template *name* filled with *context*.

        Raises TemplateProblem with template, line, and *subject*, whose page it was to be.
        """
        with self._told(name, subject):
            return self._environment.get_template(name).render(context)

    @contextlib.contextmanager
    def _told(self, name: str, subject: str) -> Iterator[None]:
        """Tell of what goes wrong in a template where it is, and whose page it was to be."""
        try:
            yield
        except jinja2.TemplateSyntaxError as error:
            raise self._syntax_problem(error, name) from None
        except jinja2.TemplateNotFound as error:
            details = {"name": str(error.name), "subject": subject}
            place = Place(f"{self._shown}/{name}")
            raise TemplateProblem(Problem("template-missing", place, details)) from None
        except OSError:
            raise  # Templates read and write nothing: it is what they are compiled to.
        except Exception as error:
            place = self._place_of(error, name)
            reason = f"{type(error).__name__}: {error}"
            details = {"reason": reason, "subject": subject or name}
            raise TemplateProblem(Problem("template-error", place, details)) from error

    def macro(self, name: str, macro: str, *arguments: object) -> str:
        """Return what a macro of the template *name* gives for some arguments.

        Raises TemplateProblem as `render` does.
        """
        with self._told(name, ""):
            return str(getattr(self._environment.get_template(name).module, macro)(*arguments))

    def digest(self, name: str) -> str:
        """Return the digest of a template with all it extends, includes and imports, and of the
        words; '' for no template.  Raises TemplateProblem for one that is missing or not Jinja."""
        if not name:
            return ""
        if name not in self._digests:
            closure: dict[str, str] = {}
            self._gather(name, name, closure)
            words = repr(sorted(self.words.items()))
            text = repr(sorted(closure.items())) + words
            self._digests[name] = hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
            self._references.keep()
        return self._digests[name]

    def _gather(self, name: str, asked_by: str, closure: dict[str, str]) -> None:
        if name in closure:
            return
        try:
            source = self._source(name)
            names = self._references.of(source, lambda: self._referred(source, name))
        except jinja2.TemplateNotFound:
            details = {"name": name, "subject": asked_by}
            place = Place(f"{self._shown}/{asked_by}")
            raise TemplateProblem(Problem("template-missing", place, details)) from None
        except jinja2.TemplateSyntaxError as error:
            raise self._syntax_problem(error, name) from None
        closure[name] = source
        for referred in names:
            self._gather(referred, name, closure)

    def _source(self, name: str) -> str:
        if name not in self._sources:
            assert self._environment.loader is not None
            source, file, _ = self._environment.loader.get_source(self._environment, name)
            self._sources[name], self._files[name] = source, file
        return self._sources[name]

    def _referred(self, source: str, name: str) -> list[str]:
        """Return the names of the templates that one refers to."""
        tree = self._environment.parse(source, name)
        self._compile(tree, source, name)
        names = []
        for referred in meta.find_referenced_templates(tree):
            if referred is None:
                raise TemplateProblem(
                    Problem("template-dynamic", Place(f"{self._shown}/{name}", _dynamic_line(tree)))
                )
            names.append(referred)
        return names

    def _compile(self, tree: nodes.Template, source: str, name: str) -> None:
        """Compile a new template here, once: every worker process would, all at the same time."""
        assert self._environment.bytecode_cache is not None
        file = self._files[name]
        bucket = self._environment.bytecode_cache.get_bucket(self._environment, name, file, source)
        if bucket.code is None:
            bucket.code = self._environment.compile(tree, name, file)
            self._environment.bytecode_cache.set_bucket(bucket)

    def _syntax_problem(self, error: jinja2.TemplateSyntaxError, name: str) -> TemplateProblem:
        place = Place(f"{self._shown}/{error.name or name}", error.lineno)
        details = {"reason": str(error.message), "subject": error.name or name}
        return TemplateProblem(Problem("template-error", place, details))

    def _place_of(self, error: Exception, name: str) -> Place:
        """Find the innermost line of a template in an error's traceback."""
        for frame in reversed(traceback.extract_tb(error.__traceback__)):
            for folder in self._folders:
                path = Path(frame.filename)
                if path.is_relative_to(folder):
                    shown = path.relative_to(folder).as_posix()
                    return Place(f"{self._shown}/{shown}", frame.lineno or 0)
        return Place(f"{self._shown}/{name}")

    def assets(self) -> dict[str, str]:
        """Return the theme's files to publish as they are: published path → digest."""
        found: dict[str, str] = {}
        for folder in reversed(self._folders):
            base = folder / ASSETS
            for file in files_beneath(base):
                if not file.name.startswith("."):
                    path = f"{ASSETS}/{file.relative_to(base).as_posix()}"
                    found[path] = hashlib.blake2b(file.read_bytes(), digest_size=16).hexdigest()
        return found


def asset(folder: Path, path: str) -> Path:
    """Return the file that is published as *path*: the site's in *folder*, or the program's, which
    does not lie in the same place on every machine."""
    own = folder / path
    return own if own.is_file() else theme_folder() / path


class _References:
    """Which templates a template refers to, kept in *file* by the digest of its source: parsing
    the whole theme takes longer than most builds have to do."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._is_new = False
        self._known: dict[str, list[str]] = json.loads(_kept(file) or b"{}")

    def of(self, source: str, find: Callable[[], list[str]]) -> list[str]:
        """Return what is known of a source, or what *find* returns."""
        digest = hashlib.blake2b(source.encode(), digest_size=16).hexdigest()
        if digest not in self._known:
            self._known[digest] = find()
            self._is_new = True
        return self._known[digest]

    def keep(self) -> None:
        """Write what is new."""
        if self._is_new:
            _keep(self._file, json.dumps(self._known).encode())
            self._is_new = False


class _Loader(jinja2.BaseLoader):
    """Finds a template in the first of some *folders* that has it.

    A drive that fails must not pass for a file that is not there: the program's own template would
    take the place of the site's.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = folders

    def get_source(
        self, environment: jinja2.Environment, template: str
    ) -> tuple[str, str, Callable[[], bool]]:
        for folder in self._folders:
            file = folder.joinpath(*split_template_path(template))
            with contextlib.suppress(FileNotFoundError, NotADirectoryError), named(file):
                return file.read_text("utf-8"), str(file), lambda: True
        raise jinja2.TemplateNotFound(template)


class _Compiled(jinja2.BytecodeCache):
    """Templates as they were compiled, in files of *folder* whose names begin with *prefix*."""

    def __init__(self, folder: Path, prefix: str) -> None:
        self._folder = folder
        self._prefix = prefix

    def load_bytecode(self, bucket: Bucket) -> None:
        data = _kept(self._path(bucket))
        if data:
            bucket.bytecode_from_string(data)

    def dump_bytecode(self, bucket: Bucket) -> None:
        _keep(self._path(bucket), bucket.bytecode_to_string())

    def _path(self, bucket: Bucket) -> Path:
        return self._folder / f"{self._prefix}{bucket.key}.bin"


def _kept(path: Path) -> bytes:
    """Return what `_keep` wrote, nothing where it is missing or not as it was."""
    try:
        data = path.read_bytes()
    except OSError:
        return b""
    return data[_DIGEST:] if _digest(data[_DIGEST:]) == data[:_DIGEST] else b""


def _keep(path: Path, data: bytes) -> None:
    """Write a file of the cache whole, in the place of whatever is there."""
    temporary = path.with_suffix(f".{os.getpid()}")
    with named(temporary):
        temporary.write_bytes(_digest(data) + data)
    with contextlib.suppress(OSError):
        path.rmdir()  # An empty folder may stand in its place.
    temporary.replace(path)


def _digest(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=_DIGEST).digest()


def _dynamic_line(tree: nodes.Template) -> int:
    kinds = (nodes.Extends, nodes.Include, nodes.Import, nodes.FromImport)
    for node in tree.find_all(kinds):
        if not isinstance(getattr(node, "template", None), nodes.Const):
            return int(node.lineno)
    return 0


@of_build
@cache
def shared(
    folder: str, shown: str, language: str, cache_folder: str, program: str, version: str
) -> Templates:
    """Return the templates for a worker process, made once for each *version* of them."""
    return Templates(Path(folder), shown, language, Path(cache_folder), program)
