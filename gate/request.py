"""What a command line asks for, the repository that it is about, and the folders of a run."""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

from gate.change.stage import BaseRules, read_base_rules
from gate.errors import SetupError, UsageError
from gate.measure.choice import Choice, choose
from gate.measure.files import chosen, doubtful_files, looks_like_test, measured_files, present
from gate.measure.launch import module_names
from gate.measure.lending import lent_coverage
from gate.measure.lookalikes import Lookalikes, sort_out
from gate.model import (
    COVERAGE,
    LOST_KILLS,
    MUTATION,
    Command,
    Evidence,
    MutationRun,
    NotJudged,
)
from gate.mutate.applied import applied
from gate.mutate.history import NAME as HISTORY
from gate.mutate.targets import Targets, check_parts, read_targets, refuse_tests
from gate.policy.model import Policy
from gate.policy.search import load_policy
from gate.report.words import some_of
from gate.results.document import FILE_NAME
from gate.results.runs import FOLDER as RUNS
from gate.source.git import python_files, repository_root
from gate.source.imports import ImportGraph
from gate.supervise.jobs import Limits

DEFAULT_OUT = ".gate"
# Collecting may take as long as ten tests.
COLLECT_FACTOR = 10
_MOST_NAMED = 2


@dataclass(frozen=True, slots=True)
class Request:
    """What the command line asks for.

    `paths` narrow what is measured; `targets` are what `gate mutate` is about, and of their mutants only
    those of the ids `mutants`, where these are given. `only` are the test files that may be collected,
    relative to the repository; None means all. `python` runs the tests, `budget` is in seconds.
    """

    start: Path
    out: Path | None = None
    policy: Path | None = None
    base: str | None = None
    jobs: int = 1
    paths: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    mutants: frozenset[str] | None = None
    only: tuple[str, ...] | None = None
    mutation: bool = True
    budget: float | None = None
    python: str | None = None

    @property
    def command(self) -> Command:
        """The command that asks."""
        return "mutate" if self.targets else "check"


@dataclass(frozen=True, slots=True)
class Subject:
    """The repository under check: its root, the policy in force, all its Python files, those measured.

    `doubtful` are files that are measured as well unless they turn out to be tests; what the `tests` are is
    known once pytest has collected. `targets` are those to mutate: what the command line names, or else the
    policy's core. `rules` are those of the merge base, where there is one; its policy is then in force.
    `narrowed` says that PATHS leave out files which the policy measures.
    """

    root: Path
    policy: Policy
    python: tuple[str, ...]
    files: tuple[str, ...]
    targets: Targets
    rules: BaseRules | None = None
    doubtful: tuple[str, ...] = ()
    tests: frozenset[str] = frozenset()
    narrowed: bool = False

    def begun(self) -> Subject:
        """Give what is certain before the collection: no file to mutate that is named like a test."""
        return replace(self, targets=self.targets.without(filter(looks_like_test, self.python)))

    def sorted_out(self, lookalikes: Lookalikes) -> Subject:
        """Measure what was doubtful and is code, and mutate no test."""
        code = lookalikes.code.intersection(self.doubtful)
        targets = self.targets.without(lookalikes.tests)
        files = tuple(path for path in self.python if path in code or path in self.files)
        return replace(self, files=files, targets=targets, doubtful=(), tests=lookalikes.tests)

    @property
    def mutates(self) -> bool:
        """Say whether there may be anything to mutate; what a change renames is in the core as it was."""
        rules = self.rules
        return bool(self.targets.files) or (
            rules is not None and rules.policy.mutation.core != rules.written.mutation.core
        )


def read_subject(request: Request) -> Subject:
    """Find the repository, its policy, the files to measure and those to mutate.

    Raises GateError; also where a mutant stands in a working file, as results would be of that.
    """
    root = repository_root(request.start)
    if standing := applied(root / DEFAULT_OUT):
        raise UsageError(
            f"mutant {standing.mutant} stands in {standing.path}, so results would be of that",
            "put the file back with  gate apply --undo",
        )
    rules = None if request.base is None else read_base_rules(root, request.base, request.policy)
    policy = rules.policy if rules else load_policy(root, request.policy)
    paths = tuple(_inside(root, request.start, path) for path in request.paths)
    python = python_files(root)
    if rules:
        rules = _without_what_is_gone(rules, python)
        policy = rules.policy
    include, origin = (paths, "PATHS") if paths else (policy.source.include, policy.origin)
    files = measured_files(python, include, origin)
    doubtful = doubtful_files(python, include)
    there = frozenset((*files, *doubtful))
    if request.targets:
        targets = read_targets(request.targets, root, request.start, there)
        check_parts(targets, root)
        if all(map(looks_like_test, targets.files)):
            likely = sort_out(root, python, (), files, ImportGraph(root, python))
            refuse_tests(targets, targets.without(likely.tests))
    else:
        core = policy.mutation.core
        named = measured_files(python, core, f"{policy.origin}: [mutation] core") if core else ()
        targets = Targets(tuple(file for file in named if file in there), {})
    narrowed = bool(paths) and not there.issuperset(chosen(python, policy.source.include))
    return Subject(root, policy, python, files, targets, rules, doubtful, narrowed=narrowed)


def not_judged(request: Request, subject: Subject) -> tuple[NotJudged, ...]:
    """Name what the command line keeps from being judged; nothing is required of it in this run."""
    if request.command == "mutate":
        return (NotJudged(COVERAGE, "gate mutate"),)
    named = some_of(request.paths, _MOST_NAMED)
    left_out = [NotJudged(f"files outside {named}", "PATHS")] if subject.narrowed else []
    without = "" if request.mutation else "--no-mutation"
    if not without and request.paths and subject.policy.mutation.core and not subject.mutates:
        without = f"no file of the core in {named}"
    if without:
        left_out.append(NotJudged(MUTATION, without))
        left_out += [] if request.base is None else [NotJudged(LOST_KILLS, without)]
    return tuple(left_out)


def with_left_out(evidence: Evidence, policy: Policy, left_out: tuple[NotJudged, ...]) -> Evidence:
    """Add what a run was not asked for; mutants that it was asked for and never had are a hole."""
    evidence = replace(evidence, not_judged=left_out)
    missing = evidence.mutation is None and evidence.asks_for(MUTATION)
    if not (missing and policy.mutation.core):
        return evidence
    return replace(evidence, mutation=MutationRun((), notes=("no file of the core is measured",)))


def chosen_interpreter(request: Request, subject: Subject, say: Callable[[str], None]) -> Choice:
    """Choose the interpreter that runs the tests, and say which and why.

    Raises UsageError when one is named that cannot run them, SetupError where none can measure there.
    """
    choice = interpreter_for(request, subject.root, subject.policy, subject.files)
    choice = replace(choice, lent=lent_coverage(choice.interpreter, subject.root))
    say(choice.line(subject.root))
    return choice


def interpreter_for(request: Request, root: Path, policy: Policy, files: Sequence[str]) -> Choice:
    """Choose the interpreter that runs the tests of the measured `files`."""
    modules = sorted({name.partition(".")[0] for name in module_names(files)})
    return choose(root, policy, request.python, modules, start=request.start)


def prepare_out(request: Request, root: Path) -> Path:
    """Make the folder that results go to; git is told to ignore it.

    Raises SetupError when it cannot be made or written to.
    """
    return ignored_folder(request.out or root / DEFAULT_OUT)


_OTHER_OUT = "name a folder that can be written to with --out"


def ignored_folder(out: Path) -> Path:
    """Make a folder that git is told to ignore; raises SetupError when it cannot be made or written to."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        ignore = out / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n", encoding="utf-8")
    except OSError as error:
        raise SetupError(
            f"results cannot be written to {out}: {error.strerror}", _OTHER_OUT
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


def suite_limits(policy: Policy) -> Limits:
    """Give the limits of the policy as workers need them."""
    tests = policy.tests
    return Limits(COLLECT_FACTOR * tests.timeout, tests.timeout, tests.memory, tests.output)


def not_the_project(out: Path, root: Path) -> tuple[str, ...]:
    """Name what a run writes below the root, which is no part of the project."""
    real = Path(os.path.realpath(out))
    inside = real.is_relative_to(os.path.realpath(root))
    if not inside or real == Path(os.path.realpath(root)):
        return (HISTORY, FILE_NAME, RUNS, ".gitignore") if inside else ()
    return (real.relative_to(os.path.realpath(root)).as_posix(),)


def shown(path: Path) -> str:
    """Write a path as seen from the current folder, where it is below it."""
    return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path)


def today() -> date:
    """The day by which exclusions and waivers expire, in UTC."""
    return datetime.now(UTC).date()


def _without_what_is_gone(rules: BaseRules, python: tuple[str, ...]) -> BaseRules:
    """Take the paths out of the base's policy that the change leaves nothing of.

    Where it leaves nothing at all, what the head's policy measures is measured.
    """
    policy, include = rules.policy, rules.policy.source.include
    there, core = present(include, python), present(policy.mutation.core, python)
    notes = rules.notes
    if include and not there:
        there = rules.head.source.include
        gone = ", ".join(include)
        notes = (*notes, f"nothing is left of {gone}, so what the new policy names is measured")
    policy = replace(
        policy,
        source=policy.source.model_copy(update={"include": there}),
        mutation=policy.mutation.model_copy(update={"core": core}),
    )
    return replace(rules, policy=policy, notes=notes)


def _inside(root: Path, start: Path, path: str) -> str:
    """Turn a path of the command line into one relative to the repository."""
    full = (start / path).resolve()
    if not full.is_relative_to(root.resolve()):
        raise UsageError(
            f"{path} is outside the repository {root}", "name paths inside the repository"
        )
    return full.relative_to(root.resolve()).as_posix()
