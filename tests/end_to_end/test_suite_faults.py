"""Whatever a suite does to its own process: a run ends, leaves nothing behind, and never passes.

The laboratory checks that after each run; the tests here name the outcome of every test.
"""

from __future__ import annotations

import os
import py_compile
from collections import Counter
from typing import Any

import pytest
from laboratory import Laboratory, Run

from gate.errors import ExitCode

FILE = "tests/test_fault.py"
TIMEOUT, CRASHED, FAILED = "timeout:timeout", "crashed:crash", "failed:test"
MEASURED = {"suite.measured"}
PASSED = {"suite.passed"}
COVERAGE = {"coverage.line", "coverage.branch", "coverage.function"}


def run_fault(laboratory: Laboratory, fault: str, **options: Any) -> Run:
    """Check the subject with a fault in it, which must not pass."""
    laboratory.add(f"faults/{fault}")
    run = laboratory.check(**options)
    assert run.code != ExitCode.PASS
    return run


def expect(run: Run, outcomes: dict[str, str], passed: int, forcing: set[str]) -> None:
    """What did not pass (the faulty file's tests by bare name), how many did, what demands the verdict."""
    assert run.not_passed == {
        name if name.startswith("tests/") else f"{FILE}::{name}": outcome
        for name, outcome in outcomes.items()
    }
    red = Counter(outcome.partition(":")[0] for outcome in outcomes.values())
    assert run.counts == {**red, **({"passed": passed} if passed else {})}
    assert run.forcing == forcing


def test_the_subject_passes_without_a_fault(laboratory: Laboratory) -> None:
    run = laboratory.check()
    assert run.code == ExitCode.PASS
    expect(run, {}, 2, set())


@pytest.mark.parametrize(
    "fault",
    [
        "infinite_loop",
        "hang_in_c",
        "signals_blocked",
        "stopped",
        "lock_across_fork",
        "frozen_clock",
        "hang_with_threads",
    ],
)
def test_a_hung_test_costs_its_timeout_and_nothing_else(laboratory: Laboratory, fault: str) -> None:
    expect(run_fault(laboratory, fault), {"test_fault": TIMEOUT}, 4, PASSED)


def test_a_test_that_only_measuring_makes_slow_is_measured_again_and_green(
    laboratory: Laboratory,
) -> None:
    laboratory.add("faults/slow_under_measurement")
    run = laboratory.check()
    expect(run, {}, 5, set())
    assert run.code == ExitCode.PASS


def test_a_test_that_never_ends_while_it_is_measured_is_a_hole_in_the_evidence_and_not_red(
    laboratory: Laboratory,
) -> None:
    run = run_fault(laboratory, "endless_under_measurement")
    expect(run, {}, 5, MEASURED)
    assert run.code == ExitCode.INCONCLUSIVE
    assert f"{FILE}::test_fault: slow under measurement" in run.messages("suite.measured")


def test_the_thread_method_of_pytest_timeout_costs_the_test_alone(laboratory: Laboratory) -> None:
    laboratory.policy(timeout='"60s"')
    laboratory.addopts("-p pytest_timeout --timeout=1 --timeout-method=thread")
    run = run_fault(laboratory, "sleep_under_timeout_plugin")
    expect(run, {"test_fault": TIMEOUT}, 4, PASSED)
    assert "1 s" in run.entry(f"{FILE}::test_fault")["message"]


def test_the_signal_method_of_pytest_timeout_fails_the_test_as_it_says(
    laboratory: Laboratory,
) -> None:
    laboratory.policy(timeout='"60s"')
    laboratory.addopts("-p pytest_timeout --timeout=1 --timeout-method=signal")
    run = run_fault(laboratory, "sleep_under_timeout_plugin")
    expect(run, {"test_fault": FAILED}, 4, PASSED)
    assert "Timeout (>1.0s)" in run.entry(f"{FILE}::test_fault")["message"]


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("segfault", "SIGSEGV"),
        ("abort", "SIGABRT"),
        ("stack_overflow", "SIGSEGV"),
        ("exit_zero", "exit status 0"),
        ("kills_its_group", "SIGKILL"),
        ("pytest_exit", "Exit: enough"),
        ("interrupted", "KeyboardInterrupt"),
        ("runaway_allocation", "300 MiB"),
        ("allocation_in_a_child", "300 MiB"),
        ("flood", "1 MiB of output"),
    ],
)
def test_a_test_that_ends_its_process_costs_itself_and_nothing_else(
    laboratory: Laboratory, fault: str, reason: str
) -> None:
    run = run_fault(laboratory, fault)
    expect(run, {"test_fault": CRASHED}, 4, PASSED)
    assert reason in run.entry(f"{FILE}::test_fault")["message"]


@pytest.mark.parametrize(
    "fault", ["kills_its_parent", "kills_the_keeper", "kills_the_keeper_without_forks"]
)
def test_a_test_that_ends_the_processes_above_it_costs_itself_and_nothing_else(
    laboratory: Laboratory, fault: str
) -> None:
    run = run_fault(laboratory, fault)
    # The share beside it may have lost its coverage data, which is then said as well.
    expect(run, {"test_fault": CRASHED}, 4, PASSED | (run.forcing & (MEASURED | COVERAGE)))
    said = run.entry(f"{FILE}::test_fault")["message"]
    assert "takes the collecting process down" in said or "in the middle of its work" in said


def test_a_flood_past_the_capture_is_stopped_too(laboratory: Laboratory) -> None:
    laboratory.addopts("-s")
    expect(run_fault(laboratory, "flood"), {"test_fault": CRASHED}, 4, PASSED)


@pytest.mark.parametrize(
    "fault",
    [
        "forged_garbage",
        "forged_oversized",
        "forged_end",
        "forged_neighbour",
        "forged_nesting",
    ],
)
def test_bytes_that_a_test_writes_to_the_judge_are_a_crash_of_that_test(
    laboratory: Laboratory, fault: str
) -> None:
    expect(run_fault(laboratory, fault), {"test_fault": CRASHED}, 4, PASSED)


def test_half_a_frame_keeps_the_judge_waiting_for_the_limit_of_a_test_at_most(
    laboratory: Laboratory,
) -> None:
    run = run_fault(laboratory, "forged_truncated")
    # The other half may come until the time is up, whatever has become of the process.
    assert set(run.not_passed.values()) < {CRASHED, TIMEOUT}
    expect(run, run.not_passed, 4, PASSED)
    assert f"{FILE}::test_fault" in run.not_passed


def test_a_report_that_comes_twice_is_never_a_pass(laboratory: Laboratory) -> None:
    run = run_fault(laboratory, "forged_duplicate")
    # Who wrote the second one cannot be told from here: the share stops where it came.
    assert set(run.not_passed.values()) == {CRASHED}
    assert run.counts == {"passed": 4, "crashed": 1}
    assert run.forcing == PASSED


@pytest.mark.parametrize(
    ("fault", "outcomes"),
    [
        ("orphan", {}),
        ("child_in_the_group", {}),
        ("child_with_the_socket", {}),
        ("child_with_the_socket_after_a_crash", {"test_fault": CRASHED}),
        ("fork_bomb_of_orphans", {}),
        ("thread_leak", {}),
        ("reads_stdin", {"test_fault": FAILED}),
        ("changed_directory", {}),
        ("writes_home", {}),
        ("system_exit", {"test_fault": FAILED}),
    ],
)
def test_what_a_test_leaves_behind_is_cleared_and_hides_no_later_failure(
    laboratory: Laboratory, fault: str, outcomes: dict[str, str]
) -> None:
    run = run_fault(laboratory, fault)
    expect(run, {**outcomes, "test_red_after": FAILED}, 4 - len(outcomes), PASSED)


def test_a_process_without_descriptors_left_is_never_a_pass(laboratory: Laboratory) -> None:
    run = run_fault(laboratory, "descriptor_leak")
    assert run.not_passed[f"{FILE}::test_red_after"] == FAILED
    assert f"{FILE}::test_before" not in run.not_passed
    assert run.forcing >= PASSED


@pytest.mark.parametrize("fault", ["thread_at_collection", "pool_at_collection"])
def test_where_forking_is_not_safe_fresh_processes_run_and_the_results_say_so(
    laboratory: Laboratory, fault: str
) -> None:
    laboratory.add(f"faults/{fault}")
    run = laboratory.check()
    assert run.code == ExitCode.PASS
    expect(run, {}, 4, set())
    assert run.isolation["workers"].startswith("a fresh process for each share")
    assert "Thread" in run.isolation["workers"]


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("conftest_exits", "not today"),
        ("conftest_hook_broken", "a bug of the project's own plugin"),
        ("exits_while_collecting", "not today"),
        ("exit_at_import", "the process that imports the tests ended"),
        ("hang_at_import", "3 s"),
    ],
)
def test_a_collection_that_does_not_come_to_its_end_is_no_verdict(
    laboratory: Laboratory, fault: str, said: str
) -> None:
    # Collection may take ten times as long as a test.
    laboratory.policy(timeout='"300ms"' if fault == "hang_at_import" else '"6s"')
    run = run_fault(laboratory, fault)
    assert run.code == ExitCode.INCONCLUSIVE
    assert run.results is None
    assert "error: no test could be collected" in run.errors
    assert said in run.errors
    assert "pytest --collect-only" in run.errors


def test_a_module_that_the_conftest_lacks_is_an_error_of_the_environment(
    laboratory: Laboratory,
) -> None:
    run = run_fault(laboratory, "conftest_broken")
    assert run.code == ExitCode.USAGE
    assert run.results is None
    first = "error: no test could be collected: ModuleNotFoundError: No module named 'a_module"
    assert first in run.errors
    assert "site-packages" not in run.errors
    assert "zygote" not in run.errors


def test_an_option_that_pytest_does_not_know_is_an_error_of_the_environment(
    laboratory: Laboratory,
) -> None:
    laboratory.addopts("--no-such-option")
    run = laboratory.check()
    assert run.code == ExitCode.USAGE
    assert "unrecognized arguments: --no-such-option" in run.errors


@pytest.mark.parametrize("fault", ["nothing_collected", "drops_tests"])
def test_a_suite_without_tests_is_no_evidence(laboratory: Laboratory, fault: str) -> None:
    run = run_fault(laboratory, fault)
    expect(run, {}, 0, MEASURED | COVERAGE)
    assert "no tests were collected" in run.messages("suite.measured")


def test_a_suite_that_skips_everything_is_no_evidence(laboratory: Laboratory) -> None:
    run = run_fault(laboratory, "all_skipped")
    skipped = {f"tests/test_lib.py::{name}": "skipped" for name in ("test_add", "test_sign")}
    expect(run, skipped, 0, MEASURED | COVERAGE)
    assert "2 skipped" in run.messages("suite.measured")


def test_a_module_that_skips_itself_is_listed_and_covers_nothing(laboratory: Laboratory) -> None:
    run = run_fault(laboratory, "module_skips_itself")
    assert run.code == ExitCode.FAIL
    expect(run, {"tests/test_lib.py": "skipped"}, 1, COVERAGE)
    assert run.entry("tests/test_lib.py")["message"] == "no GPU here"


def test_a_module_that_cannot_be_imported_is_red_and_the_others_run(laboratory: Laboratory) -> None:
    run = run_fault(laboratory, "broken_import")
    assert run.code == ExitCode.FAIL
    expect(run, {FILE: "error:collection"}, 2, PASSED)


def test_a_red_baseline_fails_test_by_test(laboratory: Laboratory) -> None:
    run = run_fault(laboratory, "red")
    assert run.code == ExitCode.FAIL
    outcomes = {
        "test_red": FAILED,
        "test_fixture_fails": "error:test",
        "test_teardown_fails": "error:test",
    }
    expect(run, outcomes, 4, PASSED)


def test_a_test_that_needs_the_one_before_it_makes_the_suite_inconclusive(
    laboratory: Laboratory,
) -> None:
    run = run_fault(laboratory, "red_alone")
    assert run.code == ExitCode.INCONCLUSIVE
    expect(run, {}, 4, {"suite.order"})
    assert run.document["suite"]["order"]["dependent"] == [f"{FILE}::test_second"]


def test_a_test_that_needs_another_file_is_as_green_as_in_plain_pytest_and_named(
    laboratory: Laboratory,
) -> None:
    run = run_fault(laboratory, "red_alone_across_files")
    assert run.code == ExitCode.INCONCLUSIVE
    assert run.not_passed == {}
    message = "tests/test_b_second.py::test_second passes in the suite and fails alone"
    assert message in run.messages("suite.order")


def test_a_test_that_another_one_disturbs_is_named_by_its_cause(laboratory: Laboratory) -> None:
    expect(run_fault(laboratory, "polluted"), {"test_second": "failed:order"}, 3, PASSED)


def test_a_test_that_fails_once_is_flaky_and_stays_red(laboratory: Laboratory) -> None:
    run = run_fault(laboratory, "flaky_red_first")
    expect(run, {"test_flaky": "failed:flaky"}, 3, PASSED)
    assert "test_flaky is red and green" in run.messages("suite.flaky")


def test_a_test_that_passes_once_is_no_evidence(laboratory: Laboratory) -> None:
    run = run_fault(laboratory, "flaky_green_first")
    assert run.code == ExitCode.INCONCLUSIVE
    expect(run, {}, 4, {"suite.order"})


def test_an_installed_copy_in_the_place_of_the_tree_is_no_evidence(laboratory: Laboratory) -> None:
    run = run_fault(laboratory, "installed_copy")
    assert run.code == ExitCode.INCONCLUSIVE
    expect(run, {}, 2, MEASURED | COVERAGE)
    assert "site-packages/lib/arithmetic.py" in run.messages("suite.measured")


def test_a_module_imported_before_measurement_is_no_evidence(laboratory: Laboratory) -> None:
    path = os.pathsep.join([str(laboratory.root / "site"), str(laboratory.root)])
    run = run_fault(laboratory, "early_import", PYTHONPATH=path, PYTHONDONTWRITEBYTECODE="1")
    assert run.code == ExitCode.INCONCLUSIVE
    assert run.counts == {"passed": 2}
    assert "lib.arithmetic: imported before measurement began" in run.messages("suite.measured")


def test_code_that_runs_only_in_a_subprocess_is_measured(laboratory: Laboratory) -> None:
    laboratory.add("faults/in_a_subprocess")
    run = laboratory.check()
    assert run.code == ExitCode.PASS
    measured = run.document["coverage"]["files"]["lib/command.py"]
    assert [measured[kind]["percent"] for kind in ("line", "branch", "function")] == [100, 100, 100]


def test_coverage_data_that_was_written_over_is_no_evidence(laboratory: Laboratory) -> None:
    run = run_fault(laboratory, "corrupt_coverage")
    assert run.code == ExitCode.INCONCLUSIVE
    assert run.counts == {"passed": 5}
    # What is left of it is no data at all, or data without branches.
    assert "coverage.import.0: the coverage data " in run.messages("suite.measured")


def test_a_stolen_tracer_is_no_evidence(laboratory: Laboratory) -> None:
    run = run_fault(laboratory, "stolen_tracer")
    assert run.code == ExitCode.INCONCLUSIVE
    expect(run, {}, 5, MEASURED)
    assert f"{FILE}::test_fault: it replaced the coverage tracer" in run.messages("suite.measured")


def test_a_source_that_changes_under_the_run_is_no_evidence(laboratory: Laboratory) -> None:
    run = run_fault(laboratory, "edits_source", changes={"lib/arithmetic.py"})
    assert run.code == ExitCode.INCONCLUSIVE
    assert "lib/arithmetic.py: it changed while the tests ran" in run.messages("suite.measured")


@pytest.mark.parametrize(
    "mode",
    [py_compile.PycInvalidationMode.TIMESTAMP, py_compile.PycInvalidationMode.UNCHECKED_HASH],
)
def test_the_source_wins_over_bytecode_of_another_source(
    laboratory: Laboratory, mode: py_compile.PycInvalidationMode
) -> None:
    source = laboratory.root / "lib/arithmetic.py"
    right = source.read_text()
    py_compile.compile(str(source), invalidation_mode=mode, doraise=True)
    before = source.stat()
    source.write_text(right.replace("left + right", "left - right"))
    os.utime(source, ns=(before.st_atime_ns, before.st_mtime_ns))
    run = laboratory.check()
    assert run.code == ExitCode.FAIL
    expect(run, {"tests/test_lib.py::test_add": FAILED}, 1, PASSED | {"coverage.function"})


@pytest.mark.parametrize(
    "fault", ["failed_into_passed", "report_rewritten", "session_finish_exits_zero"]
)
def test_a_hook_that_lies_about_a_failure_changes_nothing(
    laboratory: Laboratory, fault: str
) -> None:
    run = run_fault(laboratory, fault)
    assert run.code == ExitCode.FAIL
    expect(run, {"test_red": FAILED}, 3, PASSED)


# Which process imports this file collects; it forks a lane, and the lane forks a child for each job.
ENDS_AT_ONCE = """
import os

collecting = os.getpid()

def end_at_once():
    if os.getppid() != collecting:
        os._exit(0)

os.register_at_fork(after_in_child=end_at_once)
"""


def test_a_child_that_ends_before_it_has_said_its_number_ends_nobody_else(
    laboratory: Laboratory,
) -> None:
    laboratory.write("tests/conftest.py", ENDS_AT_ONCE)
    run = laboratory.check()
    assert run.code == ExitCode.FAIL, run.errors
    assert set(run.counts) <= {"crashed", "error"}
