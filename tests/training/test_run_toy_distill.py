from __future__ import annotations

import logging
import tempfile
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

import pytest

from training import run_toy_distill as module
from training.comparison import Scores
from training.export_student import ExportError
from training.run_toy_distill import MARGIN, SETTINGS, main, report
from training.toy_rows import RowCounts
from training.toy_run import ToySettings

ROOT = Path(__file__).resolve().parents[2]
ALONE = Scores(1.0, 0.25)
GOOD, POOR = Scores(0.5, 0.75), Scores(0.75, 0.5)


def scores(distilled: Scores, quantised: Scores) -> dict[str, Scores]:
    return {"teacher": GOOD, "distilled": distilled, "quantised": quantised, "alone": ALONE}


class Runs:
    """Stands for the run, which takes its time: notes how it was called, and returns scores."""

    def __init__(self, outcome: dict[str, Scores] | Exception) -> None:
        self.outcome = outcome
        self.calls: list[tuple[Any, ...]] = []

    def __call__(self, settings: ToySettings, seed: int, output: Path) -> dict[str, Scores]:
        self.calls.append((settings, seed, output))
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Runs:
    caplog.set_level(logging.INFO)
    good = Runs(scores(GOOD, GOOD))
    monkeypatch.setattr(module, "run_toy", good)
    return good


def test_the_margin_is_a_quarter_of_a_nat_and_forty_of_a_hundred_prompts():
    assert Scores(0.25, 0.4) == MARGIN


def test_the_command_runs_in_full_size_from_seed_0_into_a_new_folder(
    runs, caplog, monkeypatch, tmp_path
):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert main([]) == 0
    ((settings, seed, output),) = runs.calls
    assert (settings, seed) == (ToySettings(), 0)
    assert (output.parent, list(output.iterdir())) == (tmp_path, [])
    assert output.name.startswith("toy-distill-")
    assert caplog.messages[0] == f"seed 0: all files are in {output}"


def test_the_command_takes_a_seed_and_a_folder_and_other_sizes(runs, caplog, tmp_path):
    small = ToySettings(steps=3)
    assert main(["--seed", "4", "--output", str(tmp_path)], small) == 0
    assert runs.calls == [(small, 4, tmp_path)]
    assert caplog.messages[0] == f"seed 4: all files are in {tmp_path}"


def test_the_last_lines_are_the_table_and_the_verdict(runs, caplog):
    assert main(["--output", "run"]) == 0
    assert caplog.messages[1:] == [
        "student    held-out loss  exact match  lead in loss  lead in match",
        "teacher           0.5000        75.0%       +0.5000         +50.0%",
        "distilled         0.5000        75.0%       +0.5000         +50.0%",
        "quantised         0.5000        75.0%       +0.5000         +50.0%",
        "alone             1.0000        25.0%       +0.0000          +0.0%",
        "distilled and quantised lead over alone by the margin: +0.2500 in loss, +40.0% in match",
    ]


def test_the_command_ends_in_1_when_the_margin_is_missed(runs, caplog):
    runs.outcome = scores(GOOD, POOR)
    assert main(["--output", "run"]) == 1
    assert caplog.messages[-1] == (
        "quantised does not lead over alone by the margin: +0.2500 in loss, +40.0% in match"
    )


@pytest.mark.parametrize(
    ("distilled", "quantised", "behind"),
    [
        (GOOD, GOOD, None),
        (Scores(0.75, 0.65), GOOD, None),
        (POOR, GOOD, "distilled"),
        (GOOD, POOR, "quantised"),
        (POOR, POOR, "distilled and quantised"),
    ],
)
def test_a_student_that_misses_the_margin_is_named(caplog, distilled, quantised, behind):
    caplog.set_level(logging.INFO)
    status = report(scores(distilled, quantised), Scores(0.25, 0.375))
    wanted = "lead over alone by the margin: +0.2500 in loss, +37.5% in match"
    last = caplog.records[-1]
    if behind is None:
        assert (status, last.levelname) == (0, "INFO")
        assert last.getMessage() == f"distilled and quantised {wanted}"
    else:
        assert (status, last.levelname) == (1, "ERROR")
        assert last.getMessage() == f"{behind} does not {wanted}"


@pytest.mark.parametrize(
    "error",
    [
        BrokenProcessPool("a process was terminated abruptly"),
        ExportError("student.pt2 differs from the model by 2, not at most 1e-05"),
        FloatingPointError("step 3: the loss is nan"),
        OSError("no space left"),
        ValueError("output must be a new or an empty folder, got run"),
    ],
)
def test_the_command_logs_what_is_wrong_and_returns_two(runs, caplog, error):
    runs.outcome = error
    assert main(["--output", "run"]) == 2
    (record,) = caplog.records
    assert (record.levelno, record.getMessage()) == (logging.ERROR, str(error))
    assert record.name == "training.run_toy_distill"


def test_the_command_says_how_it_is_used(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["--help"])
    assert caught.value.code == 0
    shown = " ".join(capsys.readouterr().out.split())
    for part in (
        "usage: python -m training.run_toy_distill [-h] [--seed SEED] [--output OUTPUT]",
        "Distil, quantise and export a small student, and compare it with one that had no teacher.",
        "--seed SEED all of it follows from this number (0)",
        "--output OUTPUT a new or an empty folder; if not given, one is made",
    ):
        assert part in shown


@pytest.mark.parametrize("given", [["--seed", "one"], ["--steps", "3"], ["run"]])
def test_the_command_refuses_what_it_does_not_know(given, capsys):
    with pytest.raises(SystemExit) as caught:
        main(given)
    assert caught.value.code == 2
    assert "usage: " in capsys.readouterr().err


def test_the_full_size_has_few_labels_for_the_students_and_many_for_the_teacher():
    assert SETTINGS.rows == RowCounts(800, 60, 480, 80, 160)


def test_the_command_shows_its_progress(runs, logged):
    lines = logged(lambda: main(["--seed", "4", "--output", "run"]))
    assert (len(lines), lines[0]) == (7, "seed 4: all files are in run")


def test_the_module_is_a_command_that_ends_in_the_status_of_its_run(
    tmp_path, logged, run_as_command
):
    arguments = ["--seed", "-1", "--output", tmp_path]
    status = []
    lines = logged(lambda: status.append(run_as_command("training.run_toy_distill", *arguments)))
    assert status == [2]
    assert lines == ["seed must be a whole number of at least 0, got -1"]
