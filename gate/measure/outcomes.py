"""What a worker's frames say of one test; a frame that is missing or contradicts another is never a pass."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePath

from gate.measure import failures
from gate.model import Outcome, TestOutcome
from gate.supervise.jobs import Done, Ended
from gate.supervise.zygote import Item
from gate.worker.messages import Frame

SKIPPING = ("Skipped", "SkipTest")
# An environment that lies in the repository is no part of it.
_OF_AN_INTERPRETER = re.compile(r"(site|dist)-packages|python\d+\.\d+t?|pypy\d+\.\d+")


def outcome_of(item: Item, done: Done, root: Path) -> TestOutcome:
    """Fold the phases of a test that ran to its end into one outcome."""
    phases = [phase for phase in done.phases if phase.get("outcome") != "rerun"]
    blank = TestOutcome(item.test, "passed", done.seconds, path=item.path, line=item.line)
    failed = [phase for phase in phases if phase.get("outcome") == "failed"]
    if failed:
        first = next((phase for phase in failed if phase.get("when") == "call"), failed[0])
        path, line = _place(first, root) or (item.path, item.line)
        blank = replace(blank, path=path, line=line)
        return _failed(blank, "failed" if first.get("when") == "call" else "error", first)
    altered = next((phase for phase in phases if _altered(phase)), None)
    if altered is not None:
        said = f"{altered['type']} was raised, and a plugin or hook reported a pass"
        return _failed(blank, "failed", {**altered, "message": said})
    skipped = next((phase for phase in phases if phase.get("outcome") == "skipped"), None)
    if skipped is not None:
        outcome: Outcome = "xfailed" if "xfail" in skipped else "skipped"
        message = str(skipped.get("xfail") or skipped.get("message", ""))
        return replace(blank, outcome=outcome, message=message.removeprefix("Skipped: "))
    call = next((phase for phase in phases if phase.get("when") == "call"), None)
    if call is None or call.get("outcome") != "passed":
        return _failed(blank, "error", {"message": "it ended without a report of its call"})
    return replace(blank, outcome="xpassed") if "xfail" in call else blank


def outcome_of_end(item: Item, ended: Ended) -> TestOutcome:
    """Say what became of the test in which a worker ended."""
    blank = TestOutcome(
        item.test, "crashed", ended.seconds, ended.message, ended.output, item.path, item.line
    )
    if ended.ending == "timeout":
        return replace(blank, outcome="timeout", cause=failures.timed_out(ended.message))
    return replace(blank, cause=failures.crashed(ended.message))


def outcome_of_collection(report: Frame) -> TestOutcome:
    """Turn a file that failed to collect, or skipped itself, into an outcome of its own."""
    test, message = str(report["test"]), str(report.get("message", ""))
    path = test.partition("::")[0]
    if report["outcome"] == "skipped":
        return TestOutcome(test, "skipped", 0.0, message.removeprefix("Skipped: "), path=path)
    detail = str(report.get("detail", ""))
    cause = failures.uncollected(message or detail)
    return TestOutcome(test, "error", 0.0, message or cause.group, detail, path, cause=cause)


def _failed(blank: TestOutcome, outcome: Outcome, phase: Frame) -> TestOutcome:
    detail = str(phase.get("detail", ""))
    message = str(phase.get("message") or detail)
    cause = failures.classify(str(phase.get("type", "")), message)
    return replace(blank, outcome=outcome, message=message, detail=detail, cause=cause)


def _altered(phase: Frame) -> bool:
    raised = str(phase.get("type", "")).rpartition(".")[2]
    return phase.get("outcome") == "passed" and bool(raised) and raised not in SKIPPING


def _place(phase: Frame, root: Path) -> tuple[str, int] | None:
    """Where it failed: the innermost frame in a file of the repository, None where there is none."""
    frames = phase.get("frames")
    frames = [tuple(frame) for frame in frames if isinstance(frame, list)] if frames else []
    for place in [*reversed(frames), (phase.get("path"), phase.get("line"))]:
        match place:
            case (str(path), int(line)) if line > 0:
                inside = _inside(path, root)
                if inside is not None:
                    return inside, line
    return None


def _inside(path: str, root: Path) -> str | None:
    """Give a path relative to the repository, None for generated code and for what an interpreter brought."""
    full = PurePath(os.path.normpath(PurePath(root, path)))
    if path.startswith("<") or not full.is_relative_to(root):
        return None
    inside = full.relative_to(root)
    if any(_OF_AN_INTERPRETER.fullmatch(part) for part in inside.parts[:-1]):
        return None
    return inside.as_posix()


def lost(item: Item, why: str) -> TestOutcome:
    """Mark a test that no worker ever got to."""
    return TestOutcome(
        item.test, "crashed", 0.0, why, "", item.path, item.line, failures.crashed(why)
    )


def in_order(items: Sequence[Item], outcomes: dict[int, TestOutcome]) -> list[TestOutcome]:
    """List outcomes in the order of collection."""
    return [outcomes[index] for index in range(len(items)) if index in outcomes]
