"""coverage.py for an interpreter that has none: the gate's own, found there under that one name.

It is found in every Python process that the tests start, too: by `gate/worker/startup`, which these
variables put on the path. An interpreter of another version cannot load the C tracer, so it is lent nothing.
"""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable, Mapping
from importlib import util
from pathlib import Path

from gate.errors import SetupError
from gate.measure.interpreters import (
    OLDEST,
    Interpreter,
    numbers,
    own_interpreter,
    read_interpreter,
)
from gate.measure.launch import lending

Probe = Callable[[str, Path, Mapping[str, str]], Interpreter]


def lent_coverage(interpreter: Interpreter, root: Path, probe: Probe | None = None) -> str:
    """Give the folder of the gate's coverage.py where the interpreter has none that will do, or nothing.

    Raises SetupError, with the command that installs it, where the gate's own cannot be loaded there, and
    where coverage.py has no C tracer, which contexts for each test need.
    """
    version = interpreter.packages.get("coverage")
    python = shlex.quote(interpreter.path)
    if version is not None and numbers(version) >= OLDEST["coverage"]:
        if interpreter.tracer:
            return ""
        raise SetupError(
            f"coverage.py {version} of {interpreter.path} has no C tracer, which contexts need",
            f"{python} -m pip install --force-reinstall coverage  (a wheel for this platform)",
        )
    lacking = "no coverage.py" if version is None else f"coverage.py {version}, which is too old"
    own = own_interpreter()
    if (interpreter.name, interpreter.version[:2]) == (own.name, own.version[:2]):
        folder = _own_folder()
        ask = probe or _ask
        if ask(interpreter.path, root, lending(folder, os.environ)).tracer:
            return folder
    theirs, ours = (f"{each.name} {each.release}" for each in (interpreter, own))
    raise SetupError(
        f"{interpreter.path} ({theirs}) has {lacking}, and cannot load that of the gate ({ours})",
        f"{python} -m pip install 'coverage>=7.10'",
    )


def _own_folder() -> str:
    found = util.find_spec("coverage")
    if found is None or found.origin is None:
        raise SetupError(
            f"the gate's own coverage.py is gone from {sys.prefix}", "install the gate again"
        )
    return str(Path(found.origin).parent.parent)


def _ask(path: str, root: Path, variables: Mapping[str, str]) -> Interpreter:
    return read_interpreter(path, root, variables=variables)
