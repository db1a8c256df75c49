from __future__ import annotations

from collections.abc import Iterator

from gate.doctor.checks import Check, asked, can_run, ok, problem, told, unknown, warning
from gate.errors import SetupError


def breaks_off() -> Iterator[Check]:
    yield ok("first", "fine")
    raise SetupError("no git", "install git")


def test_only_a_problem_keeps_the_gate_from_running() -> None:
    harmless = [ok("a", "b"), warning("a", "b", "c"), unknown("a", "b", "c")]
    assert can_run(harmless)
    assert not can_run([*harmless, problem("a", "b", "c")])


def test_an_error_in_a_family_is_a_problem_with_its_hint_and_hides_nothing_before_it() -> None:
    first, second = asked("family", breaks_off)
    assert first == ok("first", "fine")
    assert second == problem("family", "no git", "install git")


def test_an_error_without_a_hint_still_has_a_remedy() -> None:
    assert told("family", SetupError("broken")).remedy
