"""The process that imports and collects once: the project's interpreter, pytest, and a loop that forks.

The loop runs in the place of pytest's own run loop, so configuration, plugins and conftest files are the
project's, unchanged. Nothing here imports pytest before coverage is on: it may import the project.
"""

from __future__ import annotations

import sys
from importlib.machinery import SourceFileLoader
from typing import Any

from . import kernel
from .kept import gc, os, socket
from .measure import CoverageMeasurement, Measurement, imported_from
from .messages import Channel, Frame
from .network import why_not


def main(descriptor: int) -> None:
    """Serve the judge on the socket `descriptor` until it closes."""
    kernel.die_with_parent(os.getppid())
    kernel.be_the_first_to_go()
    channel = Channel(socket.socket(fileno=descriptor))
    setup = channel.receive()
    if setup is None:
        return
    setup["confined"] = {
        "privileges": kernel.gain_no_privileges(),
        "resources": kernel.limit_resources(),
    }
    guard = setup["guard"]
    # Tried while this process is small: a system may allow it by halves.
    guard["network"] = guard["network"] or why_not()
    sys.dont_write_bytecode = True
    # Imports make much and drop little: collecting garbage meanwhile is time for nothing.
    gc.disable()
    _compile_from_source(setup["root"])
    _put_first(setup["path"])
    if setup["preload"] is not None:
        from .seed import serve_seed

        _start_as_module(setup)
        serve_seed(channel, setup)
    by_site = imported_from(setup["watch"])
    measurement = _measurement(setup)
    setup["early"] = imported_from(setup["watch"])
    setup["by_coverage"] = sorted(setup["early"].keys() - by_site.keys())

    from .session import run_session

    setup["by_pytest"] = sorted(imported_from(setup["watch"]).keys() - setup["early"].keys())
    _start_as_module(setup)
    run_session(channel, setup, measurement)


def _measurement(setup: Frame) -> Measurement:
    if not setup["measure"]:
        return Measurement()
    return CoverageMeasurement(setup["data"], setup["source"], setup["subprocesses"])


def _put_first(path: list[str]) -> None:
    """Let modules of these folders win over installed ones, here and in processes that tests start."""
    if path:
        sys.path[:0] = path
        others = os.environ.get("PYTHONPATH")
        os.environ["PYTHONPATH"] = os.pathsep.join([*path, *([others] if others else [])])


def _start_as_module(setup: Frame) -> None:
    """Have the root where `python -m pytest` has it: behind what comes first, in this process alone."""
    if setup["as_module"]:
        sys.path.insert(len(setup["path"]), setup["root"])


def _compile_from_source(root: str) -> None:
    """Never trust a cached bytecode file of the project: its source may be another by now."""
    loader: Any = SourceFileLoader
    path_stats = loader.path_stats
    inside = os.path.join(root, "")

    def guarded(self: Any, path: str) -> Any:
        if path.startswith(inside) and "site-packages" not in path:
            raise OSError("the project's modules are compiled anew")
        return path_stats(self, path)

    loader.path_stats = guarded
