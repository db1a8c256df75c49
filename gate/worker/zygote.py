"""The process that imports and collects once: the project's interpreter, pytest, and a loop that forks.

The loop runs in the place of pytest's own run loop, so configuration, plugins and conftest files are the
project's, unchanged.
"""

from __future__ import annotations

import gc
import importlib.machinery
import os
import socket
import sys
import traceback
from contextlib import suppress
from typing import Any

import pytest

from . import kernel
from .collect import Collection
from .ending import describe
from .folder import Folder
from .measure import CoverageMeasurement, Measurement
from .messages import Channel, Frame
from .network import why_not
from .options import Options
from .rewriting import Rewriting
from .run import imported_from, text
from .seed import serve_seed


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
        _start_as_module(setup)
        serve_seed(channel, setup)
    early = imported_from(setup["watch"])
    collection = Collection(channel, setup, _measurement(setup), early)
    status, raised = _run_pytest(setup, collection)
    # What pytest said is in the output before the judge looks there.
    with suppress(OSError, ValueError):
        sys.stdout.flush()
        sys.stderr.flush()
    if collection.ending is not None:
        collection.ending.send("end", status=status, raised=text(raised))
        os._exit(0)
    # pytest refused to start: a usage error, a conftest that raises, an internal error.
    channel.send("failed", code=status)


def _measurement(setup: Frame) -> Measurement:
    if not setup["measure"]:
        return Measurement()
    return CoverageMeasurement(setup["data"], setup["source"], setup["subprocesses"])


def _run_pytest(setup: Frame, plugin: Collection) -> tuple[int, str]:
    """Run pytest to its end; gives the exit status that plain pytest leaves with, and what was raised."""
    sys.argv = ["pytest", *setup["args"]]
    _start_as_module(setup)
    try:
        plugins = [
            Options(),
            Folder(setup),
            Rewriting(setup["rewritten"], keep=setup["mutate"]),
            plugin.identity,
            plugin,
        ]
        return int(pytest.main(setup["args"], plugins=plugins)), ""
    except SystemExit as error:
        left_with = 0 if error.code is None else error.code
        return left_with if isinstance(left_with, int) else 1, describe(error, setup["root"])
    except BaseException as error:  # noqa: BLE001 - what a hook raises past pytest ends its process with 1
        traceback.print_exc()
        return 1, describe(error, setup["root"])


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
    loader: Any = importlib.machinery.SourceFileLoader
    path_stats = loader.path_stats
    inside = os.path.join(root, "")

    def guarded(self: Any, path: str) -> Any:
        if path.startswith(inside) and "site-packages" not in path:
            raise OSError("the project's modules are compiled anew")
        return path_stats(self, path)

    loader.path_stats = guarded
