from __future__ import annotations

from collections.abc import Mapping

import pytest
from builders import changed_files

from gate.change.imports import new_imports
from gate.change.moved import Measured
from gate.model import UnmeasuredImport

Files = Mapping[str, str]
CODE = "def f():\n    return 1\n"
PACKAGE = {"pkg/__init__.py": "", "pkg/a.py": "x = 1\n"}
SRC = {"src/pkg/__init__.py": "", "src/pkg/a.py": "x = 1\n"}


def found(
    before: Files, after: Files, *renamed: tuple[str, str], loaded: Files | None = None
) -> list[UnmeasuredImport]:
    """Compare two trees whose measured files are Python's below pkg/, or src/pkg/."""
    files = changed_files(before, after, *renamed)
    base, head = ({path: text.encode() for path, text in side.items()} for side in (before, after))
    measured = Measured(
        *(
            {p for p in side if p.startswith(("pkg/", "src/pkg/")) and p.endswith(".py")}
            for side in (head, base)
        )
    )
    python = tuple(path for path in after if path.endswith(".py"))
    modules = (loaded or {}).items()
    return list(new_imports(files, python, measured, base.get, head.get, modules))


@pytest.mark.parametrize(
    "code",
    [
        "import helpers.h",
        "import os, helpers.h as h",
        "from helpers.h import f",
        "from helpers import h",
        "from helpers.h import *",
        "from ..helpers.h import f",
        "from ..helpers import h",
        "def g():\n    from helpers import h",
        "try:\n    import helpers.h\nexcept ImportError: pass",
        "import importlib\nh = importlib.import_module('helpers.h')",
        "h = __import__('helpers.h')",
    ],
)
def test_an_import_of_what_is_not_measured_is_told_by_its_line(code: str) -> None:
    for helper in ({}, {"helpers/h.py": CODE}):
        before = {**PACKAGE, **helper}
        after = {**PACKAGE, "pkg/a.py": f"y = 2\n{code}\n", "helpers/h.py": CODE}
        line = 3 if "\n" in code else 2
        assert found(before, after) == [UnmeasuredImport("pkg/a.py", line, "helpers/h.py")]


@pytest.mark.parametrize(
    "code",
    [
        "import os",
        "import helpers_h",
        "from helpers import other",
        "import other.helpers.h",
        "from . import h",
        "from .helpers import h",
        "text = 'import helpers.h'",
        "load('helpers.h')",
        "table[0]('helpers.h')",
        "import_module(helpers.h)",
        "import helpers.h)",
    ],
)
def test_what_only_looks_like_one_is_not(code: str) -> None:
    after = {**PACKAGE, "pkg/a.py": f"{code}\n", "helpers/h.py": CODE}
    assert found(PACKAGE, after) == []


def test_a_new_file_that_measured_code_asked_for_before_is_told_though_that_is_unchanged() -> None:
    asking = {**PACKAGE, "pkg/a.py": "x = 1\nimport json\n"}
    assert found(asking, {**asking, "json.py": CODE}) == [
        UnmeasuredImport("pkg/a.py", 2, "json.py")
    ]
    assert found(asking, {**asking, "tools/json.py": CODE}) == []


def test_a_name_of_many_parts_is_found_by_any_of_them() -> None:
    after = {**PACKAGE, "pkg/a.py": "from helpers.deep import h\n", "helpers/deep/h.py": CODE}
    assert found(PACKAGE, after) == [UnmeasuredImport("pkg/a.py", 1, "helpers/deep/h.py")]


def test_a_file_under_a_new_name_that_measured_code_asked_for_before_is_told() -> None:
    before = {**PACKAGE, "pkg/a.py": "import helpers.h\n", "helpers/old.py": CODE}
    after = {**PACKAGE, "pkg/a.py": "import helpers.h\n", "helpers/h.py": CODE}
    told = [UnmeasuredImport("pkg/a.py", 1, "helpers/h.py")]
    assert found(before, after, ("helpers/old.py", "helpers/h.py")) == told


ASKING = {**PACKAGE, "pkg/a.py": "import c\n"}


@pytest.mark.parametrize(
    "file", ["tools/c.py", "a/b/c/__init__.py", "pkg/c.pyc", "pkg/c.so", "lib.zip/c.py", "other"]
)
def test_a_file_counts_under_each_name_by_which_it_was_imported(file: str) -> None:
    holder = file.partition(".zip")[0] + ".zip" if ".zip" in file else file
    after = {**ASKING, holder: CODE}
    told = [UnmeasuredImport("pkg/a.py", 1, holder)]
    assert found(PACKAGE, after, loaded={"c": file}) == told
    assert found(PACKAGE, after, loaded={"pkg.d": file}) == []
    assert found(PACKAGE, after) == []
    # What is not of the change is what it was.
    assert found({**PACKAGE, holder: CODE}, after, loaded={"c": file}) == (
        told if holder.endswith(".py") else []
    )


def test_what_is_measured_and_what_git_does_not_know_does_not_count() -> None:
    for file in ("pkg/c.py", "generated/c.py", "generated/c.so"):
        after = {**ASKING, "pkg/c.py": CODE}
        assert found(PACKAGE, after, loaded={"c": file}) == []


def test_what_was_imported_by_that_name_before_is_known() -> None:
    before = {**ASKING, "tools/c.py": CODE, "lib.zip": CODE}
    after = {**before, "tools/c.py": CODE + "def g(): pass\n", "lib.zip": CODE + CODE}
    after |= {"pkg/b.py": "import c\n"}
    for file in ("tools/c.py", "lib.zip/c.py"):
        assert found(before, after, loaded={"c": file}) == []
    # Nor is a file under a new name, where its folder was on the path of imports.
    moved = {**PACKAGE, "pkg/a.py": "import e.d\n", "tools/e/d.py": CODE}
    before = {**PACKAGE, "pkg/a.py": "import e.c\n", "tools/e/c.py": CODE}
    renamed = ("tools/e/c.py", "tools/e/d.py")
    assert found(before, moved, renamed, loaded={"e.d": "tools/e/d.py"}) == []
    assert found(before, moved, renamed, loaded={"x": "tools/e/d.py"}) == []
    assert found(before, {**moved, "pkg/a.py": "import x\n"}, renamed, loaded={"x": "tools/e/d.py"})


def test_an_archive_is_known_by_any_of_its_modules() -> None:
    before = {**ASKING, "lib.zip": CODE}
    after = {**ASKING, "lib.zip": CODE + CODE, "pkg/a.py": "import d\n"}
    assert found(before, after, loaded={"c": "lib.zip/c.py", "d": "lib.zip/d.py"}) == []
    told = found(before, after, loaded={"d": "lib.zip/d.py"})
    assert [each.imported for each in told] == ["lib.zip"]


def test_what_measured_code_of_the_base_imports_is_known() -> None:
    using = {"pkg/a.py": "import helpers.h\n", "helpers/h.py": CODE}
    before = {**PACKAGE, **using}
    assert found(before, {**before, "helpers/h.py": CODE + "def g(): pass\n"}) == []
    assert found(before, {**before, "pkg/b.py": "from helpers import h\n"}) == []
    elsewhere = {**before, "pkg/a.py": "x = 1\n", "pkg/b.py": "from helpers import h\n"}
    assert found(before, elsewhere) == []
    moved = {**before, "pkg/b.py": "from helpers import h\n"}
    del moved["pkg/a.py"]
    assert found(before, moved, ("pkg/a.py", "pkg/b.py")) == []
    renamed = {**PACKAGE, "pkg/a.py": "import helpers.g\n", "helpers/g.py": CODE}
    assert found(before, renamed, ("helpers/h.py", "helpers/g.py")) == []


def test_what_only_unmeasured_code_imported_is_not_known() -> None:
    before = {**PACKAGE, "helpers/h.py": CODE, "tools/t.py": "import helpers.h\n"}
    after = {**before, "pkg/a.py": "import helpers.h\n"}
    assert found(before, after) == [UnmeasuredImport("pkg/a.py", 1, "helpers/h.py")]


def test_the_package_around_it_runs_too_but_not_where_it_is_without_code() -> None:
    after = {**PACKAGE, "pkg/a.py": "import helpers.h\n", "helpers/h.py": CODE}
    for text in ("", '"""A docstring."""\n', "def broken(\n"):
        told = found(PACKAGE, {**after, "helpers/__init__.py": text})
        assert [each.imported for each in told] == ["helpers/h.py"]
    told = found(PACKAGE, {**after, "helpers/__init__.py": CODE})
    assert [each.imported for each in told] == ["helpers/__init__.py", "helpers/h.py"]


@pytest.mark.parametrize(
    "code", ["import helpers", "from ..helpers import f", "import src.helpers"]
)
def test_in_a_src_layout_a_name_begins_below_the_folder_around_the_package(code: str) -> None:
    after = {**SRC, "src/pkg/a.py": f"{code}\n", "src/helpers.py": CODE}
    assert found(SRC, after) == [UnmeasuredImport("src/pkg/a.py", 1, "src/helpers.py")]


def test_each_importer_is_told_once_and_in_order() -> None:
    after = {
        **PACKAGE,
        "pkg/a.py": "x = 1\nimport helpers.h\nimport helpers.h as again\n",
        "pkg/b.py": "import helpers.i\nimport helpers.h\n",
        "helpers/h.py": CODE,
        "helpers/i.py": CODE,
    }
    assert found(PACKAGE, after) == [
        UnmeasuredImport("pkg/a.py", 2, "helpers/h.py"),
        UnmeasuredImport("pkg/b.py", 1, "helpers/i.py"),
        UnmeasuredImport("pkg/b.py", 2, "helpers/h.py"),
    ]
