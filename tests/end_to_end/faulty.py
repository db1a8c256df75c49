"""Run the gate with a fault in the judging process: `faulty.py FAULT NUMBER COUNTS ARGUMENTS…`.

FAULT is `killed`: SIGKILL at the NUMBER-th thing that the judge does (opens or renames a file, starts a
process, hears or sends a frame); or `unwritten`: the NUMBER-th write fails, and where NUMBER is even all
that follow. NUMBER 0 lets the run be. COUNTS gets what there was to count, a line each.
"""

from __future__ import annotations

import builtins
import errno
import importlib
import io
import os
import signal
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

SEEN = frozenset(
    {
        "open",
        "os.mkdir",
        "os.remove",
        "os.rename",
        "os.rmdir",
        "sqlite3.connect",
        "subprocess.Popen",
    }
)
# What the interpreter reads to import is no doing of the judge.
NOT_SEEN = (".py", ".pyc", ".so", ".pth")


class Fault:
    """Counts what happens in this process, and does harm at one of them."""

    def __init__(self, number: int, harm: Callable[[str, bool], None]) -> None:
        self.counts: list[str] = []
        self._number = number
        self._harm = harm
        self._process = os.getpid()

    def happens(self, what: str) -> None:
        """Count one thing before it is done."""
        if os.getpid() != self._process:
            return
        self.counts.append(what)
        at = len(self.counts) == self._number
        after = self._number % 2 == 0 and 0 < self._number < len(self.counts)
        if at or after:
            self._harm(what, at)


def kill(_: str, at: bool) -> None:
    if at:
        os.kill(os.getpid(), signal.SIGKILL)


def refuse(what: str, _: bool) -> None:
    if what.startswith("sqlite"):
        error = sqlite3.OperationalError("database or disk is full")
        error.sqlite_errorcode, error.sqlite_errorname = sqlite3.SQLITE_FULL, "SQLITE_FULL"
        raise error
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), what)


def watch_doings(fault: Fault) -> None:
    """Count what an audit hook sees, and frames both ways."""
    from gate.supervise.worker import Worker
    from gate.supervise.zygote import Zygote
    from gate.worker.messages import Decoder

    def seen(event: str, arguments: tuple[Any, ...]) -> None:
        if event in SEEN and not str(arguments[0]).endswith(NOT_SEEN):
            fault.happens(f"{event} {arguments[0]}")

    sys.addaudithook(seen)
    for owner, name in ((Decoder, "frames"), (Zygote, "send"), (Worker, "begin")):
        setattr(owner, name, counted(fault, f"{owner.__name__}.{name}", getattr(owner, name)))


def watch_writes(fault: Fault) -> None:
    """Count what writes: files made and written, folders made, renames, rows of databases."""

    class Raw(io.FileIO):
        def write(self, data: Any, /) -> int:
            fault.happens(f"write {self.name}")
            return super().write(data)

    opened = io.open

    def open_counted(file: Any, mode: str = "r", *arguments: Any, **options: Any) -> Any:
        if isinstance(file, int) or not set(mode) & set("wxa+"):
            return opened(file, mode, *arguments, **options)
        fault.happens(f"create {file}")
        raw = Raw(file, mode.replace("b", "").replace("t", ""))
        buffer = io.BufferedWriter(raw)
        if "b" in mode:
            return buffer
        return io.TextIOWrapper(buffer, options.get("encoding"), options.get("errors"))

    class Connection(sqlite3.Connection):
        def execute(self, *arguments: Any) -> Any:
            fault.happens(f"sqlite {str(arguments[0]).split()[0]}")
            return super().execute(*arguments)

        def executemany(self, *arguments: Any) -> Any:
            fault.happens("sqlite many")
            return super().executemany(*arguments)

    connected = sqlite3.connect

    def connect_counted(*arguments: Any, **options: Any) -> Any:
        fault.happens(f"sqlite connect {arguments[:1]}")
        return connected(*arguments, factory=Connection, **options)

    io.open = builtins.open = open_counted  # type: ignore[assignment]
    sqlite3.connect = connect_counted  # type: ignore[assignment]
    for name in ("mkdir", "replace", "rename", "fsync"):
        setattr(os, name, counted(fault, f"os.{name}", getattr(os, name)))


def counted(fault: Fault, what: str, do: Callable[..., Any]) -> Callable[..., Any]:
    def done(*arguments: Any, **options: Any) -> Any:
        fault.happens(what)
        return do(*arguments, **options)

    return done


def main(kind: str, number: int, counts: str, arguments: list[str]) -> None:
    from gate.cli import main as gate_main

    # What a command loads when it runs is there before counting begins.
    for module in ("gate.pipeline", "gate.report.terminal", "gate.progress"):
        importlib.import_module(module)
    write = os.open(counts, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    fault = Fault(number, kill if kind == "killed" else refuse)
    (watch_doings if kind == "killed" else watch_writes)(fault)
    sys.argv = ["gate", *arguments]
    try:
        gate_main()
    finally:
        os.write(write, "\n".join(fault.counts).encode("utf-8", "replace"))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), str(Path(sys.argv[3])), sys.argv[4:])
