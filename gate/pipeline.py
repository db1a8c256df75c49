"""The stages of a check, in order."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Protocol

from gate.errors import SetupError, UsageError
from gate.judge.verdict import judge
from gate.measure.baseline import Watcher, look_again, run_suite
from gate.measure.changed import measure_changed
from gate.measure.coverage import combine, measure
from gate.measure.launch import launch, measured_files
from gate.measure.suite import Baseline
from gate.model import CoverageMap, Evidence, Problem
from gate.policy import Policy, load_policy
from gate.results import FILE_NAME, Results, document, publish
from gate.source.code import Sources, edited, read_sources
from gate.source.git import changed_lines, python_files, repository_root
from gate.supervise.jobs import Limits
from gate.supervise.supervisor import Supervisor

# Collecting may take as long as ten tests.
COLLECT_FACTOR = 10
DEFAULT_OUT = ".gate"


class Progress(Watcher, Protocol):
    """Who wants to know which stage a check is in."""

    def stage(self, name: str) -> None:
        """A stage begins."""


@dataclass(frozen=True, slots=True)
class Request:
    """What the command line asks for. `paths` narrow what is measured; `python` runs the tests."""

    start: Path
    out: Path | None = None
    policy: Path | None = None
    base: str | None = None
    jobs: int = 1
    paths: tuple[str, ...] = ()
    python: str = sys.executable


@dataclass(frozen=True, slots=True)
class Subject:
    """The repository under check: its root, the policy in force, and the files that are measured."""

    root: Path
    policy: Policy
    files: tuple[str, ...]


def check(request: Request, progress: Progress) -> tuple[Results, Path]:
    """Run every stage and return the results document as it was read back, and where it is.

    Raises GateError for what the user can mend; nothing is judged then.
    """
    progress.stage("reading the repository")
    subject = read_subject(request)
    out = prepare_out(request, subject.root)
    evidence = gather(subject, request, progress)
    progress.stage("judging")
    verdict = judge(subject.policy, evidence, today())
    results = document(subject.policy, evidence, verdict, created=datetime.now(UTC))
    # From here on there is a verdict: an interrupt must not leave it with the exit code of none.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    return publish(results, out)


def read_subject(request: Request) -> Subject:
    """Find the repository, its policy and the files to measure."""
    root = repository_root(request.start)
    policy = load_policy(root, request.policy)
    paths = tuple(_inside(root, request.start, path) for path in request.paths)
    include, origin = (paths, "PATHS") if paths else (policy.source.include, policy.origin)
    files = measured_files(python_files(root), include, origin)
    return Subject(root, policy, files)


def gather(subject: Subject, request: Request, progress: Progress) -> Evidence:
    """Read the change, run the suite and measure it."""
    tests = subject.policy.tests
    limits = Limits(COLLECT_FACTOR * tests.timeout, tests.timeout, tests.memory, tests.output)
    with scratch_folder() as scratch:
        plan = launch(subject.root, subject.policy, subject.files, scratch, request.python)
        with Supervisor(plan, limits) as supervisor:
            supervisor.begin()
            progress.stage("collecting tests")
            base = request.base
            changed = None if base is None else changed_lines(subject.root, base)
            # The judge has nothing else to do while the project's interpreter imports.
            sources = read_sources(subject.root, subject.files)
            baseline = run_suite(supervisor, subject.policy, request.jobs, progress)
            progress.stage("measuring coverage, and looking again at what is doubtful")
            with ThreadPoolExecutor(1) as other:
                measured = other.submit(_measure, subject, sources, baseline, scratch)
                suite = look_again(supervisor, baseline, subject.policy, request.jobs, progress)
                coverage = measured.result()
    changed_coverage = measure_changed(changed, coverage, sources.files) if changed else None
    return Evidence(suite, coverage, changed, changed_coverage)


def prepare_out(request: Request, root: Path) -> Path:
    """Make the folder that results go to; git is told to ignore it.

    Raises SetupError when it cannot be made or written to.
    """
    out = request.out or root / DEFAULT_OUT
    try:
        out.mkdir(parents=True, exist_ok=True)
        ignore = out / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n", encoding="utf-8")
        # A run that ends without a verdict must not leave an older one to be taken for its own.
        (out / FILE_NAME).unlink(missing_ok=True)
    except OSError as error:
        raise SetupError(
            f"results cannot be written to {out}: {error.strerror}",
            "name a folder that can be written to with --out",
        ) from error
    return out


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Name a private folder for a run, removed at its end; temporary files of this process go there too.

    The first zygote makes it, with a keeper that clears it if this process is killed.
    """
    # Asked for its own choice, tempfile tries which folder it can write to, and leaves that try behind
    # when it is killed.
    parent = os.environ.get("TMPDIR") or tempfile.gettempdir()
    scratch = Path(parent).absolute() / f"gate-{secrets.token_hex(8)}"
    before, tempfile.tempdir = tempfile.tempdir, str(scratch)
    try:
        yield scratch
    finally:
        tempfile.tempdir = before
        shutil.rmtree(scratch, ignore_errors=True)


def today() -> date:
    """The day by which exclusions and waivers expire, in UTC."""
    return datetime.now(UTC).date()


def _inside(root: Path, start: Path, path: str) -> str:
    """Turn a path of the command line into one relative to the repository."""
    full = (start / path).resolve()
    if not full.is_relative_to(root.resolve()):
        raise UsageError(
            f"{path} is outside the repository {root}", "name paths inside the repository"
        )
    return full.relative_to(root.resolve()).as_posix()


def _measure(subject: Subject, sources: Sources, baseline: Baseline, scratch: Path) -> CoverageMap:
    data = scratch / "combined"
    problems = combine(baseline.parts, data)
    coverage = measure(subject.root, sources, data, baseline.passing())
    moved = tuple(
        Problem(file, "it changed while the tests ran, so what was measured is not what is here")
        for file in edited(subject.root, sources)
    )
    return replace(coverage, problems=(*problems, *coverage.problems, *moved))
