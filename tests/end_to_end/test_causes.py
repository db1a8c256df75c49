"""What a newcomer reads when tests are red: one cause for each root, and its own words."""

from __future__ import annotations

from laboratory import POLICY, Laboratory

from gate.errors import ExitCode

RED = """
import importlib

import pytest


class LintError(Exception):
    pass


@pytest.mark.parametrize("number", range(15))
def test_needs_a_client(client, number):
    assert client


def test_imports_late():
    importlib.import_module("nowhere.to.be.found")


def test_lints():
    raise LintError("B008 Do not call (C408) at line 12 of 0x7f12")


def test_fails_below():
    helper()


def helper():
    assert 3 == 4


def test_skips():
    pytest.skip()


@pytest.mark.skip
def test_is_skipped():
    pass
"""


def test_red_tests_are_told_by_cause_with_their_own_words_and_places_of_the_repository(
    laboratory: Laboratory,
) -> None:
    laboratory.write("tests/test_red.py", RED)
    for number in range(3):
        laboratory.write(f"tests/test_lacking_{number}.py", "import cachetools\n")
    run = laboratory.check()
    assert run.code == ExitCode.FAIL
    told = [(group["count"], group["cause"]["text"]) for group in run.document["suite"]["groups"]]
    assert told[:2] == [
        (3, "ModuleNotFoundError: No module named 'cachetools'"),
        (15, "fixture 'client' not found"),
    ]
    texts = [text for _, text in told]
    assert "test_red.LintError: B008 Do not call (C408) at line 12 of 0x7f12" in texts
    assert "assert 3 == 4" in texts
    assert run.output.startswith(
        "FAIL (mutation not judged: --no-mutation): 3 test files could not be imported:"
    )
    places = {
        test["test"].partition("::")[2]: (test["path"], test["line"])
        for test in run.document["suite"]["outcomes"]
    }
    lines = RED.splitlines()
    at = {
        "test_imports_late": lines.index('    importlib.import_module("nowhere.to.be.found")') + 1,
        "test_fails_below": lines.index("    assert 3 == 4") + 1,
    }
    assert {name: places[name] for name in at} == {
        name: ("tests/test_red.py", line) for name, line in at.items()
    }
    assert "2 skipped: no reason given (tests/test_red.py:" in run.output


def test_an_empty_suite_is_inconclusive_and_shows_no_figure_though_the_policy_has_a_core(
    laboratory: Laboratory,
) -> None:
    for file in (laboratory.root / "tests").glob("*.py"):
        file.write_text("")
    policy = laboratory.root / POLICY
    policy.write_text(f'{policy.read_text()}\n[mutation]\ncore = ["lib/arithmetic.py"]\n')
    laboratory.commit()
    run = laboratory.command("check", "--policy", POLICY, "--jobs", "2").finish()
    assert run.code == ExitCode.INCONCLUSIVE, run.output
    assert run.output.splitlines()[0] == "INCONCLUSIVE: no tests were collected"
    assert "%" not in run.output


def test_no_test_passed_is_told_by_what_made_them_red(laboratory: Laboratory) -> None:
    for file in (laboratory.root / "tests").glob("test_*.py"):
        file.write_text("def test_fails():\n    assert 1 == 2\n")
    run = laboratory.check()
    assert run.code == ExitCode.FAIL, run.output
    assert "no test passed" not in run.output
    assert "%" not in run.output
