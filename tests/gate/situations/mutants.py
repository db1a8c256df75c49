"""Situations of the rules about mutants, their controls and scores."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from builders import (
    make_change,
    make_evidence,
    make_file_coverage,
    make_mutation,
    make_policy,
    make_result,
)

from gate.model import (
    ControlRun,
    Evidence,
    FailedControl,
    Problem,
    Status,
)
from situations.entered import CORE, Situation, changed, results, situation, waived


@situation
def mutants_that_did_not_run() -> Situation:
    return make_policy(CORE), make_evidence(changed=make_change())


@situation
def mutants_of_several_files_that_did_not_run() -> Situation:
    return make_policy('[mutation]\ncore = ["pkg/a.py", "pkg/b.py", "pkg"]\n'), make_evidence()


@situation
def mutants_of_two_files_that_did_not_run() -> Situation:
    return make_policy('[mutation]\ncore = ["pkg/a.py", "pkg"]\n'), make_evidence()


@situation
def a_command_for_mutants_without_mutants() -> Situation:
    return make_policy(), make_evidence(command="mutate")


@situation
def mutants_of_no_file() -> Situation:
    return make_policy(CORE), make_evidence(mutation=make_mutation(core=()))


@situation
def targets_of_no_file() -> Situation:
    return make_policy(), make_evidence(mutation=make_mutation(core=()), command="mutate")


def empty(core: Iterable[str], *mutants: tuple[str, str, Status]) -> Evidence:
    return make_evidence(mutation=make_mutation(core=tuple(core), results=results(*mutants)))


@situation
def a_core_without_anything_to_mutate() -> Situation:
    return make_policy(CORE), empty(["pkg/a.py"])


@situation
def a_core_with_one_mutant_that_does_not_compile() -> Situation:
    return make_policy(CORE), empty(["pkg/a.py"], ("pkg/a.py", "add", "CompileError"))


@situation
def a_core_of_noise() -> Situation:
    noise: list[tuple[str, str, Status]] = [("pkg/a.py", "add", "Ignored")] * 2
    return make_policy(CORE), empty(["pkg/a.py", "pkg/b.py", "pkg/c.py"], *noise)


@situation
def a_core_of_waived_mutants() -> Situation:
    given = [make_result(n, "Ignored", reason="waived: it is the same") for n in (1, 2)]
    policy = make_policy(CORE + waived(1, "2026-07-01") + waived(2, "2026-07-01"))
    return policy, make_evidence(mutation=make_mutation(results=tuple(given)))


@situation
def a_core_of_mutants_that_do_not_count() -> Situation:
    given = results(*[("pkg/a.py", "add", "Ignored")] * 3, ("pkg/a.py", "add", "CompileError"))
    by_waiver = replace(given[1], reason="waived: it is the same")
    run = make_mutation(core=("pkg/a.py",), results=(given[0], by_waiver, *given[2:]))
    return make_policy(CORE), make_evidence(mutation=run)


@situation
def some_files_of_the_core_without_mutants_that_count() -> Situation:
    given = results(
        ("pkg/c.py", "add", "Ignored"),
        ("pkg/a.py", "add", "Killed"),
        ("pkg/d.py", "add", "CompileError"),
        ("pkg/d.py", "add", "CompileError"),
    )
    run = make_mutation(
        core=("pkg/d.py", "pkg/c.py", "pkg/b.py", "pkg/a.py", "pkg/e.py"),
        results=(replace(given[0], reason="waived: it is the same"), *given[1:]),
        problems=(Problem("pkg/e.py", "cannot be parsed"), Problem("pkg/e.py", "cannot be parsed")),
        notes=("the cache was not readable", "the cache was not readable"),
    )
    return make_policy(CORE), make_evidence(mutation=run)


@situation
def mutants_that_stay_open() -> Situation:
    reasons = ("", "the budget was used up", "b", "c", "d", "e", "f", "b", "b")
    run = make_mutation(
        results=tuple(make_result(n, "Pending", reason=each) for n, each in enumerate(reasons, 1))
    )
    return make_policy(CORE), make_evidence(mutation=run)


@situation
def one_mutant_more_stays_open_than_is_named() -> Situation:
    run = make_mutation(
        results=tuple(make_result(n, "Pending", reason=f"{n}") for n in range(1, 7))
    )
    return make_policy(CORE), make_evidence(mutation=run)


@situation
def waivers() -> Situation:
    policy = make_policy(
        CORE
        + waived(1, "2026-07-01")
        + waived(2, "2026-06-30")
        + waived(3, "2026-06-30")
        + waived(4, "2026-07-01")
    )
    given = tuple(make_result(n, "Ignored", reason="waived: by core") for n in (9, 8, 2, 1))
    kill = make_result(7, "Killed")
    return policy, make_evidence(mutation=make_mutation(results=(*given, kill)))


@situation
def waivers_in_a_run_over_some_mutants() -> Situation:
    policy = make_policy(CORE + waived(3, "2026-06-30") + waived(4, "2026-07-01"))
    return policy, make_evidence(mutation=make_mutation("Killed", changed=True))


@situation
def kills_without_a_control() -> Situation:
    run = make_mutation("Killed", controls=ControlRun())
    return make_policy(CORE), make_evidence(mutation=run)


@situation
def more_kills_without_a_control() -> Situation:
    run = make_mutation("Killed", "Timeout", "RuntimeError", controls=ControlRun(positive=1))
    return make_policy(CORE), make_evidence(mutation=run)


def failed_controls(tests: int, neutral: int, unnoticed: int = 0) -> Evidence:
    failed = tuple(FailedControl(f"t.py::{number}", number) for number in range(tests))
    names = tuple(f"pkg/a.py::f{number}" for number in range(unnoticed))
    controls = ControlRun(unnoticed + 1, names, neutral, failed)
    return make_evidence(mutation=make_mutation("Killed", controls=controls))


@situation
def controls_that_fail_in_two_of_many_tests() -> Situation:
    return make_policy(CORE), failed_controls(2, 3, unnoticed=1)


@situation
def controls_that_fail_in_three_of_sixty_runs() -> Situation:
    return make_policy(CORE), failed_controls(3, 60, unnoticed=3)


@situation
def controls_that_fail_in_three_of_fewer_runs() -> Situation:
    return make_policy(CORE), failed_controls(3, 59, unnoticed=4)


@situation
def code_that_cannot_be_changed() -> Situation:
    controls = ControlRun(3, neutral=1, unplaced=("pkg/a.py", "pkg/b.py::f"))
    return make_policy(CORE), make_evidence(mutation=make_mutation("Killed", controls=controls))


@situation
def a_low_score() -> Situation:
    given = results(
        ("pkg/b.py", "", "Killed"),
        *[("pkg/a.py", name, "NoCoverage") for name in ("f", "", "")],
        *[("pkg/a.py", name, "Survived") for name in ("f", "f", "step", "g", "h", "h", "h")],
        ("pkg/b.py", "", "Survived"),
    )
    return make_policy(CORE), make_evidence(
        mutation=make_mutation(core=("pkg/a.py", "pkg/b.py"), results=given)
    )


@situation
def a_score_that_is_open() -> Situation:
    statuses: tuple[Status, ...] = ("Pending", "Pending", "Killed", "NoCoverage", "NoCoverage")
    return make_policy(CORE), make_evidence(mutation=make_mutation(*statuses, "Survived"))


@situation
def a_score_of_open_mutants_alone() -> Situation:
    return make_policy(CORE), make_evidence(mutation=make_mutation("Pending"))


@situation
def a_low_score_of_a_change() -> Situation:
    given = results(
        ("pkg/a.py", "add", "Survived"),
        ("pkg/b.py", "", "Survived"),
        ("pkg/b.py", "", "Survived"),
        ("pkg/b.py", "run", "Killed"),
    )
    run = make_mutation(core=("pkg/a.py", "pkg/b.py"), results=given, changed=True)
    files = (make_file_coverage("pkg/a.py"), make_file_coverage("lib/a.py"))
    return make_policy(CORE), changed(*files, mutation=run)


@situation
def a_change_without_a_mutant_that_counts() -> Situation:
    files = [make_file_coverage(f"lib/{name}.py") for name in "cabd"]
    run = make_mutation("Ignored", "Ignored", changed=True)
    return make_policy(CORE), changed(*files, mutation=run)


@situation
def a_change_of_three_files_outside_of_the_core() -> Situation:
    files = [make_file_coverage(f"lib/{name}.py") for name in "cab"]
    return make_policy(CORE), changed(*files, mutation=make_mutation(changed=True))
