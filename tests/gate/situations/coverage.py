"""Situations of the rules about coverage, in total and of a change."""

from __future__ import annotations

from builders import (
    make_change,
    make_evidence,
    make_file_coverage,
    make_function,
    make_policy,
)

from gate.model import (
    FileCoverage,
    Problem,
    Ratio,
)
from situations.entered import Situation, changed, situation


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
