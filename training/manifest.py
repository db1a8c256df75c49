"""The manifest of a run, manifest.json: what was run, by which code, and what came of it."""

from __future__ import annotations

import json
import platform
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import torch

from training.checkpoints import write_whole

SCHEMA = 1
FILE = "manifest.json"

RUNNING, COMPLETED, STOPPED_EARLY = "running", "completed", "stopped_early"
HELD_OUT = "held_out_loss"


@dataclass(slots=True)
class Manifest:
    """The record of a run; all of it is part of each checkpoint, so that it resumes with the run.

    `starts` has an entry for each start: the step it began at, the state of the code's repository
    and the versions. `metrics` has an entry for each step that was logged or evaluated.
    """

    config: dict[str, Any]
    status: str = RUNNING
    starts: list[dict[str, Any]] = field(default_factory=list)
    metrics: list[dict[str, float]] = field(default_factory=list)

    def start(self, step: int) -> None:
        """Note that this process goes on at `step`."""
        git = git_state(Path(__file__).parent)
        self.starts.append({"step": step, "git": git, "versions": versions()})

    def record(self, step: int, metrics: Mapping[str, float]) -> None:
        """Keep the metrics of a step, which is later than those before."""
        self.metrics.append({"step": step, **metrics})

    def best(self) -> dict[str, float] | None:
        """Return the first entry with the lowest held-out loss, of the quantised model if any."""
        return min(self._evaluations(), key=lambda entry: entry[HELD_OUT], default=None)

    def is_stale(self) -> bool:
        """Tell whether the last `patience` evaluations were no better than the best before them.

        A model that is to be quantised is not given up before it was.
        """
        patience: int | None = self.config["training"]["patience"]
        best = self.best()
        if patience is None or best is None or best["step"] < self._quantised_from():
            return False
        later = [entry for entry in self._evaluations() if entry["step"] > best["step"]]
        return len(later) >= patience

    def write(self, folder: Path) -> None:
        """Write manifest.json as a whole; OSError, naming the file, leaves the one before it."""
        content = {
            "schema": SCHEMA,
            "status": self.status,
            "seed": self.config["training"]["seed"],
            "config": self.config,
            "starts": self.starts,
            "best": self.best(),
            "metrics": self.metrics,
        }
        write_whole(folder / FILE, json.dumps(content, indent=1, allow_nan=False).encode())

    def _evaluations(self) -> list[dict[str, float]]:
        evaluations = [entry for entry in self.metrics if HELD_OUT in entry]
        quantised = [entry for entry in evaluations if entry["step"] >= self._quantised_from()]
        return quantised or evaluations

    def _quantised_from(self) -> int:
        start_step: int | None = self.config["qat"]["start_step"]
        return 1 if start_step is None else start_step


def versions() -> dict[str, str]:
    """Name the Python, torch and system that the numbers depend on."""
    return {
        "python": platform.python_version(),
        "torch": str(torch.__version__),
        "platform": platform.platform(),
    }


@cache
def git_state(folder: Path) -> dict[str, Any] | None:
    """Return the commit checked out at `folder` and whether tracked files differ from it.

    None without git, a repository or a commit. Read once: what runs is what was loaded then.
    """
    command = ["git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        described = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    commit, dirty, _ = described.stdout.strip().partition("-dirty")
    return {"commit": commit, "dirty": bool(dirty)}
