from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from builders import make_cause, make_mutant, make_outcome
from fake_workers import PASS, FakeWorkers

from gate.errors import MissingEvidenceError
from gate.measure.suite import Baseline
from gate.mutate.base import BaseCode, BaseRun, import_roots, in_both, red_by_environment
from gate.mutate.plans import MutantPlan
from gate.supervise.zygote import Collected


def code(*python: str, core: tuple[str, ...] = ()) -> BaseCode:
    return BaseCode(Path("/base"), python, core or python)


@pytest.mark.parametrize(
    ("python", "core", "expected"),
    [
        (("pkg/__init__.py", "pkg/a.py"), "pkg/a.py", ["."]),
        (("a.py",), "a.py", ["."]),
        (("src/pkg/__init__.py", "src/pkg/a.py"), "src/pkg/a.py", ["src"]),
        (("src/pkg/a.py",), "src/pkg/a.py", ["src"]),
        (("lib/pkg/__init__.py", "lib/pkg/a.py"), "lib/pkg/a.py", [".", "lib"]),
        (
            ("lib/pkg/__init__.py", "lib/pkg/sub/__init__.py"),
            "lib/pkg/sub/__init__.py",
            [".", "lib"],
        ),
    ],
)
def test_the_base_is_imported_from_where_its_packages_begin(
    python: tuple[str, ...], core: str, expected: list[str]
) -> None:
    assert import_roots(code(*python, core=(core,))) == expected


def plan(number: int, source: str) -> MutantPlan:
    return MutantPlan(make_mutant(number, source=source), (0,))


def test_mutants_of_both_sides_are_paired_by_what_they_change_unless_they_do_not_count() -> None:
    plans = [plan(1, "return a + b"), plan(2, "c = a + b"), plan(3, "d = a + b")]
    head = [
        make_mutant(4, line=7, source="    return a + b"),
        make_mutant(5, source="e = a + b"),
        make_mutant(3, source="d = a + b", ignored="waived: x"),
        make_mutant(6, source="c = a + b", function="other"),
        make_mutant(7, source="c = a + b", replacement="a * b"),
    ]
    assert in_both(plans, head) == [(plans[0], head[0])]


def test_what_ran_on_the_base_is_asked_in_the_head_too_where_the_place_alone_makes_it_noise() -> (
    None
):
    plans = [plan(1, "c = a + b")]
    head = make_mutant(1, source="c = a + b", ignored="repr: inside `__repr__`")
    assert in_both(plans, [head]) == [(plans[0], replace(head, ignored=""))]


def test_an_id_that_stands_for_another_line_since_the_change_is_no_pair() -> None:
    plans = [plan(1, "x = a + b")]
    head = [make_mutant(1, source="new = a + b"), make_mutant(2, source="x = a + b")]
    assert in_both(plans, head) == [(plans[0], head[1])]


def test_of_equal_lines_of_a_function_the_one_of_the_same_id_is_meant() -> None:
    plans = [plan(2, "x = a + b"), plan(3, "x = a + b")]
    head = [make_mutant(number, source="x = a + b") for number in (1, 2)]
    assert in_both(plans, head) == [(plans[0], head[1])]


def test_a_test_that_cannot_run_on_the_base_for_want_of_something_is_told() -> None:
    causes = {
        "tests/a.py::t": make_outcome("t", "failed", cause=make_cause(kind="environment")),
        "tests/b.py::t": make_outcome("u", "failed", cause=make_cause()),
        "tests/c.py::t": make_outcome("v", "timeout"),
        "tests/d.py::t": make_outcome("w"),
    }
    collected = Collected((), (), {}, (), {}, {})
    baseline = Baseline(collected, outcomes=dict(enumerate(causes.values())))
    assert [outcome.test for outcome in red_by_environment(baseline)] == ["t", "v"]


class Workers(FakeWorkers):
    """Workers of a base at `root`, whose collection is said to be as given."""

    def __init__(self, root: Path, **fields: Any) -> None:
        super().__init__(root, 4, lambda *_: PASS)
        self.fields = fields
        self.launch = SimpleNamespace(
            root=root, scratch=root, options=(), watch={"pkg.a": "pkg/a.py"}
        )

    def collect(self) -> Collected:
        known = {"uncollected": (), "early": {}, "imported": {}, **self.fields}
        return Collected(self.items, environment={"rootdir": "/repo"}, threads=(), **known)

    def data_files(self) -> list[Path]:
        return []


def run(root: Path, **fields: Any) -> BaseRun:
    policy: Any = SimpleNamespace(tests=SimpleNamespace(exclude=()))
    supervisor: Any = Workers(root, **fields)
    base = BaseCode(root, ("pkg/a.py",), ("pkg/a.py",))
    return BaseRun(supervisor, base, policy, 1, lambda path, test: test.endswith(("_1", "_2")))


def test_only_the_touched_tests_run(tmp_path: Path) -> None:
    done = run(tmp_path, imported={"pkg.a": str(tmp_path / "pkg/a.py")})
    assert [test.rpartition("_")[2] for test in done.outcomes] == ["1", "2"]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"imported": {"pkg.a": "/head/pkg/a.py"}}, "import pkg.a from elsewhere"),
        ({"early": {"pkg.a": "/head/pkg/a.py"}}, "import pkg.a from elsewhere"),
        (
            {"uncollected": ({"test": "tests/x.py", "outcome": "error", "message": "a\nE no y"},)},
            "tests/x.py cannot be collected on the base: E no y",
        ),
    ],
)
def test_other_code_and_files_that_are_not_collected_are_no_evidence(
    tmp_path: Path, fields: dict[str, Any], words: str
) -> None:
    with pytest.raises(MissingEvidenceError, match=words):
        run(tmp_path, **fields)


def test_a_file_that_skips_itself_on_the_base_killed_nothing_there(tmp_path: Path) -> None:
    skipped = {"test": "tests/x.py", "outcome": "skipped", "message": "no GPU"}
    assert run(tmp_path, uncollected=(skipped,)).outcomes
