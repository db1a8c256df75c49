from __future__ import annotations

import json
import platform
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import torch

from training import manifest as module
from training.manifest import RUNNING, Manifest, git_state, versions


def make_manifest(
    losses: dict[int, float], patience: int | None = None, start_step: int | None = None
) -> Manifest:
    """Make the manifest of a run that was logged at each step up to 20 and evaluated at some."""
    config = {"training": {"seed": 5, "patience": patience}, "qat": {"start_step": start_step}}
    manifest = Manifest(config)
    for step in range(1, 21):
        held_out = {"held_out_loss": losses[step]} if step in losses else {}
        manifest.record(step, {"loss": 1 / step} | held_out)
    return manifest


def git(folder: Path, *arguments: str) -> str:
    command = ["git", "-c", "user.name=a", "-c", "user.email=a@b", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def make_repository(folder: Path) -> str:
    """Make a repository with one commit and return that commit."""
    git(folder, "init", "--quiet")
    (folder / "code.py").write_text("a = 1\n")
    git(folder, "add", "code.py")
    git(folder, "commit", "--quiet", "--message", "first")
    return git(folder, "rev-parse", "HEAD")


def test_the_document_holds_all_of_the_run(tmp_path):
    manifest = make_manifest({10: 2.5, 20: 2.0})
    manifest.starts.append({"step": 1})
    manifest.write(tmp_path / "run")
    document = json.loads((tmp_path / "run" / "manifest.json").read_text())
    assert list(document) == ["schema", "status", "seed", "config", "starts", "best", "metrics"]
    assert (document["schema"], document["status"], document["seed"]) == (1, "running", 5)
    assert document["config"] == manifest.config
    assert document["starts"] == [{"step": 1}]
    assert document["best"] == {"step": 20, "loss": 0.05, "held_out_loss": 2.0}
    assert document["metrics"] == manifest.metrics
    assert document["metrics"][0] == {"step": 1, "loss": 1.0}


def test_the_document_is_one_setting_a_line_and_replaces_the_one_before_as_a_whole(tmp_path):
    manifest = make_manifest({})
    manifest.write(tmp_path)
    manifest.status = "completed"
    manifest.write(tmp_path)
    lines = (tmp_path / "manifest.json").read_text().splitlines()
    assert lines[2] == ' "status": "completed",'
    assert [entry.name for entry in tmp_path.iterdir()] == ["manifest.json"]


def test_what_is_no_number_in_json_is_never_written(tmp_path):
    manifest = make_manifest({})
    manifest.write(tmp_path)
    before = (tmp_path / "manifest.json").read_bytes()
    manifest.record(21, {"loss": float("nan")})
    with pytest.raises(ValueError, match="JSON"):
        manifest.write(tmp_path)
    assert (tmp_path / "manifest.json").read_bytes() == before


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="what was there is kept") as caught:
        make_manifest({}).write(tmp_path / "file")
    assert caught.value.filename == str(tmp_path / "file" / "manifest.json")


def test_the_best_evaluation_is_the_first_with_the_lowest_loss():
    best = make_manifest({5: 3.0, 10: 2.0, 15: 2.0, 20: 2.5}).best()
    assert best == {"step": 10, "loss": 0.1, "held_out_loss": 2.0}


def test_an_evaluation_at_the_first_step_counts():
    manifest = make_manifest({1: 1.0, 2: 2.0}, patience=1)
    assert manifest.best()["step"] == 1
    assert manifest.is_stale()


def test_without_an_evaluation_there_is_no_best():
    assert make_manifest({}).best() is None


@pytest.mark.parametrize(("start_step", "best"), [(11, 15), (15, 15), (16, 20), (21, 5), (5, 5)])
def test_once_the_model_is_quantised_only_its_evaluations_since_then_can_be_best(start_step, best):
    manifest = make_manifest({5: 1.0, 10: 2.0, 15: 2.5, 20: 3.0}, start_step=start_step)
    assert manifest.best()["step"] == best


@pytest.mark.parametrize(
    ("losses", "patience", "stale"),
    [
        ({5: 1.0, 10: 2.0, 15: 2.0}, 2, True),
        ({5: 1.0, 10: 2.0, 15: 2.0}, 1, True),
        ({5: 1.0, 10: 2.0, 15: 2.0}, 3, False),
        ({5: 1.0, 10: 1.0, 15: 1.0}, 2, True),
        ({5: 3.0, 10: 2.0, 15: 4.0}, 2, False),
        ({5: 3.0, 10: 2.0, 15: 1.0}, 1, False),
        ({5: 1.0, 10: 2.0, 15: 2.0}, None, False),
        ({}, 1, False),
    ],
)
def test_a_run_is_stale_after_its_patience_of_evaluations_without_a_better_one(
    losses, patience, stale
):
    assert make_manifest(losses, patience).is_stale() is stale


@pytest.mark.parametrize(
    ("start_step", "stale"), [(1, True), (5, True), (6, True), (10, True), (11, False), (21, False)]
)
def test_a_run_is_not_stale_before_its_model_was_quantised_and_given_time(start_step, stale):
    losses = {5: 1.0, 10: 2.0, 15: 3.0}
    assert make_manifest(losses, patience=1, start_step=start_step).is_stale() is stale


def test_a_start_notes_its_step_the_code_and_the_versions(monkeypatch):
    seen = []

    def state(folder: Path) -> Any:
        seen.append(folder)
        return {"commit": "c", "dirty": False}

    monkeypatch.setattr(module, "git_state", state)
    manifest = make_manifest({})
    manifest.start(7)
    wanted = {"step": 7, "git": {"commit": "c", "dirty": False}, "versions": versions()}
    assert manifest.starts == [wanted]
    assert seen == [Path(module.__file__).parent]


def test_a_new_manifest_is_of_a_running_run_and_shares_nothing():
    one, other = Manifest({}), Manifest({})
    one.record(1, {"loss": 1.0})
    one.starts.append({})
    assert (other.metrics, other.starts, other.status) == ([], [], RUNNING)
    assert not hasattr(other, "__dict__")


def test_the_versions_are_plain_text():
    found = versions()
    assert found == {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "platform": platform.platform(),
    }
    assert {type(version) for version in found.values()} == {str}


def test_the_state_of_a_repository_is_its_commit_and_whether_it_was_changed(tmp_path):
    (tmp_path / "clean").mkdir()
    commit = make_repository(tmp_path / "clean")
    shutil.copytree(tmp_path / "clean", tmp_path / "dirty")
    (tmp_path / "dirty" / "code.py").write_text("a = 2\n")
    git(tmp_path / "clean", "tag", "v1")
    assert len(commit) == 40
    assert git_state(tmp_path / "clean") == {"commit": commit, "dirty": False}
    assert git_state(tmp_path / "dirty") == {"commit": commit, "dirty": True}


def test_a_folder_below_a_repository_belongs_to_it(tmp_path):
    commit = make_repository(tmp_path)
    (tmp_path / "package").mkdir()
    assert git_state(tmp_path / "package") == {"commit": commit, "dirty": False}


def test_without_a_commit_a_repository_or_git_there_is_no_state(tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    for name in ("plain", "empty", "no git"):
        (tmp_path / name).mkdir()
    git(tmp_path / "empty", "init", "--quiet")
    assert git_state(tmp_path / "plain") is None
    assert git_state(tmp_path / "empty") is None
    monkeypatch.setenv("PATH", str(tmp_path))
    assert git_state(tmp_path / "no git") is None


def test_the_state_is_that_of_the_first_time_it_was_asked_for(tmp_path):
    commit = make_repository(tmp_path)
    assert git_state(tmp_path) == {"commit": commit, "dirty": False}
    (tmp_path / "code.py").write_text("a = 2\n")
    assert git_state(tmp_path) == {"commit": commit, "dirty": False}
