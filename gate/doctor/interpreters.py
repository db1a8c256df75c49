"""What is said of the interpreters: the gate's own, and the one that runs the tests."""

from __future__ import annotations

import platform
from collections.abc import Iterator

from gate import __version__
from gate.doctor.checks import Check, ok, problem, warning
from gate.measure.interpreters import (
    OLDEST,
    OLDEST_PYTHON,
    Interpreter,
    numbers,
    own_interpreter,
)


def check_gate() -> Check:
    """Look at the interpreter that the gate itself runs on, and at the platform."""
    system = platform.system()
    told = f"{__version__} on Python {platform.python_version()}, {system}"
    if system == "Linux":
        return ok("gate", told)
    if system == "Darwin":
        return warning(
            "gate",
            f"{told}: limits of memory and output are not enforced, and mutants are not kept from writing",
            "let a Linux machine decide, such as the workflow that `gate init` writes",
        )
    return problem("gate", f"{told} is not supported", "run it on Linux, on macOS or in WSL")


def check_interpreter(
    interpreter: Interpreter, why: str = "", *, lent: bool = False
) -> Iterator[Check]:
    """Look at the version, at pytest and coverage.py, and at the tracer; `why` says why it is this one.

    Where coverage.py is `lent`, the interpreter needs none of its own.
    """
    if interpreter.problem:
        yield problem(
            "interpreter",
            interpreter.problem,
            "name the interpreter of the project's environment with --python: Python 3.11 or later",
        )
        return
    version = interpreter.release
    if interpreter.version[:2] < OLDEST_PYTHON:
        yield problem(
            "interpreter",
            f"{interpreter.path} is Python {version}, and the gate runs tests with 3.11 or later",
            "make an environment with a later Python, and name its interpreter with --python",
        )
        return
    chosen = f" ({why})" if why else ""
    yield ok("interpreter", f"{interpreter.path}, {interpreter.name} {version}{chosen}")
    yield _package(interpreter, "pytest", OLDEST["pytest"])
    if lent:
        version = own_interpreter().packages["coverage"]
        there = interpreter.packages.get("coverage")
        why = f"{there} is too old" if there else "there is none"
        yield ok("coverage", f"the gate lends its own, {version}: {why} in {interpreter.path}")
        return
    yield _package(interpreter, "coverage", OLDEST["coverage"])
    if interpreter.packages.get("coverage") and not interpreter.tracer:
        yield problem(
            "tracer",
            "coverage.py has no C tracer there, and contexts for each test need it",
            f"{interpreter.path} -m pip install --force-reinstall coverage  (a wheel for this platform)",
        )


def _package(interpreter: Interpreter, name: str, oldest: tuple[int, int]) -> Check:
    least = ".".join(map(str, oldest)).removesuffix(".0")
    install = f"{interpreter.path} -m pip install '{name}>={least}'"
    version = interpreter.packages.get(name)
    if version is None:
        return problem(
            name, f"not installed in {interpreter.path}", f"{install}, or name another --python"
        )
    if numbers(version) < oldest:
        return problem(name, f"{version} is older than {least}, the oldest that works", install)
    return ok(name, version)
