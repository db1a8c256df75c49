from pathlib import Path

import pytest

from gate.source.imports import ImportGraph


def graph(tmp_path: Path, files: dict[str, str]) -> ImportGraph:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return ImportGraph(tmp_path, files)


@pytest.mark.parametrize(
    "text",
    [
        "import pkg.a",
        "import pkg.a as x",
        "from pkg import a",
        "from pkg.a import f",
        "from pkg.a import *",
        "def f():\n    if 1:\n        from pkg.a import g\n",
        "from tests import c, b",
    ],
)
def test_a_file_is_imported_in_every_form_and_through_others(tmp_path: Path, text: str) -> None:
    files = {
        "pkg/a.py": "",
        "tests/b.py": "from pkg import a",
        "tests/c.py": "",
        "tests/t.py": text,
    }
    assert "tests/t.py" in graph(tmp_path, files).importers("pkg/a.py")


def test_a_file_that_imports_something_else_is_not_named(tmp_path: Path) -> None:
    files = {"pkg/a.py": "", "pkg/b.py": "", "t.py": "import pkg.b\nimport os"}
    assert graph(tmp_path, files).importers("pkg/a.py") == {"pkg/a.py"}


def test_the_package_is_imported_with_its_modules(tmp_path: Path) -> None:
    files = {"pkg/__init__.py": "", "pkg/a.py": "", "t.py": "import pkg.a"}
    assert graph(tmp_path, files).importers("pkg/__init__.py") == {"pkg/__init__.py", "t.py"}


def test_relative_imports_are_followed(tmp_path: Path) -> None:
    files = {
        "pkg/__init__.py": "from .sub import x",
        "pkg/sub/__init__.py": "",
        "pkg/sub/x.py": "from .. import a\nfrom ..b import c",
        "pkg/a.py": "",
        "pkg/b.py": "",
    }
    found = graph(tmp_path, files)
    assert "pkg/sub/x.py" in found.importers("pkg/a.py")
    assert "pkg/sub/x.py" in found.importers("pkg/b.py")
    assert "pkg/__init__.py" in found.importers("pkg/b.py")


def test_a_src_layout_is_imported_without_src(tmp_path: Path) -> None:
    files = {"src/pkg/a.py": "", "t.py": "from pkg.a import f"}
    assert "t.py" in graph(tmp_path, files).importers("src/pkg/a.py")


def test_circles_end(tmp_path: Path) -> None:
    files = {"a.py": "import b", "b.py": "import a"}
    assert graph(tmp_path, files).importers("a.py") == {"a.py", "b.py"}


def test_a_conftest_is_imported_by_every_file_below_its_folder(tmp_path: Path) -> None:
    files = {
        "pkg/a.py": "",
        "tests/conftest.py": "import pkg.a",
        "tests/x/test_t.py": "",
        "test_u.py": "",
    }
    found = graph(tmp_path, files).importers("pkg/a.py")
    assert "tests/x/test_t.py" in found
    assert "test_u.py" not in found


def test_a_file_that_cannot_be_parsed_still_shows_its_imports(tmp_path: Path) -> None:
    files = {"a.py": "", "b.py": "import a\ndef (", "c.py": "import a"}
    assert graph(tmp_path, files).importers("a.py") == {"a.py", "b.py", "c.py"}


@pytest.mark.parametrize(
    "statement",
    [
        "import os, a as b",
        "from . import (\n    c,  # not, this\n    a as x,\n)",
        "from .a import \\\n    f",
        "def f():\n    from . import a",
        "if x: import a",
        "x = 1; import a",
        "from .a import *",
    ],
)
def test_an_import_is_seen_however_it_is_written(tmp_path: Path, statement: str) -> None:
    assert "b.py" in graph(tmp_path, {"a.py": "", "b.py": statement}).importers("a.py")


def test_a_word_that_begins_like_import_is_none(tmp_path: Path) -> None:
    files = {"a.py": "", "b.py": "important = 1\nfromage = a\nx.import_ = a"}
    assert graph(tmp_path, files).importers("a.py") == {"a.py"}


def test_a_file_that_imports_through_another_does_not_name_it_itself(tmp_path: Path) -> None:
    files = {"pkg/a.py": "", "pkg/b.py": "import pkg.a", "t.py": "import pkg.b"}
    imports = graph(tmp_path, files)
    assert imports.named_by("pkg/a.py") == {"pkg/b.py"}
    assert imports.named_by("t.py") == frozenset()


@pytest.mark.parametrize(
    "text",
    [
        'importlib.import_module("pkg.a")',
        "__import__('pkg.a')",
        'a = pytest.importorskip( "pkg.a")',
        'pytest_plugins = "pkg.a"',
        "pytest_plugins: list[str] = [\n    'other',\n    'pkg.a',\n]",
        "pytest_plugins = ('pkg.a',)",
    ],
)
def test_a_module_is_imported_by_its_name_in_a_string(tmp_path: Path, text: str) -> None:
    found = graph(tmp_path, {"pkg/a.py": "", "t.py": text, "other.py": "x = 'pkg.a'"})
    assert found.importers("pkg/a.py") == {"pkg/a.py", "t.py"}


def test_a_collection_shows_what_examples_import_and_which_plugins_and_conftests_tests_have(
    tmp_path: Path,
) -> None:
    files = {
        "pkg/a.py": "",
        "pkg/b.py": '"""\n>>> import pkg.a\n"""',
        "plug.py": "import pkg.c",
        "pkg/c.py": "",
        "docs/conftest.py": "import pkg.d",
        "pkg/d.py": "",
    }
    found = graph(tmp_path, files)
    (tmp_path / "docs/guide.rst").write_text(">>> for _ in '1':\n...     from pkg import a\n")
    assert found.importers("pkg/a.py") == {"pkg/a.py"}
    found.add_collected(["pkg/b.py", "docs/guide.rst", "docs/gone.rst", "plug.py"], ["plug.py"])
    tests = {"pkg/b.py", "docs/guide.rst", "docs/gone.rst", "plug.py"}
    assert found.importers("pkg/a.py") == {"pkg/a.py", "pkg/b.py", "docs/guide.rst"}
    assert found.importers("pkg/c.py") == {"pkg/c.py"} | tests
    assert found.importers("pkg/d.py") >= {"docs/guide.rst"}
