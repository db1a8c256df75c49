import io
import os
import pty

import pytest
from builders import make_mutant, make_outcome, make_result

from gate import progress
from gate.progress import LiveProgress, MutantCount, PlainProgress, progress_for


def test_a_log_gets_a_line_for_each_stage() -> None:
    stream = io.StringIO()
    with progress_for(stream) as shown:
        assert isinstance(shown, PlainProgress)
        shown.stage("collecting tests")
        shown.collected(3)
        shown.ran(make_outcome())
        shown.rechecking()
        shown.stage("running mutants")
        shown.mutating(2)
        shown.mutated(make_result())
    assert stream.getvalue() == (
        "gate: collecting tests\ngate: running 3 tests\ngate: running mutants\n"
    )


def test_a_long_run_says_now_and_then_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "QUIET_SECONDS", -1.0)
    stream = io.StringIO()
    with progress_for(stream) as shown:
        shown.collected(2)
        shown.ran(make_outcome(outcome="failed"))
    assert "gate: 1 of 2 tests, 1 red, about 0 s left" in stream.getvalue()


def test_long_mutation_says_now_and_then_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "QUIET_SECONDS", -1.0)
    stream = io.StringIO()
    with progress_for(stream) as shown:
        shown.collected(9)
        shown.mutating(1000)
        for number in range(1, 5):
            shown.mutated(make_result(number, "Killed"))
        shown.mutated(make_result(5, "Survived"))
    said = stream.getvalue().splitlines()
    assert said[-2] == "gate: 4 of 1000 mutants: 4 detected"
    assert said[-1].startswith("gate: 5 of 1000 mutants: 4 detected, 1 survived; about ")


def test_each_run_of_mutants_is_counted_from_its_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "QUIET_SECONDS", -1.0)
    stream = io.StringIO()
    with progress_for(stream) as shown:
        for _ in range(2):
            shown.mutating(1)
            shown.mutated(make_result(1, "Killed"))
    said = stream.getvalue().splitlines()
    assert said == ["gate: 1 of 1 mutants: 1 detected"] * 2


def test_the_time_left_is_that_of_the_mutants(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "QUIET_SECONDS", -1.0)
    now = iter([0.0, 0.0, 0.0, 100.0, *(each for _ in range(5) for each in (150.0, 150.0))])
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(now))
    stream = io.StringIO()
    shown = PlainProgress(stream)
    shown.collected(5)
    shown.mutating(7)
    for number in range(5):
        shown.mutated(make_result(number))
    assert stream.getvalue().splitlines()[-1].endswith("about 20 s left")


def test_mutants_are_counted_by_what_became_of_them() -> None:
    count = MutantCount()
    assert (count.done, str(count)) == (0, "")
    statuses = ("Killed", "Timeout", "RuntimeError", "Survived", "NoCoverage", "Pending")
    for number, status in enumerate((*statuses, "Ignored", "CompileError"), 1):
        count.add(make_result(number, status))  # type: ignore[arg-type]
    assert count.done == 8
    assert str(count) == "3 detected, 1 survived, 1 not covered, 1 unresolved"


def test_a_later_result_of_a_mutant_replaces_the_first() -> None:
    count = MutantCount()
    count.add(make_result(1, "Killed"))
    count.add(make_result(2, "Killed"))
    count.add(make_result(1, "Survived"))
    assert (count.done, str(count)) == (2, "1 detected, 1 survived")


def test_many_mutants_are_written_readably() -> None:
    count = MutantCount()
    for number in range(1234):
        count.add(make_result(mutant=make_mutant(number)))
    assert str(count) == "1,234 detected"


def test_a_terminal_gets_one_live_line() -> None:
    leader, terminal = pty.openpty()
    with os.fdopen(terminal, "w") as stream, progress_for(stream) as shown:
        assert isinstance(shown, LiveProgress)
        shown.stage("collecting tests")
        shown.collected(2)
        shown.ran(make_outcome(outcome="failed"))
        shown.rechecking()
        shown.mutating(2)
        shown.mutated(make_result(1, "Killed"))
        shown.mutated(make_result(1, "Survived"))
        shown._progress.refresh()
        # The terminal hands over what is written in pieces; without the words the read waits for ever.
        written = ""
        while "mutants: 1 survived" not in written:
            written += os.read(leader, 1 << 16).decode(errors="replace")
    os.close(leader)
    assert "1/2" in written


def test_the_time_left_is_that_of_mutants_that_are_run() -> None:
    """Of fifteen mutants six have a result at once; the five that were run took ten seconds in all.

    After four of them nothing is said: the first had to wait for what is set up once.
    """
    count = MutantCount(15)
    assert count.seconds_left(1.0) is None
    for number in range(6):
        count.add(make_result(number, "NoCoverage", seconds=0.0))
    for number in range(6, 10):
        count.add(make_result(number, "Killed", seconds=1.0))
    # A second result for a mutant is no further mutant.
    count.add(make_result(9, "Pending", seconds=0.0))
    assert count.seconds_left(9.0) is None
    count.add(make_result(10, "Killed", seconds=1.0))
    assert count.seconds_left(10.0) == 8.0
