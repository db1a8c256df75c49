"""What the step makes of a run without a verdict; those with one are in end_to_end/test_action.py."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from samples import passing_run

from gate.errors import ExitCode
from gate.github.check import borne_out
from gate.judge.verify import verify
from gate.results import publish


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """A job of a scheduled run, in a folder that is no repository; an earlier PASS lies in its report."""
    (tmp_path / "workspace").mkdir()
    publish(passing_run(), tmp_path / "gate-report", verify)
    (tmp_path / "gate-report/report.sarif").write_text("{}")
    event = tmp_path / "event.json"
    event.write_text("{}")
    return {
        "PATH": os.environ["PATH"],
        "RUNNER_TEMP": str(tmp_path),
        "GITHUB_OUTPUT": str(tmp_path / "output"),
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
        "GITHUB_EVENT_NAME": "schedule",
        "GITHUB_EVENT_PATH": str(event),
    }


def check(environ: dict[str, str], **inputs: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", "-m", "gate.github", "check"],
        cwd=Path(environ["RUNNER_TEMP"], "workspace"),
        env={**environ, **inputs},
        capture_output=True,
        text=True,
        check=False,
    )


def outputs(environ: dict[str, str]) -> dict[str, str]:
    lines = Path(environ["GITHUB_OUTPUT"]).read_text().splitlines()
    return {lines[n].partition("<<")[0]: lines[n + 1] for n in range(0, len(lines), 3)}


def test_an_earlier_verdict_is_not_taken_for_that_of_a_run_that_has_none(
    environ: dict[str, str],
) -> None:
    finished = check(environ)
    assert finished.returncode == ExitCode.USAGE
    said = outputs(environ)
    assert (said["verdict"], said["exit-code"], said["fork"]) == ("none", "2", "false")
    assert "sarif" not in said
    assert list(Path(said["report"]).glob("*.*")) == []
    assert "is not in a git repository" in finished.stderr
    assert "::error title=gate::there is no verdict (exit code 2)" in finished.stdout
    assert Path(environ["GITHUB_STEP_SUMMARY"]).read_text().startswith("## gate: no verdict")


def test_exit_code_0_without_a_document_is_no_pass(environ: dict[str, str]) -> None:
    assert check(environ, GATE_ARGUMENTS="--help").returncode == ExitCode.INCONCLUSIVE
    assert outputs(environ)["exit-code"] == "5"


def test_an_input_that_cannot_be_used_is_told_in_the_run(environ: dict[str, str]) -> None:
    finished = check(environ, GATE_ARGUMENTS="--out x")
    assert finished.returncode == ExitCode.USAGE
    assert outputs(environ)["verdict"] == "none"
    assert "::error title=gate::there is no verdict (exit code 2): the input" in finished.stdout


def test_a_base_that_does_not_exist_is_an_error(environ: dict[str, str]) -> None:
    command = "git init -q && git -c user.name=n -c user.email=e@x.org commit -q --allow-empty -m x"
    subprocess.run(["sh", "-c", command], cwd=Path(environ["RUNNER_TEMP"], "workspace"), check=True)
    finished = check(environ, GATE_BASE="nowhere")
    assert finished.returncode == ExitCode.USAGE
    assert "There is no branch, tag or commit 'nowhere'" in finished.stderr


@pytest.mark.parametrize(("code", "borne"), [(0, True), (3, False), (5, False), (70, False)])
def test_a_document_is_that_of_a_run_only_with_its_exit_code(
    code: int, borne: bool, tmp_path: Path
) -> None:
    _, path = publish(passing_run(), tmp_path, verify)
    assert (borne_out(path, code) is not None) == borne
    path.write_text(path.read_text().replace('"verdict": "pass"', '"verdict": "fail"'))
    assert borne_out(path, code) is None
