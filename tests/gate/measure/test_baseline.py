from __future__ import annotations

import os
import platform
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from builders import make_policy
from fake_supervisor import FAIL, PASS, FakeSupervisor

from gate.measure.baseline import look_again, run_suite
from gate.model import Exclusion, Problem, SessionEnd, SuiteRun, TestOutcome

TESTS = [f"tests/test_a.py::test_{number}" for number in range(3)]


class Watcher:
    def __init__(self) -> None:
        self.tests = 0
        self.ran_tests: list[str] = []
        self.rechecks = 0
        self.notes: list[str] = []

    def collected(self, tests: int) -> None:
        self.tests = tests

    def ran(self, outcome: TestOutcome) -> None:
        self.ran_tests.append(outcome.test)

    def note(self, line: str) -> None:
        self.notes.append(line)

    def rechecking(self) -> None:
        self.rechecks += 1


def run(
    tmp_path: Path,
    policy: str = "",
    change: Callable[[FakeSupervisor], None] = lambda supervisor: None,
) -> tuple[SuiteRun, Watcher]:
    supervisor = FakeSupervisor(TESTS, lambda item, before: FAIL if item == 1 else PASS, tmp_path)
    supervisor.launch.root, supervisor.launch.watch = tmp_path, {"pkg.a": "pkg/a.py"}
    change(supervisor)
    watcher = Watcher()
    known: list[int] = []

    def begin() -> None:
        known.extend((watcher.tests, len(watcher.ran_tests)))

    baseline = run_suite(supervisor, make_policy(policy), 2, watcher, begin)  # type: ignore[arg-type]
    # After the collection, and before the first test.
    assert known == [3, 0]
    suite = look_again(supervisor, baseline, make_policy(policy), 2, watcher)  # type: ignore[arg-type]
    return suite, watcher


def test_the_suite_is_run_explained_and_probed(tmp_path: Path) -> None:
    suite, watcher = run(tmp_path)
    assert suite.counts["passed"] == 2
    assert suite.counts["failed"] == 1
    assert suite.passing() == {TESTS[0], TESTS[2]}
    assert (suite.order.probed, suite.order.total) == (2, 2)
    assert watcher.tests == 3
    assert sorted(watcher.ran_tests) == TESTS
    assert watcher.rechecks == 3
    assert suite.environment == {
        "python": "3",
        "rootdir": "/repo",
        "gate python": platform.python_version(),
        "jobs": "2",
        "cores": str(os.cpu_count()),
    }
    assert suite.exclusions == ()
    assert suite.seconds > 0
    assert watcher.notes == []


def test_a_start_that_puts_the_root_on_the_path_is_told_on_the_way_and_in_the_results(
    tmp_path: Path,
) -> None:
    def change(supervisor: FakeSupervisor) -> None:
        supervisor.launch.as_module = True

    suite, watcher = run(tmp_path, change=change)
    how = "as `python -m pytest` does it: the root of the repository is on sys.path"
    assert watcher.notes == [f"pytest is started {how}"]
    assert suite.environment["started"] == how


def test_what_the_policy_leaves_out_is_named_and_not_run(tmp_path: Path) -> None:
    rule = f'''
    [[tests.exclude]]
    test = "{TESTS[0]}"
    reason = "needs a printer"
    owner = "me"
    expires = 2999-01-01
    '''
    suite, watcher = run(tmp_path, rule)
    expires = date(2999, 1, 1)
    assert suite.exclusions == (Exclusion(TESTS[0], TESTS[0], "needs a printer", "me", expires),)
    assert watcher.tests == 3
    assert sorted(watcher.ran_tests) == TESTS[1:]


def test_the_lines_that_ran_at_collection_come_after_those_of_the_shares(tmp_path: Path) -> None:
    class Collecting(FakeSupervisor):
        def data_files(self) -> list[Path]:
            return [tmp_path / "collection"]

    supervisor = Collecting(TESTS, lambda item, before: PASS, tmp_path)
    baseline = run_suite(supervisor, make_policy(""), 2, Watcher(), lambda: None)  # type: ignore[arg-type]
    shares = [tmp_path / f"data of {job.name}" for job in supervisor.jobs]
    assert baseline.parts == [*shares, tmp_path / "collection"]


@pytest.mark.parametrize(("enders", "rechecks"), [((), 3), (("conftest.py:1 hook",), 6)])
def test_how_the_session_ends_is_part_of_the_suite(
    tmp_path: Path, enders: tuple[str, ...], rechecks: int
) -> None:
    def change(supervisor: FakeSupervisor) -> None:
        supervisor.behave = lambda item, before: PASS
        supervisor.enders = enders

    suite, watcher = run(tmp_path, change=change)
    assert suite.ended == SessionEnd(0, whole=bool(enders))
    assert watcher.rechecks == rechecks
    assert run(tmp_path)[0].ended is None


def test_the_policy_can_switch_the_probe_off_and_the_run_says_so(tmp_path: Path) -> None:
    suite, _ = run(tmp_path, '[tests]\norder = "off"\n')
    assert (suite.order.probed, suite.order.total) == (0, 2)
    assert "off" in suite.order.reason


def test_files_that_could_not_be_collected_come_first(tmp_path: Path) -> None:
    def change(supervisor: FakeSupervisor) -> None:
        supervisor.uncollected = ({"test": "tests/test_b.py", "outcome": "error", "message": "no"},)

    suite, _ = run(tmp_path, change=change)
    assert [outcome.test for outcome in suite.outcomes] == ["tests/test_b.py", *TESTS]


@pytest.mark.parametrize(
    ("file", "shown"),
    [
        ("/venv/lib/site-packages/pkg/a.py", "site-packages/pkg/a.py"),
        ("/venv/site-packages/tool/site-packages/pkg/a.py", "site-packages/pkg/a.py"),
        ("/elsewhere/pkg/a.py", "/elsewhere/pkg/a.py"),
    ],
)
def test_a_module_from_elsewhere_is_a_hole_in_the_evidence(
    tmp_path: Path, file: str, shown: str
) -> None:
    def change(supervisor: FakeSupervisor) -> None:
        supervisor.imported = {"pkg.a": file}

    assert run(tmp_path, change=change)[0].problems == (
        Problem(
            "pkg.a",
            f"it was imported from {shown}, not from the repository: install it editable",
        ),
    )


def test_a_module_from_the_tree_is_none_even_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg/a.py").touch()
    (tmp_path / "link").symlink_to(tmp_path / "pkg")

    def change(supervisor: FakeSupervisor) -> None:
        supervisor.imported = {"pkg.a": str(tmp_path / "link/a.py")}

    assert run(tmp_path, change=change)[0].problems == ()


def test_a_module_imported_before_measurement_is_a_hole_in_the_evidence(tmp_path: Path) -> None:
    def change(supervisor: FakeSupervisor) -> None:
        supervisor.early = {"pkg.a": str(tmp_path / "pkg/a.py")}

    assert run(tmp_path, change=change)[0].problems == (
        Problem(
            "pkg.a", "imported before measurement began (a .pth file or a site hook imports it)"
        ),
    )


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        (["pkg", "pkg.a", "pkg.b"], "pkg, pkg.a, pkg.b"),
        (["pkg", "pkg.a", "pkg.b", "pkg.c"], "pkg, pkg.a, pkg.b and 1 more"),
    ],
)
def test_modules_imported_before_measurement_are_named_once_for_each_cause(
    tmp_path: Path, names: list[str], shown: str
) -> None:
    names = [*names, "pkg.d"]

    def change(supervisor: FakeSupervisor) -> None:
        supervisor.launch.watch = {name: f"{name}.py" for name in names}
        supervisor.early = {name: str(tmp_path / f"{name}.py") for name in names}
        supervisor.by_coverage = frozenset({"pkg.d"})

    assert run(tmp_path, change=change)[0].problems == (
        Problem("pkg.d", "imported before measurement began (coverage.py itself imports it)"),
        Problem(
            shown,
            "imported before measurement began (a .pth file or a site hook imports it)",
        ),
    )


def test_the_run_says_how_workers_are_kept_apart(tmp_path: Path) -> None:
    def change(supervisor: FakeSupervisor) -> None:
        supervisor.fresh, supervisor.threads = True, ("pool-1",)

    assert "pool-1" in run(tmp_path, change=change)[0].isolation["workers"]
    assert run(tmp_path)[0].isolation["workers"].startswith("forks of one collecting process")
