from __future__ import annotations

import pytest
from builders import TODAY, make_evidence, make_mutation, make_policy

from gate.judge.rules.mutation_controls import rule as mutation_controls
from gate.model import ControlRun, FailedControl, Finding, MutationRun, Problem


def findings(run: MutationRun | None) -> list[Finding]:
    return list(mutation_controls(make_policy(), make_evidence(mutation=run), TODAY))


def of(controls: ControlRun) -> list[Finding]:
    return findings(make_mutation("Killed", "Survived", controls=controls))


def failed(*tests: str, kills: int = 2) -> tuple[FailedControl, ...]:
    return tuple(FailedControl(test, kills) for test in tests)


def test_controls_that_say_what_they_should_are_no_finding() -> None:
    assert of(ControlRun(positive=3, neutral=1)) == []
    assert findings(make_mutation("Survived", controls=ControlRun())) == []
    assert findings(None) == []


@pytest.mark.parametrize("status", ["Killed", "Timeout", "RuntimeError"])
def test_what_is_detected_without_any_neutral_control_is_no_evidence(status: str) -> None:
    run = make_mutation(status, "Survived", controls=ControlRun(positive=1))  # type: ignore[arg-type]
    (finding,) = findings(run)
    assert (finding.level, finding.forces) == ("error", "inconclusive")
    assert finding.message.startswith("1 mutant is detected, and no test ran with unchanged code")


def test_a_run_that_did_not_get_to_its_controls_is_not_blamed_for_having_none() -> None:
    stopped = (Problem("the run", "the run was interrupted by SIGTERM"),)
    assert findings(make_mutation("Killed", controls=ControlRun(), problems=stopped)) == []


def test_a_test_that_reacts_to_unchanged_code_is_named_with_its_void_kills() -> None:
    (finding,) = of(ControlRun(neutral=40, failed=failed("tests/test_a.py::t", kills=1_212)))
    assert (finding.level, finding.forces) == ("warning", None)
    assert finding.message == (
        "tests/test_a.py::t fails when unchanged code is put in place and passes on the original: "
        "1,212 kills of it are void"
    )


@pytest.mark.parametrize(
    ("neutral", "tests", "refused"),
    [(3, 2, False), (3, 3, True), (59, 3, True), (60, 3, False), (60, 4, True), (1_000, 50, False)],
)
def test_where_many_tests_react_the_machinery_is_not_believed(
    neutral: int, tests: int, refused: bool
) -> None:
    told = of(ControlRun(neutral=neutral, failed=failed(*(f"t{n}" for n in range(tests)))))
    assert ("inconclusive" in {finding.forces for finding in told}) == refused
    assert len(told) == tests + refused


def test_functions_whose_raise_nobody_notices_are_named_up_to_three() -> None:
    names = tuple(f"pkg/a.py::f{number}" for number in range(5))
    (one,) = of(ControlRun(positive=9, neutral=1, unnoticed=names[:1]))
    assert "when pkg/a.py::f0 raises at its entry, so survivors there are unresolved" in one.message
    (many,) = of(ControlRun(positive=9, neutral=1, unnoticed=names))
    assert "when pkg/a.py::f0, pkg/a.py::f1, pkg/a.py::f2 and 2 more raise at their" in many.message
    assert (one.level, one.forces) == ("warning", None)


def test_only_what_is_known_to_be_in_place_is_said_to_be_swallowed() -> None:
    (swallowed,) = of(ControlRun(positive=9, neutral=1, unnoticed=("pkg/a.py::f",)))
    assert swallowed.help.startswith("Something catches everything")
    (unplaced,) = of(ControlRun(positive=9, neutral=1, unplaced=("pkg/a.py", "pkg/b.py::f")))
    assert "when pkg/a.py, pkg/b.py::f raise as soon as they run, so survivors" in unplaced.message
    assert "catches" not in unplaced.help
    (one,) = of(ControlRun(positive=9, neutral=1, unplaced=("pkg/a.py",)))
    assert "when pkg/a.py raises as soon as it runs, so survivors there" in one.message
    assert (unplaced.level, unplaced.forces) == ("warning", None)
