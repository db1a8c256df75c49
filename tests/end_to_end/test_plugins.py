"""The project's own pytest options and plugins work unchanged: every test ends as under plain pytest."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from laboratory import PROJECTS, Laboratory, Run

from gate.errors import ExitCode

PLUGINS = PROJECTS / "plugins"


@pytest.fixture(autouse=True)
def with_plugins(laboratory: Laboratory) -> None:
    """Here all that is installed is loaded."""
    laboratory.variables.clear()


@pytest.fixture
def bare(laboratory: Laboratory) -> Laboratory:
    """A laboratory whose subject is still to come."""
    for path in laboratory.root.iterdir():
        if path.name not in {".git", ".gitignore"}:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    return laboratory


def plain(laboratory: Laboratory, *arguments: str) -> dict[str, str]:
    """Run plain pytest in a copy of the subject, and give what it says of each test."""
    copy = laboratory.root.with_name("plain")
    shutil.copytree(laboratory.root, copy, ignore=shutil.ignore_patterns(".git", ".gate"))
    record = laboratory.root.with_name("record.json")
    finished = laboratory.pytest(
        "-p", "recorder", *arguments, cwd=copy, PYTHONPATH=str(PLUGINS), RECORD=str(record)
    )
    assert record.exists(), finished.stdout + finished.stderr
    shutil.rmtree(laboratory.temporary)
    laboratory.temporary.mkdir()
    outcomes: dict[str, str] = json.loads(record.read_text())
    return outcomes


def expect_the_same(run: Run, outcomes: dict[str, str]) -> None:
    """Compare by test and outcome."""
    assert {each["test"]: each["outcome"] for each in run.document["suite"]["outcomes"]} == outcomes


def test_options_that_measure_distribute_and_stop_early_change_nothing(
    laboratory: Laboratory,
) -> None:
    laboratory.add("plugins/options")
    outcomes = plain(laboratory)
    assert len(outcomes) == 8
    run = laboratory.check()
    assert run.code == ExitCode.PASS
    expect_the_same(run, outcomes)
    assert run.document["coverage"]["branch"] == {"covered": 2, "total": 2, "percent": 100.0}


def test_a_session_that_would_stop_at_the_first_failure_runs_to_its_end(
    laboratory: Laboratory,
) -> None:
    laboratory.add("plugins/options")
    laboratory.add("plugins/stops_early")
    run = laboratory.check()
    assert run.code == ExitCode.FAIL
    outcomes = plain(laboratory, "--maxfail=0")
    assert [outcomes[f"tests/test_fault.py::{name}"] for name in ("test_red", "test_warns")] == [
        "failed"
    ] * 2
    expect_the_same(run, outcomes)


def test_a_marker_that_is_not_registered_is_an_error_where_the_project_says_so(
    laboratory: Laboratory,
) -> None:
    laboratory.add("plugins/options")
    laboratory.add("plugins/unknown_marker")
    run = laboratory.check()
    assert run.code == ExitCode.FAIL
    assert run.not_passed == {"tests/test_unknown.py": "error:collection"}
    assert "no_such_marker" in run.entry("tests/test_unknown.py")["detail"]


def test_every_kind_of_test_ends_as_under_plain_pytest(bare: Laboratory) -> None:
    bare.add("plugins/kinds")
    outcomes = plain(bare, "--continue-on-collection-errors")
    assert set(outcomes.values()) == {"passed", "failed", "error", "skipped", "xfailed", "xpassed"}
    assert len(outcomes) > 90
    run = bare.check()
    assert run.code == ExitCode.FAIL
    expect_the_same(run, outcomes)


@pytest.mark.parametrize(("layout", "tests"), [("src_layout", 6), ("namespace", 3)])
def test_a_layout_is_found_and_measured_without_being_told(
    bare: Laboratory, layout: str, tests: int
) -> None:
    bare.add(f"plugins/{layout}")
    outcomes = plain(bare)
    assert len(outcomes) == tests
    run = bare.check()
    assert run.code == ExitCode.PASS
    expect_the_same(run, outcomes)
    assert run.document["coverage"]["line"]["percent"] == 100.0


def test_the_gate_is_found_from_a_folder_below_the_root(bare: Laboratory) -> None:
    bare.add("plugins/src_layout")
    bare.commit()
    below = bare.root / "src/shop"
    policy = os.path.relpath(bare.root / "policies/lab.toml", below)
    run = bare.command(
        "check", "--no-mutation", "--policy", policy, "basket.py", cwd=below
    ).finish()
    assert run.code == ExitCode.PASS
    assert list(run.document["coverage"]["files"]) == ["src/shop/basket.py"]


def test_paths_of_plain_pytest_are_those_of_the_gate(
    laboratory: Laboratory, tmp_path: Path
) -> None:
    laboratory.write(
        "tests/test_where.py",
        "import os, sys\ndef test_where():\n    assert 0, (os.getcwd(), sys.argv[0])\n",
    )
    run = laboratory.check()
    assert str(laboratory.root) in run.entry("tests/test_where.py::test_where")["message"]
    assert "'pytest'" in run.entry("tests/test_where.py::test_where")["message"]
