"""Plugins of pytest that a run under supervision meets, and what the gate does about each.

Each line is what gate/worker/options.py, run.py and gate/measure/outcomes.py do; docs/limits.md has more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from gate.doctor.checks import Check, ok, warning
from gate.measure.interpreters import Interpreter

# What the gate takes care of, by the name of the distribution.
HANDLED = {
    "pytest-xdist": "-n and --dist are set aside, the gate has its own workers",
    "pytest-cov": "kept from tracing, one process holds one tracer",
    "pytest-timeout": "its timer is kept from outside, where it would end the process",
    "pytest-randomly": "seed 0 where none is named, so each run has the same order",
    "hypothesis": "seed 0 where none is named",
    "pytest-rerunfailures": "a test that passes when it is run again counts as passed",
}
# What the gate cannot mend: the option that makes it matter, what comes of it, and what to do.
_FIGHTING = {
    "pytest-forked": (
        ("--forked",),
        "tests run in children that coverage cannot see, so their lines count as never run",
        "take --forked out of addopts: the gate runs tests in processes of its own",
    ),
    "pytest-testmon": (
        ("--testmon", "--testmon-forceselect"),
        "it leaves out tests by its own memory, and wants the tracer for itself",
        "take --testmon out of addopts, so that every test has an outcome",
    ),
    "pytest-random-order": (
        ("--random-order", "--random-order-bucket"),
        "each collection has another order, so where forking is not safe no worker finds the same tests",
        "add --random-order-seed=0 to addopts, or take the option out",
    ),
}
_NEUTRALISED_BY = {"pytest-random-order": "--random-order-seed"}
# A tool that checks files, as tests: it reads what is on disk, which no mutant changes.
_CHECKERS = ("pytest-mypy", "pytest-flake8", "pytest-pylint", "pytest-black", "pytest-ruff")
_CHECKING = ("--mypy", "--flake8", "--pylint", "--black", "--ruff")


def check_plugins(interpreter: Interpreter, addopts: Sequence[str]) -> Iterator[Check]:
    """Name the plugins that are installed and would get in the way; `addopts` are the project's words."""
    plugins = interpreter.plugins
    for name, (options, what, remedy) in _FIGHTING.items():
        if name in plugins and _given(addopts, options) and not _calmed(name, addopts):
            told = f"{name} {plugins[name]} with {options[0]} in addopts: {what}"
            yield warning("plugins", told, remedy)
    for name, option in zip(_CHECKERS, _CHECKING, strict=True):
        if name in plugins and _given(addopts, (option,)):
            yield warning(
                "plugins",
                f"{name} {plugins[name]} with {option} in addopts: its checks are run as tests, and none of "
                "them can notice a mutant",
                f"take {option} out of addopts, and run the tool by itself",
            )
    yield from _handled(plugins)


def _handled(plugins: Mapping[str, str]) -> Iterator[Check]:
    found = [name for name in HANDLED if name in plugins]
    for name in found:
        yield ok("plugins", f"{name} {plugins[name]}: {HANDLED[name]}")
    if not found:
        yield ok("plugins", "no conflicting plugins")


def _given(addopts: Sequence[str], options: Sequence[str]) -> bool:
    return any(word.partition("=")[0] in options for word in addopts)


def _calmed(name: str, addopts: Sequence[str]) -> bool:
    option = _NEUTRALISED_BY.get(name)
    return option is not None and _given(addopts, (option,))
