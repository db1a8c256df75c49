from __future__ import annotations

from shlex import split

import pytest

from gate.change.addopts import Addopts, join, part

THERE = frozenset({"tests", "src"})


def parted(words: str) -> Addopts:
    return part(split(words), THERE.__contains__)


@pytest.mark.parametrize(
    ("words", "selection"),
    [
        ("-k 'a and b'", {"-k": ("a and b",)}),
        ("-ka -k=b", {"-k": ("a", "b")}),
        ("-m 'not slow'", {"-m": ("not slow",)}),
        ("-xvs", {"-x": ("",)}),
        ("-qxk expression", {"-x": ("",), "-k": ("expression",)}),
        ("--exitfirst --last-failed", {"-x": ("",), "--lf": ("",)}),
        ("--deselect a::b --deselect=c", {"--deselect": ("a::b", "c")}),
        ("--ignore a --ignore-glob='*b'", {"--ignore": ("a",), "--ignore-glob": ("*b",)}),
        ("--maxfail 3 --collectonly", {"--maxfail": ("3",), "--co": ("",)}),
        ("tests/a.py::b src", {"paths": ("tests/a.py::b", "src")}),
        ("-q -- -odd", {"paths": ("-odd",)}),
        ("-k", {"-k": ("",)}),
    ],
)
def test_options_that_choose_tests_are_told_apart(
    words: str, selection: dict[str, tuple[str, ...]]
) -> None:
    assert parted(words).selection == selection


@pytest.mark.parametrize(
    "words",
    [
        "--strict-markers -ra -q --tb=short",
        "-n 4 -p no:cacheprovider -W error -o xfail_strict=true",
        "--cov src --cov-report term-missing --timeout 60",
        "--unknown-option value --another=src",
        "-vv -rA -n4",
    ],
)
def test_other_options_keep_their_words(words: str) -> None:
    found = parted(words)
    assert found.selection == {}
    assert " ".join(found.others).replace("-r a", "-ra").replace("-n 4", "-n4").replace(
        "-r A", "-rA"
    ).replace("-v -v", "-vv") == words.replace("-n 4", "-n4")


def test_a_word_after_an_unknown_option_is_a_path_only_where_there_is_one() -> None:
    assert parted("--unknown tests").selection == {"paths": ("tests",)}
    assert parted("--unknown tests/a.py::b").selection == {"paths": ("tests/a.py::b",)} or (
        parted("--unknown tests/a.py::b").others == ("--unknown", "tests/a.py::b")
    )


def test_what_was_parted_can_be_joined_again() -> None:
    words = "-q --strict-markers -x -k 'a b' --deselect=c --co tests"
    assert join(parted(words)) == tuple(split(words))
    assert parted(" ".join(f"'{word}'" for word in join(parted(words)))) == parted(words)
