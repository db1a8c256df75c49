"""Which interpreter runs the tests, and why: the one that is named, or the first of a few that can."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from gate.errors import UsageError
from gate.measure.interpreters import (
    Interpreter,
    own_interpreter,
    read_interpreter,
    why_unfit,
)
from gate.model import INTERPRETER_OPTION
from gate.policy.model import Policy
from gate.source.git import is_tracked

OPTION = "--python"
# Where projects keep their environment, in the order of preference.
FOLDERS = (".venv", "venv")
_NAME_ANOTHER = "name the interpreter of the project's environment with --python"

Probe = Callable[[str, Path, Sequence[str]], Interpreter]


@dataclass(frozen=True, slots=True)
class Candidate:
    """An interpreter that may run the tests; `wish` says who names it, empty where nobody does.

    One that somebody names is used, or there is no run; the others may be passed over. One that is `last`
    comes behind all others unless it has the project installed.
    """

    path: str
    why: str
    wish: str = ""
    last: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """The interpreter that runs the tests, and why; `passed_over` says why not those before it.

    `option` is what --python must say for the next command to choose it too, empty when it does so by itself.
    `lent` is the folder of the gate's coverage.py where this one has none.
    """

    interpreter: Interpreter
    why: str
    passed_over: tuple[str, ...] = ()
    option: str = ""
    lent: str = ""

    @property
    def path(self) -> str:
        """Where it is, absolute."""
        return self.interpreter.path

    @property
    def reason(self) -> str:
        """Say why it is this one, and why not those before it."""
        return "; ".join((self.why, *(f"not {reason}" for reason in self.passed_over)))

    def line(self, root: Path) -> str:
        """Say in one line which it is and why."""
        path, release = _shown(self.path, root), self.interpreter.release
        lent = "; the gate lends it coverage.py" if self.lent else ""
        return f"tests run with {path} (Python {release}): {self.reason}{lent}"

    def facts(self, root: Path) -> Mapping[str, str]:
        """Give what the results document says of the choice."""
        facts = {"interpreter": _shown(self.path, root), "interpreter chosen": self.reason}
        facts |= {"coverage lent": "by the gate"} if self.lent else {}
        return facts | ({INTERPRETER_OPTION: self.option} if self.option else {})


def choose(
    root: Path,
    policy: Policy,
    option: str | None,
    modules: Sequence[str],
    probe: Probe = read_interpreter,
    start: Path | None = None,
) -> Choice:
    """Choose the interpreter that runs the tests; `option` is what --python names.

    `modules` are top-level names of the project, by which an interpreter is known that has it installed.
    Environments between `start` and the root are named, and never chosen where the policy names no project.
    Raises UsageError when what --python or the policy names cannot run tests.
    """
    if option is not None:
        return _named(root, policy, option, modules, probe)
    passed_over: list[str] = []
    late: Choice | None = None
    for candidate in candidates(root, policy, os.environ):
        refusal = _brought_along(root, candidate)
        found = Interpreter(candidate.path) if refusal else _ask(root, candidate, modules, probe)
        refusal = refusal or why_unfit(found)
        if refusal and candidate.wish:
            raise UsageError(f"{candidate.wish}: {refusal}", _NAME_ANOTHER)
        if refusal:
            passed_over.append(f"{_shown(candidate.path, root)}: {refusal}")
        elif candidate.last and not found.modules and late is None:
            late = Choice(found, candidate.why)
        else:
            return Choice(found, candidate.why, tuple(passed_over))
    if late is not None:
        return Choice(late.interpreter, late.why, tuple(passed_over))
    own = own_interpreter()
    passed_over += _of_one_project(root, start or root)
    return Choice(own, "the gate's own, as no other was found", tuple(passed_over))


def candidates(root: Path, policy: Policy, environ: Mapping[str, str]) -> list[Candidate]:
    """Name the interpreters to try, in order; an environment that is not there at all is none of them."""
    found = []
    if (named := policy.tests.python) is not None:
        wish = f"{policy.origin}: tests.python names {named}"
        found.append(Candidate(str(root / named), f"[tests] python of {policy.origin}", wish))
    if active := environ.get("VIRTUAL_ENV"):
        own = os.path.realpath(active) == os.path.realpath(sys.prefix)
        found.append(Candidate(_python_in(Path(active)), "VIRTUAL_ENV names it", last=own))
    for folder in (*_folders_of_project(policy), "."):
        whose = (
            "the repository's own environment" if folder == "." else f"the environment of {folder}"
        )
        found += [
            Candidate(_python_in(root / folder / name), whose)
            for name in FOLDERS
            if os.path.lexists(root / folder / name)
        ]
    return found


def _folders_of_project(policy: Policy) -> tuple[str, ...]:
    """Give the folder that holds all that a policy measures and runs, and those around it, below the root."""
    paths = [each.partition("::")[0] for each in (*policy.source.include, *policy.tests.paths)]
    if not policy.source.include or not policy.tests.paths:
        return ()
    common = PurePosixPath(os.path.commonpath(paths))
    return tuple(str(each) for each in (common, *common.parents) if str(each) not in (".", ""))


def _of_one_project(root: Path, start: Path) -> Iterable[str]:
    """Say of the environments around `start` that are not at the root how to name them."""
    here, top = start.resolve(), root.resolve()
    for folder in (here, *here.parents):
        if folder == top or top not in folder.parents:
            return
        for name in FOLDERS:
            python = _python_in(folder / name)
            if os.path.exists(python):
                shown, told = _shown(python, top), shlex.quote(python)
                yield f"{shown}: it is not at the root of the repository: {OPTION} {told}"


def _named(root: Path, policy: Policy, option: str, modules: Sequence[str], probe: Probe) -> Choice:
    """Take what the command line names, and say whether the next command must name it too."""
    wanted = Candidate(option, f"{OPTION} names it", OPTION)
    found = _ask(root, wanted, modules, probe)
    if refusal := why_unfit(found):
        told = refusal if option in refusal else f"{found.path}: {refusal}"
        raise UsageError(f"{OPTION}: {told}", _remedy(found))
    again = any(_same(each.path, found.path) for each in candidates(root, policy, os.environ))
    if again or _same(sys.executable, found.path):
        chosen = choose(root, policy, None, modules, probe).interpreter.path
        again = _same(chosen, found.path)
    return Choice(found, wanted.why, option="" if again else option)


def _remedy(interpreter: Interpreter) -> str:
    """Say what to do about one that is named and cannot run tests."""
    if interpreter.problem or interpreter.version < (3, 11):
        return f"{_NAME_ANOTHER}: Python 3.11 or later"
    install = f"{shlex.quote(interpreter.path)} -m pip install 'pytest>=8'"
    return f"{install}, or {_NAME_ANOTHER}"


def _ask(root: Path, candidate: Candidate, modules: Sequence[str], probe: Probe) -> Interpreter:
    program = shutil.which(candidate.path)
    if program is not None and _same(program, sys.executable) and not candidate.last:
        return own_interpreter()
    return probe(candidate.path, root, modules)


def _brought_along(root: Path, candidate: Candidate) -> str:
    """Say why a change could have brought this interpreter: git tracks it, or what it leads to."""
    python = Path(candidate.path)
    folder = python.parent.parent
    places = {*_inside(root, (python, folder, python.resolve(), folder.resolve()))}
    # The repository itself is no environment, and a folder above the program may be a link that git tracks.
    links = (each for each in python.parents if each.is_symlink())
    places |= {*_inside(root, links)}
    if is_tracked(root, sorted(places)):
        return "git tracks it, so a change could bring its own interpreter"
    return ""


def _inside(root: Path, paths: Iterable[Path]) -> Iterable[str]:
    return (
        path.relative_to(above).as_posix()
        for path in paths
        for above in (root, root.resolve())
        if path.is_relative_to(above) and path != above
    )


def _python_in(environment: Path) -> str:
    return str(environment / "bin" / "python")


def _same(one: str, other: str) -> bool:
    """Tell whether two paths are one program; a link of another environment is another."""
    return os.path.abspath(one) == os.path.abspath(other)


def _shown(path: str, root: Path) -> str:
    return os.path.relpath(path, root) if Path(path).is_relative_to(root) else path
