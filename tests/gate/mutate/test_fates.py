from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from builders import make_change, make_outcome, make_suite, make_test_change

from gate.measure.suite import Baseline
from gate.model import ChangedFile, TestChange
from gate.mutate.fates import Fates
from gate.supervise.zygote import Collected, Item

TEXT = "def test_one():\n    assert f() == 1\n\n\nclass TestA:\n    def test_two(self):\n        f(2)\n"
FILE, OTHER = "tests/test_a.py", "tests/test_b.py"
ONE, TWO = f"{FILE}::test_one", f"{FILE}::TestA::test_two"


@pytest.fixture
def base(tmp_path: Path) -> Path:
    (tmp_path / "tests").mkdir()
    (tmp_path / FILE).write_text(TEXT)
    return tmp_path


def item(test: str) -> Item:
    return Item(test, test.partition("::")[0], 1, frozenset())


def fates(base: Path, head: dict[str, str], tests: dict[str, Any], *files: ChangedFile) -> Fates:
    """The fates of the tests of TEXT; `head` are its changed files, `tests` outcomes by id."""
    suite = make_suite(*(make_outcome(test, outcome) for test, outcome in tests.items()))
    collected = Collected(tuple(item(test) for test in tests if "::" in test), (), {}, (), {}, {})
    changed = make_change(*(files or [ChangedFile(path, frozenset()) for path in head]))
    read = {path: text.encode() for path, text in head.items()}
    found = Fates(suite, Baseline(collected), changed, read.get)
    found.read_base(base, [item(ONE), item(TWO), item("tests/gone.py::test_x")])
    return found


@pytest.mark.parametrize(
    ("outcome", "fate"),
    [
        ("passed", "changed"),
        ("xpassed", "changed"),
        ("skipped", "skipped"),
        ("xfailed", "xfailed"),
        ("failed", "red"),
        ("timeout", "red"),
    ],
)
def test_a_test_that_is_there_is_what_its_outcome_says(base: Path, outcome: str, fate: str) -> None:
    assert fates(base, {}, {ONE: outcome}).of(ONE) == make_test_change(ONE, fate)


def test_a_test_that_is_nowhere_is_removed(base: Path) -> None:
    assert fates(base, {}, {TWO: "passed"}).of(ONE) == make_test_change(ONE, "removed")


def test_a_test_of_a_renamed_file_is_the_same_test(base: Path) -> None:
    new = "tests/test_z.py::test_one"
    moved = ChangedFile("tests/test_z.py", frozenset(), "renamed", FILE)
    found = fates(base, {}, {new: "skipped"}, moved)
    assert found.of(ONE) == make_test_change(ONE, "skipped", new)


@pytest.mark.parametrize(
    ("test", "path", "old", "new", "now"),
    [
        (ONE, FILE, "test_one", "test_1", f"{FILE}::test_1"),
        (ONE, OTHER, "test_one", "test_one", f"{OTHER}::test_one"),
        (TWO, OTHER, "TestA", "TestB", f"{OTHER}::TestB::test_two"),
    ],
)
def test_a_function_that_does_the_same_elsewhere_is_the_test_renamed(
    base: Path, test: str, path: str, old: str, new: str, now: str
) -> None:
    head = {FILE: "", path: TEXT.replace(old, new)}
    assert fates(base, head, {now: "passed"}).of(test) == make_test_change(test, "renamed", now)
    # Where pytest does not collect it, it is gone, and it is told where it went.
    away = fates(base, head, {}).of(test)
    assert away == make_test_change(test, "removed", now if now != test else "")


def test_a_parameter_that_is_cut_is_removed(base: Path) -> None:
    head = {FILE: TEXT}
    found = fates(base, head, {f"{ONE}[1]": "passed"})
    assert found.of(f"{ONE}[2]") == make_test_change(f"{ONE}[2]", "removed")
    assert found.of(f"{ONE}[1]").fate == "changed"


def test_a_file_that_skips_itself_skips_its_tests(base: Path) -> None:
    assert fates(base, {}, {FILE: "skipped"}).of(ONE) == make_test_change(ONE, "skipped")


def test_listed_are_tests_that_are_gone_and_those_newly_not_run(base: Path) -> None:
    found = fates(base, {}, {ONE: "skipped", f"{ONE}[x]": "xfailed", f"{ONE}[c]": "passed"})
    before: Any = {
        test: make_outcome(test, outcome)
        for test, outcome in {
            ONE: "passed",
            TWO: "skipped",
            f"{ONE}[x]": "xfailed",
            f"{ONE}[c]": "passed",
        }.items()
    }
    assert found.no_longer_run(before) == (
        TestChange(ONE, "skipped"),
        TestChange(TWO, "removed"),
    )
    assert [found.is_green(test) for test in (ONE, TWO, f"{ONE}[c]")] == [False, False, True]
