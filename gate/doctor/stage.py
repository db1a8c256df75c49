"""`gate doctor`: every check, in the order in which a run would meet what it is about."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path

from gate.change.pytest_config import read_config
from gate.doctor import machine
from gate.doctor.checkout import check_checkout, newest_commit
from gate.doctor.checks import Check, asked, can_run, told, unknown, warning
from gate.doctor.collection import check_collection, check_isolation, collect
from gate.doctor.interpreters import check_gate, check_interpreter
from gate.doctor.owners import check_owners
from gate.doctor.plain import check_selection
from gate.doctor.plugins import check_plugins
from gate.doctor.policy import check_packaging, check_policy
from gate.doctor.settings import access_of, check_settings
from gate.doctor.torch import check_torch
from gate.doctor.variables import check_variables
from gate.doctor.workflows import FOLDER, check_workflows
from gate.errors import GateError
from gate.measure.choice import OPTION
from gate.measure.files import measured_files
from gate.measure.interpreters import Interpreter, read_interpreter, why_unfit
from gate.measure.lending import lent_coverage
from gate.policy.model import Policy, built_in_policy
from gate.policy.search import load_policy
from gate.request import DEFAULT_OUT, Request, interpreter_for, today
from gate.source.branches import default_branch
from gate.source.git import python_files, repository_root

Stage = Callable[[str], None]


def examine(request: Request, stage: Stage) -> Iterator[Check]:
    """Look at everything that a run depends on, and give each check as it is done.

    `stage` hears what takes a moment. No test is run, and nothing stays behind in the repository.
    """
    yield check_gate()
    try:
        root = repository_root(request.start)
    except GateError as error:
        yield told("repository", error)
        return
    policy, python = _policy(root, request), python_files(root)
    found: list[Check] = []
    for check in chain(_before(root, policy, python), _machine(root, request, policy)):
        found.append(check)
        yield check
    interpreter, why = _interpreter(root, request, policy, python)
    lent = _lent(interpreter, root)
    answers = list(check_interpreter(interpreter, why, lent=bool(lent)))
    yield from answers
    if not interpreter.problem:
        yield from _installed(root, python, interpreter)
    yield from check_variables(root, os.environ)
    if isinstance(policy, GateError) or not can_run((*found, *answers)):
        yield unknown("tests", "not collected, as there is a problem above", "mend that first")
    else:
        stage("collecting tests ...")
        yield from asked(
            "tests", lambda: _collection(root, policy, python, (interpreter.path, lent))
        )
    yield from _merge(root, policy)


def _policy(root: Path, request: Request) -> Policy | GateError:
    try:
        return load_policy(root, request.policy)
    except GateError as error:
        return error


def _interpreter(
    root: Path, request: Request, policy: Policy | GateError, python: tuple[str, ...]
) -> tuple[Interpreter, str]:
    """Ask the interpreter that a run would choose, and say why it would; a bad policy has no say."""
    rules = built_in_policy() if isinstance(policy, GateError) else policy
    named = request.python
    if named is None:
        try:
            choice = interpreter_for(request, root, rules, _measured(rules, python))
        except GateError as error:
            return Interpreter("", error.message), ""
        named, why = choice.path, choice.reason
    else:
        why = f"{OPTION} names it"
    return read_interpreter(named, root, plugins=True), why


def _lent(interpreter: Interpreter, root: Path) -> str:
    """Give the folder of the coverage.py that a run would lend; the checks say why it cannot."""
    try:
        return "" if why_unfit(interpreter) else lent_coverage(interpreter, root)
    except GateError:
        return ""


def _measured(policy: Policy, python: tuple[str, ...]) -> tuple[str, ...]:
    try:
        return measured_files(python, policy.source.include, policy.origin)
    except GateError:
        # Said by the check of the policy.
        return ()


def _before(root: Path, policy: Policy | GateError, python: tuple[str, ...]) -> Iterator[Check]:
    yield from asked("repository", lambda: check_checkout(root, default_branch(root)))
    if isinstance(policy, GateError):
        yield told("policy", policy)
    else:
        yield from check_policy(policy, python, today())
    yield from check_packaging(root)


def _installed(root: Path, python: tuple[str, ...], interpreter: Interpreter) -> Iterator[Check]:
    config = read_config(lambda path: _bytes(root / path), ())
    if config.problem:
        yield warning(
            "pytest",
            f"{config.problem}, so the gate cannot tell which tests a change leaves out",
            f"correct {config.file}: `pytest --collect-only -q` says what pytest makes of it",
        )
    yield from check_plugins(interpreter, config.words.get("addopts", ()))
    yield from check_torch(interpreter, root, python)


def _collection(
    root: Path, policy: Policy, python: tuple[str, ...], interpreter: tuple[str, str]
) -> Iterator[Check]:
    found = collect(root, policy, python, *interpreter)
    yield from check_collection(found)
    tests = [item.test for item in found.collected.items]
    yield check_selection(found.launch, tests, found.limits.collect)
    yield check_isolation(found, policy)


def _machine(root: Path, request: Request, policy: Policy | GateError) -> Iterator[Check]:
    cores = os.cpu_count() or 1
    yield machine.check_cores(cores, machine.usable_cores(), machine.cgroup_value("cpu.max"))
    if isinstance(policy, Policy):
        yield machine.check_memory(machine.memory_there(), policy.tests.memory, cores)
    scratch = Path(os.environ.get("TMPDIR") or tempfile.gettempdir()).absolute()
    out = request.out or root / DEFAULT_OUT
    yield machine.check_disk("out", out, "results")
    yield machine.check_disk("scratch", scratch, "what a run needs meanwhile")
    yield from machine.check_clock(newest_commit(root), scratch)


def _merge(root: Path, policy: Policy | GateError) -> Iterator[Check]:
    """What makes the gate's answer binding: workflows, owners, and the settings of the repository."""
    checks, jobs = check_workflows(root)
    yield from checks
    guarded = dict.fromkeys(job.path for job in jobs) or {f"{FOLDER}/gate.yml": None}
    origin = policy.origin if isinstance(policy, Policy) else ""
    rules = [origin] if origin and (root / origin).is_file() and not os.path.isabs(origin) else []
    yield from check_owners(root, (*guarded, *rules))
    branch = default_branch(root).name
    yield from check_settings(access_of(root), branch, jobs)


def _bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except (OSError, ValueError):
        return None
