"""pytest's own end of a session: what of the project runs there, and what a fork leaves alone before it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from inspect import unwrap
from pathlib import Path
from typing import Any

from .kept import os, tempfile, traceback
from .project import path_in_project

# What the project's own code may do there with what it has made before the first fork (stop a server,
# remove a folder), other forks still need.
HOOKS = ("pytest_sessionfinish", "pytest_unconfigure", "pytest_runtestloop", "pytest_cmdline_main")


def enders(config: Any, root: str) -> list[str]:
    """Name the project's own functions that run when the session ends, each as `path:line name`."""
    found: dict[str, None] = {}
    for name in HOOKS:
        for implementation in getattr(config.hook, name).get_hookimpls():
            found |= _of_project(implementation.function, name, root)
    for cleanup in _cleanups(config):
        found |= _of_project(cleanup, "config.add_cleanup", root)
    return list(found)


def go_to_the_end(session: Any) -> None:
    """Leave this fork's session as pytest's own loop would, and let others keep what all of them use.

    Raises what that loop raises where a test or a plugin has asked to stop.
    """
    config = session.config
    factory = getattr(config, "_tmp_path_factory", None)
    if factory is not None:
        factory._retention_policy = "all"
    cache = getattr(config, "cache", None)
    if cache is not None:
        cache._cachedir = Path(tempfile.gettempdir(), f"cache-{os.getpid()}")
    if session.shouldfail:
        raise session.Failed(session.shouldfail)
    if session.shouldstop:
        raise session.Interrupted(session.shouldstop)


def describe(error: BaseException, root: str) -> str:
    """Say what was raised, and where in the project that was."""
    frames = traceback.extract_tb(error.__traceback__)
    places = [(path_in_project(frame.filename, root), frame.lineno) for frame in frames]
    own = [f"{path}:{line}" for path, line in places if path]
    place = f" ({own[-1]})" if own else ""
    lines = "".join(traceback.format_exception_only(error)).strip().splitlines()
    return (lines[0] if lines else type(error).__name__) + place


def _of_project(function: Any, name: str, root: str) -> dict[str, None]:
    while isinstance(function, partial):
        function = function.func
    code = getattr(unwrap(function), "__code__", None)
    if code is None:
        return {}
    path = path_in_project(code.co_filename, root)
    return {f"{path}:{code.co_firstlineno} {name}": None} if path else {}


def _cleanups(config: Any) -> Iterator[Callable[..., Any]]:
    """What was given to `config.add_cleanup`: in a list of its own until pytest 8.3, then in an ExitStack."""
    yield from getattr(config, "_cleanup", ())
    stack = getattr(config, "_cleanup_stack", None)
    for _, callback in getattr(stack, "_exit_callbacks", ()):
        yield getattr(callback, "__wrapped__", callback)
