"""Let the Python processes that tests start see the mutant: by a start-up file of ours on their path.

As long as an environment holds our variable, the start-up file comes first, whatever path the test chose.
Also loaded by file, outside its package, from `startup/sitecustomize.py`: standard library only.
"""

from __future__ import annotations

import functools
import json
import os
import sys
from collections.abc import Mapping
from typing import Any

VARIABLE = "GATE_EDIT"
STARTUP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "startup")
PATH = b"PYTHONPATH"


def hand_down(edit: dict[str, Any]) -> None:
    """Let the Python processes that this one starts see the mutant, and those that they start."""
    needed = {key: edit[key] for key in ("file", "start", "end", "replacement")}
    os.environ[VARIABLE] = json.dumps(needed)
    os.environ["PYTHONPATH"] = os.fsdecode(_led(os.fsencode(os.environ.get("PYTHONPATH", ""))))
    lead()


def lead() -> None:
    """Put the start-up file in front of whatever path a process is given from here on.

    `fork_exec` is what the modules subprocess, asyncio and multiprocessing start processes by. What takes
    over the environment of this process takes it as the system holds it, which `putenv` writes.
    """
    import _posixsubprocess

    _replace(_posixsubprocess, "fork_exec", 5)
    if "subprocess" in sys.modules:
        _replace(sys.modules["subprocess"], "_fork_exec", 5)
    for name in ("posix_spawn", "posix_spawnp", "execve"):
        _replace(os, name, 2)
    putenv, unsetenv = os.putenv, os.unsetenv

    def put(key: Any, value: Any, /) -> None:
        putenv(key, _led(os.fsencode(value)) if os.fsencode(key) == PATH else value)

    def unset(key: Any, /) -> None:
        if os.fsencode(key) == PATH:
            putenv(key, _led(b""))
        else:
            unsetenv(key)

    os.putenv, os.unsetenv = put, unset


def _replace(module: Any, name: str, position: int) -> None:
    """Replace a function that starts a program by one that leads the environment at `position`."""
    function = getattr(module, name, None)
    if function is None:
        return

    @functools.wraps(function)
    def leading(*arguments: Any, **options: Any) -> Any:
        given = list(arguments)
        if len(given) > position:
            given[position] = _environment(given[position])
        elif "env" in options:
            options["env"] = _environment(options["env"])
        return function(*given, **options)

    setattr(module, name, leading)


def _environment(given: Any) -> Any:
    """Give an environment, a mapping or a list of `KEY=value`, with our start-up file first on its path."""
    try:
        if isinstance(given, Mapping):
            found = {os.fsencode(key): os.fsencode(value) for key, value in given.items()}
        else:
            found = dict(os.fsencode(each).split(b"=", 1) for each in given)
    except (TypeError, ValueError):
        # None stands for the environment of this process; of what else is wrong the system tells.
        return given
    if os.fsencode(VARIABLE) not in found:
        return given
    found[PATH] = _led(found.get(PATH, b""))
    return found if isinstance(given, Mapping) else [b"=".join(pair) for pair in found.items()]


def _led(path: bytes) -> bytes:
    """Put the folder of our start-up file in front of a search path."""
    start = os.fsencode(STARTUP)
    others = [each for each in path.split(os.fsencode(os.pathsep)) if each != start] if path else []
    return os.fsencode(os.pathsep).join([start, *others])
