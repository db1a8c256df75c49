"""Situations in which a rule has something to say, so that together they make it say all that it can."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import product

from builders import (
    make_cause,
    make_change,
    make_evidence,
    make_exclusion,
    make_file_coverage,
    make_function,
    make_lost,
    make_mutant,
    make_mutation,
    make_order,
    make_outcome,
    make_policy,
    make_result,
    make_rules,
    make_suite,
    make_test_change,
)

from gate.model import (
    ChangedFile,
    ControlRun,
    CoverageMap,
    Evidence,
    FailedControl,
    FileCoverage,
    MutantResult,
    Problem,
    Ratio,
    Relocation,
    RuleChange,
    RulesOfChange,
    Status,
    SuiteRun,
    Suppression,
)
from gate.policy.model import Policy

Situation = tuple[Policy, Evidence]
SITUATIONS: dict[str, Callable[[], Situation]] = {}
CORE = '[mutation]\ncore = ["pkg/a.py"]\n'


def situation(make: Callable[[], Situation]) -> Callable[[], Situation]:
    """Enter a situation under the words of its name."""
    SITUATIONS[make.__name__.replace("_", " ")] = make
    return make


def excluded(what: str, expires: str) -> str:
    return f'[[tests.exclude]]\n{what}\nreason = "it hangs"\nowner = "core"\nexpires = {expires}\n'


def waived(number: int, expires: str) -> str:
    return (
        f'[[mutation.waive]]\nmutant = "{number:012x}"\nreason = "it is the same"\n'
        f'owner = "core"\nexpires = {expires}\n'
    )


def results(*mutants: tuple[str, str, Status]) -> tuple[MutantResult, ...]:
    """One result for each (path, function, status), each on a line of its own."""
    return tuple(
        make_result(number, status, mutant=make_mutant(number, path=path, function=function))
        for number, (path, function, status) in enumerate(mutants, 1)
    )


def changed(*files: FileCoverage, **fields: object) -> Evidence:
    """The coverage of changed lines, beside a suite that passes."""
    change = make_change(*(ChangedFile(file.path, frozenset({3})) for file in files))
    return make_evidence(changed=change, changed_files=files, **fields)  # type: ignore[arg-type]


# The policy


@situation
def a_policy_of_the_gate_with_notes_and_without_a_core() -> Situation:
    return replace(make_policy(""), notes=("no policy was found",)), make_evidence()


@situation
def a_policy_that_guards_nothing() -> Situation:
    text = """
        [mutation]
        core = ["lib/a.py", "pkg/a.py", "pk"]
        [[path]]
        match = "lib/*.py"
        coverage.line = 9
        """
    return make_policy(text), make_evidence(mutation=make_mutation("Killed"))


@situation
def a_change_of_its_own_rules() -> Situation:
    directions = ("looser", "tighter", "other")
    rules = RulesOfChange(
        "c" * 40,
        policy=tuple(RuleChange("coverage.line", "80", "70", each) for each in directions),
        selection=tuple(
            RuleChange("addopts -k", "nothing", "-k a", direction, path)
            for direction, path in product(directions, ("pytest.ini", "a fixture"))
        ),
        hooks=(Suppression("conftest.py", 9, "collect_ignore", "collect_ignore"),),
        suppressions=(
            Suppression("pkg/a.py", 7, "no cover", "x = 1  # pragma: no cover"),
            Suppression("tests/test_a.py", 3, "skip", "skip"),
        ),
        unmeasured=(
            Relocation("tools/a.py", 4, "pkg/a.py", "", 1_200),
            Relocation("tools/b.py", 5, "pkg/b.py", "Box.size", 1),
        ),
        left_core=(
            Relocation("pkg/c.py", 3, "pkg/b.py", "first", 2),
            Relocation("pkg/d.py", 1, "pkg/b.py", "", 9),
        ),
        notes=("lax.toml has no say", "setup.cfg leaves out more"),
    )
    mutation = make_mutation(changed=True, results=())
    return make_policy(CORE), replace(make_evidence(mutation=mutation), rules=rules)


@situation
def suppressions_that_the_policy_allows_under_a_policy_without_a_file() -> Situation:
    policy = replace(make_policy("suppressions.new = 1\n"), origin="the gate's own rules")
    return policy, replace(make_evidence(), rules=make_rules())


# The suite


@situation
def nothing_was_collected_and_nothing_measured() -> Situation:
    return make_policy(), make_evidence(SuiteRun(()), files=())


@situation
def no_test_passed() -> Situation:
    outcomes = ("skipped", "failed", "skipped", "xfailed")
    tests = (make_outcome(f"t.py::{n}", each) for n, each in enumerate(outcomes))
    return make_policy(), make_evidence(make_suite(*tests))


@situation
def holes_in_what_was_measured() -> Situation:
    worker, torn = Problem("share 2", "its worker ended badly"), Problem("coverage", "it is torn")
    blind = make_file_coverage("pkg/b.py", 0, unreadable="invalid syntax, line 3")
    moved = make_file_coverage("pkg/c.py", 0, unreadable="no UTF-8")
    evidence = make_evidence(
        make_suite(problems=(worker, worker)),
        (make_file_coverage(missing_lines=range(1, 41)), blind),
        make_change(),
        problems=(torn, worker),
    )
    lines = CoverageMap((moved,), (Problem("pkg/a.py", "its lines do not match"),))
    return make_policy(), replace(evidence, changed_coverage=lines)


@situation
def red_tests_of_every_kind() -> Situation:
    kinds = ("test", "collection", "crash", "timeout", "flaky", "order", "environment")
    tests = [
        make_outcome(f"t_{kind}.py::{number}", "failed", cause=make_cause(f"why {kind}", kind))  # type: ignore[arg-type]
        for count, kind in enumerate(kinds, 1)
        for number in range(count)
    ]
    nowhere = make_outcome("x", "error", path="", line=None, cause=make_cause("nowhere"))
    return make_policy(), make_evidence(make_suite(make_outcome(), nowhere, *tests))


@situation
def tests_that_cannot_be_believed() -> Situation:
    flaky = make_cause("red once, green when run again", "flaky")
    tests = (
        make_outcome("t.py::green", cause=flaky, line=5),
        make_outcome("t.py::alone", line=7),
        make_outcome("a.py::green", "xpassed", path="", line=None, cause=flaky),
        make_outcome("t.py::sure", cause=make_cause()),
        make_outcome("t.py::red", "failed", cause=flaky, line=6),
    )
    order = make_order(dependent=["t.py::alone", "gone.py::b"])
    return make_policy(), make_evidence(make_suite(*tests, order=order))


@situation
def tests_that_are_left_out() -> Situation:
    policy = make_policy(
        excluded('test = "t.py::old"', "2026-06-30")
        + excluded('marker = "slow"', "2026-06-30")
        + excluded('test = "t.py::none"', "2026-07-01")
        + excluded('test = "t.py::one"', "2026-07-01")
        + excluded('marker = "onnx"', "2027-01-31")
    )
    left_out = (
        ("t.py::old", "t.py::old"),
        ("t.py::slow_1", "marker slow"),
        ("t.py::slow_2", "marker slow"),
        ("t.py::one", "t.py::one"),
        ("t.py::onnx_1", "marker onnx"),
        ("t.py::onnx_2", "marker onnx"),
        ("t.py::stray_2", "t.py::stray_*"),
        ("t.py::stray_1", "t.py::stray_*"),
    )
    exclusions = tuple(make_exclusion(test, pattern=pattern) for test, pattern in left_out)
    return policy, make_evidence(make_suite(exclusions=exclusions))


@situation
def less_isolation_than_is_asked_for() -> Situation:
    said = {"level": "none", "not in force": "network, Landlock"}
    return make_policy('isolation.require = "full"'), make_evidence(make_suite(isolation=said))


@situation
def an_isolation_that_is_not_told() -> Situation:
    return make_policy('isolation.require = "full"'), make_evidence(make_suite(isolation={}))


# Coverage


def poor(path: str, missing: int, functions: int = 0) -> FileCoverage:
    return make_file_coverage(
        path,
        100,
        range(1, missing + 1),
        [(n, n + 1) for n in range(1, missing // 2 + 1)],
        [make_function(f"f{n}", n) for n in range(functions, 0, -1)],
        function=Ratio(30 - functions, 30),
    )


@situation
def one_file_with_too_little_coverage() -> Situation:
    return make_policy(), make_evidence(files=[poor("pkg/a.py", 21, 1)])


@situation
def many_files_with_too_little_coverage() -> Situation:
    files = [poor("pkg/b.py", 60, 1), poor("pkg/a.py", 60, 19), poor("pkg/c.py", 10, 0)]
    files += [poor("pkg/d.py", 90, 1), make_file_coverage("pkg/e.py"), poor("pkg/f.py", 0)]
    files += [make_file_coverage("pkg/g.py", 1000, range(1, 71))]
    return make_policy(), make_evidence(files=files)


@situation
def too_little_coverage_that_may_be_hidden() -> Situation:
    return make_policy(), make_evidence(
        files=[poor("pkg/a.py", 50, 20), poor("pkg/b.py", 1, 3)], problems=[Problem("x", "is lost")]
    )


@situation
def path_rules_that_ask_more_and_less() -> Situation:
    policy = make_policy(
        """
        [[path]]
        match = "old/*.py"
        coverage.line = 40
        coverage.branch = 40
        coverage.function = 0
        [[path]]
        match = "core/*.py"
        coverage.line = 97.5
        [[path]]
        match = "core/b*.py"
        coverage.line = 99
        coverage.function = 100
        """
    )
    paths = (("old/a.py", 70, 9), ("core/a.py", 3, 1), ("core/b.py", 2, 1), ("core/b2.py", 1, 0))
    files = [poor(*each) for each in paths]
    return policy, make_evidence(files=[*files, poor("pkg/a.py", 50, 1)])


# A change


@situation
def a_change_that_was_not_measured() -> Situation:
    return make_policy(), make_evidence(changed=make_change())


@situation
def a_change_without_a_line_to_measure() -> Situation:
    nothing = make_file_coverage(lines=0, branch=Ratio(0, 0), function=Ratio(0, 0))
    return make_policy(), changed(nothing)


@situation
def two_changed_files_without_a_line_to_measure() -> Situation:
    files = [make_file_coverage(path, 0) for path in ("pkg/a.py", "pkg/b.py")]
    return make_policy(), changed(*files)


@situation
def a_change_with_gaps() -> Situation:
    several = make_file_coverage(
        "pkg/b.py",
        100,
        range(2, 62, 2),
        [(n, n + 1) for n in range(30, 14, -1)],
        [make_function("late", 40), make_function("early", 4)],
    )
    one = make_file_coverage("pkg/a.py", 10, [3], [(7, -1)], [make_function("Box.only", 3)])
    edge = make_file_coverage("pkg/c.py", 10, [], [(-1, 2), (4, 0), (5, 1)])
    many = [
        make_file_coverage(
            f"pkg/{name}.py", 40, range(2, 2 * n + 2, 2), [(each, each + 1) for each in range(n)]
        )
        for name, n in (("e", 12), ("f", 13))
    ]
    return make_policy(), changed(several, one, edge, make_file_coverage("pkg/d.py"), *many)


@situation
def a_change_with_gaps_that_are_allowed() -> Situation:
    policy = make_policy(
        "[coverage]\nfunction = 50\n[coverage.changed]\nline = 50\nbranch = 50\n"
        '[[path]]\nmatch = "old/*.py"\ncoverage.function = 10\n'
    )
    files = [poor("old/a.py", 9, 25), poor("pkg/a.py", 2, 1)]
    return policy, changed(*files)


@situation
def a_change_with_gaps_that_may_be_hidden() -> Situation:
    return make_policy(), changed(poor("pkg/a.py", 50, 1), problems=[Problem("x", "is lost")])


@situation
def a_change_with_gaps_that_have_no_place() -> Situation:
    lost = make_file_coverage(line=Ratio(1, 100), branch=Ratio(1, 100))
    return make_policy(), changed(lost)


# Mutants


@situation
def mutants_that_did_not_run() -> Situation:
    return make_policy(CORE), make_evidence(changed=make_change())


@situation
def mutants_of_several_files_that_did_not_run() -> Situation:
    return make_policy('[mutation]\ncore = ["pkg/a.py", "pkg/b.py", "pkg"]\n'), make_evidence()


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


# Tests that a change touches


@situation
def kills_that_are_lost() -> Situation:
    fates = ("removed", "renamed", "skipped", "xfailed", "red", "changed")
    tests = tuple(f"t.py::{number}" for number in range(1_200))
    long = make_mutant(4, original="a +\n      b", replacement="c" * 61)
    whole = make_mutant(5, original="d" * 60)
    kills = (
        make_result(1, "Survived"),
        make_result(2, "NoCoverage"),
        make_result(3, "Survived", covered_by=tests),
        make_result(4, "Survived", mutant=long),
        make_result(5, "Survived", mutant=whole),
        make_result(6, "Survived"),
    )
    killers = [make_test_change(f"t.py::{fate}", fate) for fate in fates]
    killers[1] = replace(killers[1], now="t.py::other")
    lost = replace(make_lost(gone=1, asked=6), kills=tuple(zip(kills, killers, strict=True))[::-1])
    return make_policy(CORE), make_evidence(lost=lost)


@situation
def more_kills_are_lost_than_are_named() -> Situation:
    kills = [
        make_result(n, "Survived", mutant=make_mutant(n, path=f"pkg/{'ab'[n > 22]}.py"))
        for n in range(1, 25)
    ]
    return make_policy(CORE), make_evidence(lost=make_lost(*kills, gone=1_200))


@situation
def lost_kills_that_are_not_known() -> Situation:
    problem = Problem("the base's tests", "no test could be collected")
    reasons = ("", "slow", "slow", "late")
    pending = tuple(make_result(n, "Pending", reason=each) for n, each in enumerate(reasons, 1))
    lost = make_lost(
        problems=(problem, problem), unresolved=pending, notes=("2 touched tests are red",)
    )
    return make_policy(CORE), make_evidence(lost=lost)


@situation
def tests_that_run_no_more() -> Situation:
    tests = [make_test_change(f"a.py::test_{n}") for n in range(4, 0, -1)]
    tests += [make_test_change(f"b.py::test_{n}", "skipped") for n in range(3)]
    tests += [
        make_test_change("b.py::test_x", "xfailed"),
        make_test_change("c.py::test_r", "renamed", "d.py::test_r"),
        make_test_change("e.py"),
        make_test_change("f.py::TestBox::test_size"),
    ]
    return make_policy(CORE), make_evidence(lost=make_lost(tests=tuple(tests)))
