"""What a start of pytest came to: why it failed, in few words, and whether the root on its path may help.

`python -m pytest` puts the current folder on `sys.path`, and `pytest` does not. A project whose tests are
started the first way finds its own folders only so.
"""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from gate.errors import GateError, MissingEvidenceError, SetupError
from gate.supervise.zygote import WORKER, Collected, Launch, Zygote
from gate.worker.messages import Frame

SIZE = 20_000
AS_MODULE = "as `python -m pytest` does it: the root of the repository is on sys.path"
_MOST_FRAMES = 4
_MOST_LINES = 12
_MISSING = re.compile(r"No module named '([\w.]+)'")
# The last line of an exception, as Python prints it, and as pytest does behind an `E`.
_RAISED = re.compile(
    r"(?:E +((?:\w+\.)*[A-Z]\w*(?::.*)?)"
    r"|((?:\w+\.)*(?=[A-Z])\w*(?:Error|Exception|Failure|Exit|Interrupt)(?::.*)?))"
)
_REFUSED = re.compile(r"(?:ERROR|error): (.+)")
_OF_PYTHON = re.compile(r' *File "(.+)", line (\d+)')
_OF_PYTEST = re.compile(r"([^\s:][^:]*):(\d+): (?:in |\w)")
# Before each line of a traceback that is nobody's test's.
_INTERNAL = re.compile(r"^INTERNALERROR> ?", re.MULTILINE)
_REPORT = "this is a bug in gate, not in the tests; report it with these lines"
_NOT_RUNNABLE = ("ModuleNotFoundError", "ImportError")


def lacks_root(zygote: Zygote, root: Path) -> bool:
    """Tell whether a start or a collection missed a module that is at the root of the repository."""
    if zygote.collected is None:
        told: Iterable[str] = (zygote.tail(SIZE),) if zygote.failure else ()
    else:
        told = map(_text, _errors(zygote.collected))
    return any(_is_at(root, name) for text in told for name in _MISSING.findall(text))


def is_better(again: Zygote, before: Zygote) -> bool:
    """Tell whether a second start found more tests, with fewer errors."""
    if again.collected is None or again.failure:
        return False
    if before.collected is None:
        return bool(again.collected.items) or not _errors(again.collected)
    more = len(again.collected.items) >= len(before.collected.items)
    return more and len(_errors(again.collected)) < len(_errors(before.collected))


def not_started(zygote: Zygote, launch: Launch) -> GateError:
    """Word a start that failed: the exception first, then the lines of the project that led to it."""
    said = _INTERNAL.sub("", zygote.tail(SIZE))
    message, environmental = _raised(said)
    if _is_ours(said):
        lines = "\n".join(f"  {line}" for line in said.splitlines()[-_MOST_LINES:])
        told = f"no test could be collected: the gate itself failed: {message}\n{lines}"
        return MissingEvidenceError(told, _REPORT)
    places = [f"  {place}" for place in _places(said, launch.root)][-_MOST_FRAMES:]
    if not message:
        message = zygote.failure
        places = [f"  {line}" for line in said.splitlines()[-_MOST_LINES:]]
    elif zygote.failure and not environmental:
        places.append(f"  {zygote.failure}")
    text = "\n".join((f"no test could be collected: {message}", *places))
    if environmental:
        return SetupError(text, _remedy(message, launch))
    return MissingEvidenceError(text, _look(launch))


def nothing_importable(collected: Collected, launch: Launch) -> SetupError | None:
    """Word a collection without one test in which each file misses a module; None for any other."""
    errors = _errors(collected)
    missing = [_MISSING.findall(_text(error)) for error in errors]
    if collected.items or not errors or not all(missing):
        return None
    names = list(dict.fromkeys(f"'{found[-1]}'" for found in missing))
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    files = "1 test file" if len(errors) == 1 else f"{len(errors):,} test files"
    told = (
        f"{files} could not be imported by {launch.python}: No module named {', '.join(names[:3])}"
    )
    return SetupError(f"no test could be collected: {told}{more}", _remedy(told, launch))


def _remedy(message: str, launch: Launch) -> str:
    """Say what mends an environment in which pytest does not start."""
    python = shlex.quote(launch.python)
    if "DJANGO_SETTINGS_MODULE" in message or "ImproperlyConfigured" in message:
        return (
            "set DJANGO_SETTINGS_MODULE in pytest's configuration (pytest-django) or in the environment; "
            "what the project's tox.ini or noxfile.py sets must be set for the gate too"
        )
    if "unrecognized arguments" in message or "required plugins" in message:
        return (
            f"install the plugin that knows it: {python} -m pip install …, or name another --python"
        )
    if launch.python == sys.executable:
        return _instead_of_own(launch.passed_over)
    if any(_is_at(launch.root, name) for name in _MISSING.findall(message)):
        return f"does `{python} -m pytest --collect-only` find it? Then say which folder is on its path"
    return (
        f"install the project and what its tests need there ({python} -m pip install -e .), or name the "
        "interpreter that has them with --python"
    )


def _instead_of_own(passed_over: Sequence[str]) -> str:
    """Say what to do where the gate's own interpreter ran the tests, as no other could be used."""
    if passed_over:
        return (
            "this is the gate's own interpreter; mend what keeps the project's from being used "
            f"({'; '.join(passed_over)}), or name another with --python"
        )
    return (
        "this is the gate's own interpreter: make an environment with the project and pytest in .venv, "
        "or name its interpreter with --python"
    )


def _look(launch: Launch) -> str:
    return (
        f"run `{shlex.quote(launch.python)} -m pytest --collect-only`; mend what it reports first"
    )


def _raised(said: str) -> tuple[str, bool]:
    """Give the last exception or refusal in what was printed, and whether it is one of the environment."""
    lines = said.splitlines()
    for number in range(len(lines) - 1, -1, -1):
        if found := _RAISED.fullmatch(lines[number].rstrip()):
            # A message of several lines goes on below; its first paragraph says what is wrong.
            told = found[1] or found[2]
            more = [] if found[1] else _paragraph(lines[number + 1 :])
            return " ".join((told, *more)), told.startswith(_NOT_RUNNABLE)
        if found := _REFUSED.search(lines[number]):
            return found[1], True
    return "", False


def _paragraph(lines: list[str]) -> Iterator[str]:
    for line in lines[:_MOST_FRAMES]:
        if not line.strip():
            return
        yield line.strip()


def _is_ours(said: str) -> bool:
    """Tell whether the innermost line of the last traceback is one of the gate's own worker."""
    found = [match[1] for match in map(_OF_PYTHON.match, said.splitlines()) if match]
    return bool(found) and Path(found[-1]).is_relative_to(WORKER)


def _places(said: str, root: Path) -> Iterator[str]:
    """Name the lines of the project in a traceback, in order: `tests/conftest.py:3: import x`."""
    lines = said.splitlines()
    for line, below in zip(lines, [*lines, ""][1:], strict=True):
        found = _OF_PYTHON.match(line) or _OF_PYTEST.match(line)
        path = root / found[1] if found else None
        if found and path and path.is_relative_to(root) and "site-packages" not in path.parts:
            yield f"{path.relative_to(root).as_posix()}:{found[2]}: {below.strip()}"


def _errors(collected: Collected) -> list[Frame]:
    return [report for report in collected.uncollected if report.get("outcome") == "error"]


def _text(report: Frame) -> str:
    return f"{report.get('message', '')}\n{report.get('detail', '')}"


def _is_at(root: Path, module: str) -> bool:
    """Tell whether the root holds a module of this dotted name, as a file or as a folder."""
    path = root.joinpath(*module.split("."))
    return path.is_dir() or path.with_name(f"{path.name}.py").is_file()
