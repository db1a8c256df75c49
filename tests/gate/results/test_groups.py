from __future__ import annotations

import pytest
from builders import make_cause, make_outcome, make_suite

from gate.model import Cause, CauseKind
from gate.results.groups import words_for


def test_groups_come_largest_first_and_a_cause_is_found_for_every_red_test() -> None:
    shared = make_cause("shared")
    suite = make_suite(
        make_outcome("t::0", "timeout", message="waiting"),
        make_outcome("t::a", "crashed"),
        make_outcome("t::c", "failed", cause=shared),
        make_outcome("t::b", "failed", cause=shared),
        make_outcome("t::d", "timeout", message="still running\nafter 60 s\nat all"),
        make_outcome("t::e", "skipped"),
    )
    grouped = [
        (cause.kind, cause.group, [test.test for test in tests])
        for cause, tests in suite.failures()
    ]
    assert grouped == [
        ("test", "shared", ["t::b", "t::c"]),
        ("crash", "crashed without a message", ["t::a"]),
        ("timeout", "still running", ["t::d"]),
        ("timeout", "waiting", ["t::0"]),
    ]


def test_files_that_were_not_collected_come_before_a_larger_group() -> None:
    suite = make_suite(
        *(make_outcome(f"t::{n}", "failed", cause=make_cause("shared")) for n in range(5)),
        make_outcome("t.py", "error", cause=make_cause("ImportError", "collection")),
    )
    assert [cause.kind for cause, _ in suite.failures()] == ["collection", "test"]


def test_what_is_shown_of_a_group_is_what_its_first_test_said() -> None:
    causes = [Cause("test", "ValueError: N", f"ValueError: {n}") for n in (7, 3)]
    suite = make_suite(
        make_outcome("t::b", "failed", cause=causes[0]),
        make_outcome("t::a", "failed", cause=causes[1]),
    )
    ((cause, tests),) = suite.failures()
    assert (cause.text, len(tests)) == ("ValueError: 3", 2)


def test_a_test_that_nobody_explained_groups_by_the_first_line_of_its_message() -> None:
    assert make_outcome("t", "error", message="a\nb").root_cause() == Cause("test", "a")
    assert make_outcome("t", "failed", message="\n").root_cause() == Cause(
        "test", "failed without a message"
    )


@pytest.mark.parametrize(
    ("kind", "group", "count", "text", "words"),
    [
        ("test", "ValueError: N", 1, "ValueError: 3", "1 test failed: ValueError: 3"),
        ("test", "fixture", 1500, "no x", "1,500 tests failed: no x"),
        ("test", "AssertionError", 1, "assert 1 == 2", "1 test failed: assert 1 == 2"),
        (
            *("test", "AssertionError", 2, "assert 1 == 2"),
            "2 tests failed in an assertion, such as: assert 1 == 2",
        ),
        (
            *("collection", "g", 13, "ModuleNotFoundError: No module named 'x'"),
            "13 test files could not be imported: No module named 'x'",
        ),
        (
            *("collection", "g", 1, "ImportError: cannot import name 'y'"),
            "1 test file could not be imported: cannot import name 'y'",
        ),
        (
            *("collection", "g", 1, "SyntaxError: invalid syntax"),
            "1 test file could not be collected: SyntaxError: invalid syntax",
        ),
        ("crash", "g", 2, "SIGSEGV", "2 tests crashed: SIGSEGV"),
        ("timeout", "g", 1, "after 60 s", "1 test timed out: after 60 s"),
        ("flaky", "g", 1, "red once", "1 test is flaky: red once"),
        ("order", "g", 2, "red after", "2 tests depend on the order: red after"),
        ("environment", "g", 1, "No route", "1 test failed: No route"),
    ],
)
def test_a_cause_is_told_in_one_line(
    kind: CauseKind, group: str, count: int, text: str, words: str
) -> None:
    assert words_for(Cause(kind, group, text), count) == words
