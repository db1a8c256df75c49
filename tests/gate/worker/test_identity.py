"""Which test is which, with pytest's own collector over small trees."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from repositories import write_files

# Collects in a process of its own, as a worker does, and prints what a test is called and where it is.
COLLECT = """
import sys
import pytest
from gate.worker.identity import Identity

root, *arguments = sys.argv[1:]
identity = Identity(root)

class Plugin:
    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session):
        for name, item in zip(identity.tests(session.items), session.items, strict=True):
            print("ITEM", name, identity.path_of(item), identity.file(item))
        return True

    def pytest_collectreport(self, report):
        if not report.passed:
            print("REPORT", identity.collector(report))

pytest.main(["-q", "-p", "no:cacheprovider", *arguments], plugins=[identity, Plugin()])
"""
TEST = "def test_one():\n    pass\n"
CASES = """
import pytest

def pytest_collect_file(file_path, parent):
    if file_path.suffix == ".case":
        return CaseFile.from_parent(parent, path=file_path)

class CaseFile(pytest.File):
    def collect(self):
        for name in self.path.read_text().split():
            yield Case.from_parent(self, name=name)

class Case(pytest.Item):
    def runtest(self):
        pass
"""


def collected(root: Path, *arguments: str, cwd: Path | None = None) -> list[list[str]]:
    """What is printed of each test and report: a word for which of the two, and what is known of it."""
    run = subprocess.run(
        [sys.executable, "-c", COLLECT, str(root), *arguments],
        cwd=cwd or root,
        capture_output=True,
        text=True,
        check=True,
    )
    lines = [line.split() for line in run.stdout.splitlines()]
    return [line for line in lines if line[:1] in (["ITEM"], ["REPORT"])]


def names(root: Path, *arguments: str) -> list[str]:
    return [line[1] for line in collected(root, *arguments)]


@pytest.mark.parametrize(
    ("files", "arguments"),
    [
        ({}, ()),
        ({"pytest.ini": "[pytest]"}, ()),
        ({"services/a/pytest.ini": "[pytest]"}, ("services/a/tests",)),
        ({"services/a/tests/setup.cfg": "[tool:pytest]"}, ("services/a/tests",)),
        ({"services/a/setup.py": ""}, ("services/a/tests",)),
        ({}, ("--rootdir=services",)),
        ({}, ("--rootdir=..",)),
    ],
)
def test_an_id_begins_at_the_repository_whatever_pytest_takes_for_its_rootdir(
    tmp_path: Path, files: dict[str, str], arguments: tuple[str, ...]
) -> None:
    write_files(tmp_path, {"services/a/tests/test_ops.py": TEST, **files})
    assert names(tmp_path, *arguments) == ["services/a/tests/test_ops.py::test_one"]


def test_classes_and_parameters_stay_as_pytest_has_them(tmp_path: Path) -> None:
    source = """
import pytest
class TestA:
    @pytest.mark.parametrize("x", ["a::b", "tests/test_a.py"])
    def test_one(self, x):
        pass
"""
    write_files(tmp_path, {"below/pytest.ini": "[pytest]", "below/test_a.py": source})
    expected = ["[a::b]", "[tests/test_a.py]"]
    assert names(tmp_path, "below") == [f"below/test_a.py::TestA::test_one{x}" for x in expected]


def test_what_cannot_be_collected_is_named_by_its_file_and_class(tmp_path: Path) -> None:
    skips = "import pytest\npytest.skip('x', allow_module_level=True)\n"
    write_files(
        tmp_path,
        {"below/pytest.ini": "[pytest]", "below/test_a.py": "1 / 0", "below/test_b.py": skips},
    )
    assert names(tmp_path, "below") == ["below/test_a.py", "below/test_b.py"]


def test_a_file_reached_by_a_link_is_the_file_that_git_has(tmp_path: Path) -> None:
    root = tmp_path / "repository"
    write_files(root, {"shared/tests/test_a.py": TEST, "a/conftest.py": ""})
    (root / "a/tests").symlink_to("../shared/tests")
    found = collected(root, "a", "shared")
    path = "shared/tests/test_a.py"
    assert found == [
        ["ITEM", f"{path}::test_one", path, f"{root}/a/tests/test_a.py"],
        ["ITEM", f"{path}::test_one#2", path, f"{root}/{path}"],
    ]


def test_a_file_outside_of_the_repository_has_its_whole_path(tmp_path: Path) -> None:
    root = tmp_path / "repository"
    write_files(root, {"conftest.py": ""})
    write_files(tmp_path, {"elsewhere/test_a.py": TEST})
    (root / "tests").symlink_to(tmp_path / "elsewhere")
    outside = f"{tmp_path}/elsewhere/test_a.py"
    assert names(root, "tests") == [f"{outside}::test_one"]
    assert names(root, "../elsewhere") == [f"{outside}::test_one"]


def test_tests_of_one_id_are_numbered_in_their_file(tmp_path: Path) -> None:
    cases = {"conftest.py": CASES, "a.case": "x y x x", "b.case": "x x", "c.case": "x x#2 x"}
    write_files(tmp_path, cases)
    assert names(tmp_path) == [
        *("a.case::x", "a.case::y", "a.case::x#2", "a.case::x#3"),
        *("b.case::x", "b.case::x#2"),
        *("c.case::x", "c.case::x#2", "c.case::x#3"),
    ]


def test_a_number_counts_in_the_order_of_the_file_whatever_is_collected_and_however_sorted(
    tmp_path: Path,
) -> None:
    backwards = "\ndef pytest_collection_modifyitems(items):\n    items[:] = items[::-1][:-1]\n"
    write_files(tmp_path, {"conftest.py": CASES + backwards, "a.case": "x x x", "b.case": "x x"})
    assert names(tmp_path) == ["b.case::x#2", "b.case::x", "a.case::x#3", "a.case::x#2"]
    assert names(tmp_path, "b.case") == ["b.case::x#2"]


def test_what_a_plugin_repeats_has_a_number_of_its_own(tmp_path: Path) -> None:
    twice = "def pytest_collection_modifyitems(items):\n    items += items\n"
    write_files(tmp_path, {"conftest.py": twice, "test_a.py": TEST})
    assert names(tmp_path) == ["test_a.py::test_one", "test_a.py::test_one#2"]


def test_duplicates_that_are_kept_are_numbered(tmp_path: Path) -> None:
    write_files(tmp_path, {"tests/test_a.py": TEST})
    arguments = ("--keep-duplicates", "tests", "tests")
    assert names(tmp_path, *arguments) == [
        "tests/test_a.py::test_one",
        "tests/test_a.py::test_one#2",
    ]


def test_a_test_in_no_file_is_named_by_its_folder_and_its_name(tmp_path: Path) -> None:
    conftest = CASES.partition("class CaseFile")[0].replace(
        "CaseFile.from_parent(parent, path=file_path)",
        "Case.from_parent(parent, name=file_path.stem)",
    )
    item = "class Case(pytest.Item):\n    def runtest(self):\n        pass\n"
    cases = {"one.case": "", "two.case": "", "pkg/one.case": ""}
    write_files(tmp_path, {"conftest.py": conftest + item, **cases})
    assert sorted(names(tmp_path)) == [".::one", ".::two", "pkg::one"]
