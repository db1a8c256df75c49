"""Builders of the nouns with sensible defaults, so that a test names only what it is about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from gate.model import (
    Cause,
    CauseKind,
    ChangedFile,
    ChangedLines,
    ControlRun,
    CoverageMap,
    Evidence,
    Exclusion,
    FileCoverage,
    Function,
    LostKills,
    Mutant,
    MutantResult,
    MutationRun,
    OrderProbe,
    Outcome,
    Problem,
    Ratio,
    Relocation,
    RuleChange,
    RulesOfChange,
    Status,
    SuiteRun,
    Suppression,
    TestChange,
    TestOutcome,
    UnmeasuredImport,
)
from gate.policy.model import Policy, parse_policy

TODAY = date(2026, 7, 1)


def make_policy(text: str = '[source]\ninclude = ["pkg"]\n') -> Policy:
    return parse_policy(text, "policies/default.toml")


def make_cause(group: str = "AssertionError", kind: CauseKind = "test") -> Cause:
    return Cause(kind, group)


def make_outcome(
    test: str = "tests/test_a.py::test_one", outcome: Outcome = "passed", **fields: Any
) -> TestOutcome:
    path = test.partition("::")[0]
    return TestOutcome(test, outcome, **{"seconds": 0.25, "path": path, "line": 3, **fields})


def make_exclusion(test: str = "tests/test_a.py::test_slow", **fields: Any) -> Exclusion:
    defaults = {
        "pattern": test,
        "reason": "it hangs",
        "owner": "core",
        "expires": date(2027, 3, 31),
    }
    return Exclusion(test, **{**defaults, **fields})


def make_function(qualname: str = "run", line: int = 1, end_line: int = 9) -> Function:
    return Function(qualname, line, end_line, public=True, body=frozenset({line + 1}))


def make_file_coverage(
    path: str = "pkg/a.py",
    lines: int = 100,
    missing_lines: Iterable[int] = (),
    missing_branches: Iterable[tuple[int, int]] = (),
    missing_functions: Iterable[Function] = (),
    **fields: Any,
) -> FileCoverage:
    """A file of `lines` lines, half as many branches and ten functions, covered but for what is missing."""
    lacking, branches, functions = (
        frozenset(missing_lines),
        frozenset(missing_branches),
        tuple(missing_functions),
    )
    defaults = {
        "line": Ratio(lines - len(lacking), lines),
        "branch": Ratio(lines // 2 - len(branches), lines // 2),
        "function": Ratio(10 - len(functions), 10),
        "executed_lines": frozenset(range(1, lines + 1)) - lacking,
        "missing_lines": lacking,
        "missing_branches": branches,
        "missing_functions": functions,
    }
    return FileCoverage(path, **{**defaults, **fields})


def make_suite(*outcomes: TestOutcome, **fields: Any) -> SuiteRun:
    return SuiteRun(outcomes or (make_outcome(),), **{"seconds": 1.5, **fields})


def make_change(*files: ChangedFile, **fields: Any) -> ChangedLines:
    defaults = {"base": "main", "merge_base": "a" * 40, "head": "b" * 40, "dirty": False}
    return ChangedLines(
        files=files or (ChangedFile("pkg/a.py", frozenset({3, 4})),), **{**defaults, **fields}
    )


def make_evidence(
    suite: SuiteRun | None = None,
    files: Iterable[FileCoverage] | None = None,
    changed: ChangedLines | None = None,
    changed_files: Iterable[FileCoverage] | None = None,
    problems: Iterable[Problem] = (),
    mutation: MutationRun | None = None,
    **fields: Any,
) -> Evidence:
    """Evidence that passes the default policy unless told otherwise; `problems` are coverage's."""
    return Evidence(
        suite or make_suite(),
        CoverageMap(tuple((make_file_coverage(),) if files is None else files), tuple(problems)),
        changed,
        None if changed_files is None else CoverageMap(tuple(changed_files)),
        mutation,
        **fields,
    )


def make_order(probed: int = 5, total: int = 9, dependent: Iterable[str] = ()) -> OrderProbe:
    return OrderProbe(probed, total, tuple(dependent))


def make_mutant(number: int = 1, **fields: Any) -> Mutant:
    """`a + b` becomes `a - b` on line `number` of pkg/a.py, in a function called `add`."""
    defaults = {
        "id": f"{number:012x}",
        "path": "pkg/a.py",
        "line": number,
        "column": 12,
        "end_line": number,
        "end_column": 17,
        "operator": "swap",
        "function": "add",
        "original": "a + b",
        "replacement": "a - b",
        "source": "    return a + b",
        "start": 100 * number,
        "end": 100 * number + 5,
        "moment": "call",
    }
    return Mutant(**{**defaults, **fields})


def make_result(number: int = 1, status: Status = "Killed", **fields: Any) -> MutantResult:
    """A mutant's result with the evidence that its status asks for; `mutant` replaces the mutant."""
    test = "tests/test_a.py::test_one"
    evidence: dict[str, Any] = {
        "Killed": {"killed_by": test, "covered_by": (test,)},
        "Timeout": {"killed_by": test, "covered_by": (test,), "reason": "still running after 4 s"},
        "RuntimeError": {"killed_by": test, "covered_by": (test,), "reason": "killed by SIGSEGV"},
        "Survived": {"covered_by": (test,)},
        "NoCoverage": {},
        "Ignored": {"reason": "log: changes only what is logged"},
        "Pending": {"covered_by": (test,), "reason": "the budget was used up"},
        "CompileError": {"reason": "invalid syntax"},
    }[status]
    fields.setdefault("mutant", make_mutant(number))
    return MutantResult(**{"status": status, "seconds": 0.25, **evidence, **fields})


def make_mutation(*statuses: Status, **fields: Any) -> MutationRun:
    """A run over pkg/a.py, a mutant for each status."""
    results = tuple(make_result(number, status) for number, status in enumerate(statuses, 1))
    defaults = {"core": ("pkg/a.py",), "seconds": 2.5, "controls": ControlRun(neutral=1)}
    return MutationRun(**{"results": results, **defaults, **fields})


def make_test_change(
    test: str = "tests/test_a.py::test_gone", fate: Any = "removed", now: str = ""
) -> TestChange:
    return TestChange(test, fate, now)


def make_lost(*kills: MutantResult, killer: TestChange | None = None, **fields: Any) -> LostKills:
    """Kills that are lost, as the head sees their mutants; all by one killer, which was removed."""
    change = killer or make_test_change()
    asked = len(kills) + len(fields.get("unresolved", ()))
    defaults = {"touched": 1, "asked": asked, "tests": (change,), "seconds": 1.5}
    return LostKills(tuple((kill, change) for kill in kills), **{**defaults, **fields})


def make_rules(**fields: Any) -> RulesOfChange:
    """What a change does to its own rules, with an entry of every kind."""
    defaults: dict[str, Any] = {
        "policy": (RuleChange("coverage.line", "80", "70", "looser", "policy.toml"),),
        "selection": (RuleChange("addopts -k", "nothing", "-k a", "looser", "pytest.ini"),),
        "hooks": (Suppression("conftest.py", 1, "collect_ignore", "collect_ignore"),),
        "suppressions": (Suppression("pkg/a.py", 7, "no cover", "x  # pragma: no cover"),),
        "unmeasured": (Relocation("tools.py", 1, "pkg/b.py", "", 12),),
        "left_core": (Relocation("pkg/c.py", 3, "pkg/b.py", "first", 2),),
        "imports": (UnmeasuredImport("pkg/a.py", 2, "helpers/h.py"),),
        "notes": ("lax.toml has no say",),
    }
    return RulesOfChange("c" * 40, **{**defaults, **fields})


def changed_files(
    before: Mapping[str, str], after: Mapping[str, str], *renamed: tuple[str, str]
) -> list[ChangedFile]:
    """Compare two trees; `renamed` are pairs of old and new, and a line that the base lacks is changed."""
    old_of = {new: old for old, new in renamed}
    files = []
    for path in sorted({*before, *after} - set(old_of.values())):
        if path not in after:
            files.append(ChangedFile(path, frozenset(), "deleted"))
        elif before.get(path) != after[path]:
            had = before.get(old_of.get(path, path), "").splitlines()
            lines = [n for n, line in enumerate(after[path].splitlines(), 1) if line not in had]
            status = "renamed" if path in old_of else "modified" if path in before else "added"
            files.append(ChangedFile(path, frozenset(lines), status, old_of.get(path)))
    return files
