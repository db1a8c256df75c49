from __future__ import annotations

from shlex import split

import pytest

from gate.change.selection import Selection, compare_selection

THERE = frozenset({"tests", "checks", "tests/a.py"})


def compared(before: str | None, after: str | None, *arguments: str) -> Selection:
    """Compare what stands in the [pytest] section of pytest.ini on both sides."""
    sides = []
    for text in (before, after):
        files = {} if text is None else {"pytest.ini": f"[pytest]\n{text}\n".encode()}
        sides.append(files.get)
    return compare_selection(sides[0], sides[1], arguments, THERE.__contains__)


def runs(selection: Selection) -> dict[str, list[str]]:
    """What pytest is started with, by key."""
    values = [option for option in selection.options if option != "-o"]
    assert selection.options == tuple(word for value in values for word in ("-o", value))
    return {key: split(words) for key, _, words in (value.partition("=") for value in values)}


def directions(selection: Selection) -> list[tuple[str, str]]:
    return [(change.key, change.direction) for change in selection.changes]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("addopts = -q", "addopts = -q --strict-markers\nfilterwarnings = error"),
        ("addopts = -k a -q", "addopts = -q -ka"),
        ("testpaths = tests", "testpaths = 'tests'"),
        ("python_files = test_*.py *_test.py", ""),
        (None, None),
        ("addopts = -p x", "addopts = -p x -p no:y"),
    ],
)
def test_what_chooses_the_same_tests_is_left_alone(before: str | None, after: str | None) -> None:
    assert compared(before, after) == Selection()


@pytest.mark.parametrize(
    ("before", "after", "key", "run"),
    [
        ("", "testpaths = tests", "testpaths", []),
        ("testpaths = tests checks", "testpaths = checks", "testpaths", ["tests", "checks"]),
        ("testpaths = tests", "testpaths = tests/a.py", "testpaths", ["tests"]),
        ("", "python_files = test_a.py", "python_files", ["test_*.py", "*_test.py"]),
        ("python_functions = test check", "", "python_functions", ["test", "check"]),
        ("python_classes = Test Check", "python_classes = Test", "python_classes", None),
        ("norecursedirs = a", "norecursedirs = a tests", "norecursedirs", ["a"]),
        ("", "addopts = --deselect tests/a.py::b", "addopts --deselect", []),
        ("", "addopts = --ignore=tests/a.py", "addopts --ignore", []),
        ("", "addopts = --ignore-glob=*a*", "addopts --ignore-glob", []),
        ("", "addopts = -q -k 'not b'", "addopts -k", ["-q"]),
        ("addopts = -q", "addopts = -m fast", "addopts -m", []),
        ("addopts = -m a", "addopts = -m 'a and not b'", "addopts -m", ["-m", "a"]),
        ("addopts = -m 'a or b'", "addopts = -m '(a or b) and c'", "addopts -m", ["-m", "a or b"]),
        ("", "addopts = --co", "addopts --co", []),
        ("", "addopts = --noconftest", "addopts --noconftest", []),
        ("", "addopts = tests/a.py", "addopts paths", []),
        ("addopts = tests", "addopts = tests/a.py", "addopts paths", ["tests"]),
        ("addopts = --doctest-modules", "", "addopts --doctest-modules", ["--doctest-modules"]),
        ("", "addopts = -o python_files=test_a.py", "python_files", ["test_*.py", "*_test.py"]),
    ],
)
def test_fewer_tests_are_told_and_the_base_s_run(
    before: str, after: str, key: str, run: list[str] | None
) -> None:
    found = compared(before, after)
    assert directions(found) == [(key, "looser")]
    assert found.changes[0].path == "pytest.ini"
    wanted = runs(found)
    assert set(wanted) == {key.split(maxsplit=1)[0]}
    if run is not None:
        assert wanted[key.split(maxsplit=1)[0]] == run


@pytest.mark.parametrize(
    ("before", "after", "run"),
    [
        ("testpaths = tests", "testpaths = tests checks", {"testpaths": ["tests", "checks"]}),
        ("testpaths = tests", "", {"testpaths": []}),
        ("norecursedirs = a b", "norecursedirs = a", {"norecursedirs": ["a"]}),
        ("python_functions = test", "python_functions = test check", None),
        (
            "python_files = test_*.py",
            "python_files = *.py",
            {"python_files": ["test_*.py", "*.py"]},
        ),
        ("python_classes = TestCase", "python_classes = Test", None),
        ("addopts = -k a", "", {"addopts": []}),
        ("addopts = -m 'a and b' -q", "addopts = -m b -v", {"addopts": ["-v", "-m", "b"]}),
        ("addopts = --deselect=a", "addopts = -q", {"addopts": ["-q"]}),
        ("", "addopts = --doctest-modules", {"addopts": ["--doctest-modules"]}),
    ],
)
def test_more_tests_run_and_are_no_loosening(
    before: str, after: str, run: dict[str, list[str]] | None
) -> None:
    found = compared(before, after)
    assert [direction for _, direction in directions(found)] == ["tighter"]
    assert run is None or runs(found) == run


@pytest.mark.parametrize(
    ("before", "after", "run"),
    [
        ("addopts = -k a", "addopts = -k b", {"addopts": ["-k", "a"]}),
        ("addopts = -k 'a and b'", "addopts = -k 'c or a and b'", {"addopts": ["-k", "a and b"]}),
        ("testpaths = tests", "testpaths = checks", {"testpaths": ["tests", "checks"]}),
        ("norecursedirs = a", "norecursedirs = b", {"norecursedirs": []}),
        ("", "addopts = -x --maxfail=3", {"addopts": []}),
        ("", "addopts = -p chooser", {}),
    ],
)
def test_what_cannot_be_told_is_other_and_what_either_would_run_runs(
    before: str, after: str, run: dict[str, list[str]]
) -> None:
    found = compared(before, after)
    assert {direction for _, direction in directions(found)} == {"other"}
    assert runs(found) == run


def test_testpaths_have_no_say_when_the_policy_names_paths() -> None:
    assert compared("testpaths = tests", "testpaths = checks", "tests") == Selection()
    found = compared("addopts = checks", "addopts = checks tests", "tests")
    assert directions(found) == [("addopts paths", "tighter")]


def test_a_second_file_that_wins_leaves_nothing_to_chance() -> None:
    base = {"setup.cfg": b"[tool:pytest]\ntestpaths = tests\n"}
    head = {**base, "pytest.ini": b"[pytest]\ntestpaths = tests\naddopts = -k a\n"}
    found = compare_selection(base.get, head.get, (), THERE.__contains__)
    assert directions(found) == [("addopts -k", "looser")]
    assert set(runs(found)) == {
        *("testpaths", "python_files", "python_classes", "python_functions", "norecursedirs"),
        "addopts",
    }
    assert runs(found)["testpaths"] == ["tests"]


def test_a_table_that_older_pytests_do_not_read_leaves_nothing_to_chance() -> None:
    base = {"pyproject.toml": b'[tool.pytest.ini_options]\npython_files = ["check_*.py"]\n'}
    head = {"pyproject.toml": b'[tool.pytest]\npython_files = ["check_*.py"]\n'}
    found = compare_selection(base.get, head.get, (), THERE.__contains__)
    assert found.changes == ()
    assert runs(found)["python_files"] == ["check_*.py"]


def test_a_file_that_is_gone_is_compared_with_what_pytest_has_without_it() -> None:
    found = compared("python_files = check_*.py test_*.py *_test.py", None)
    assert directions(found) == [("python_files", "looser")]
    assert "check_*.py" in runs(found)["python_files"]


def test_a_head_that_cannot_be_read_runs_what_the_base_says() -> None:
    base, head = {"pytest.ini": b"[pytest]\ntestpaths = tests"}, {"pytest.ini": b"junk = 1\n"}
    found = compare_selection(base.get, head.get, (), THERE.__contains__)
    assert ("configuration", "other") in directions(found)
    assert "cannot be read" in found.changes[-1].after
    assert runs(found)["testpaths"] == []


def test_a_base_that_cannot_be_read_is_told() -> None:
    base, head = {"pytest.ini": b"junk = 1\n"}, {"pytest.ini": b"[pytest]\n"}
    found = compare_selection(base.get, head.get, (), THERE.__contains__)
    assert directions(found) == [("configuration", "other")]
    assert found.options == ()


def test_imported_tests_that_are_no_longer_taken_are_told_and_taken_all_the_same() -> None:
    found = compared("", "collect_imported_tests = false")
    assert directions(found) == [("collect_imported_tests", "looser")]
    assert runs(found) == {"collect_imported_tests": ["true"]}
    found = compared("collect_imported_tests = false", "")
    assert directions(found) == [("collect_imported_tests", "tighter")]
    assert runs(found) == {"collect_imported_tests": ["true"]}


def test_a_configuration_that_neither_side_can_read_and_the_change_leaves_alone_is_no_change() -> (
    None
):
    broken = "addopts = 'open"
    assert compared(broken, broken) == Selection()
    (change,) = compared(broken, f"{broken}\n# more\n").changes
    assert change.key == "configuration"
    (change,) = compared(broken, "addopts = -q").changes
    assert (change.key, change.direction) == ("configuration", "other")


def test_a_quote_in_a_key_of_another_kind_hides_no_change() -> None:
    quote = "filterwarnings = ignore:it's old\n"
    assert compared(quote, quote) == Selection()
    assert directions(compared(quote, quote + "testpaths = tests")) == [("testpaths", "looser")]
