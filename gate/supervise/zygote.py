"""Start one zygote behind a keeper, and read what it says of itself and its forks."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gate.worker.messages import Decoder, Frame, encode

WORKER = Path(__file__).resolve().parent.parent / "worker"
# The worker's package is loaded under a name of its own, so that a project may be called `gate`.
BOOT = """
import importlib.util, sys
folder, descriptor = sys.argv[1:]
spec = importlib.util.spec_from_file_location(
    "testproof_worker", folder + "/__init__.py", submodule_search_locations=[folder])
package = importlib.util.module_from_spec(spec)
sys.modules["testproof_worker"] = package
spec.loader.exec_module(package)
from testproof_worker.zygote import main
main(int(descriptor))
"""


@dataclass(frozen=True, slots=True)
class Launch:
    """What a zygote is started with.

    `arguments` are what pytest collects, `options` go before them. `source` are the folders to measure;
    `watch` maps module names, whose origin is reported, to the files they should come from; `scratch` is
    a folder of this run, made with the first zygote and removed when the judge ends, however it ends.
    With `mutate` the zygote indexes the live functions, so that mutants can be put into them. `path` are
    folders whose modules win over installed ones; `only` are the test files that may be collected, None
    for all; `closed` are more folders that no mutant may write in. `withheld` names variables that are not in
    `environment`, because they look like secrets; `network` is why workers of mutants keep the network,
    empty when they do not. `lent` is the folder of the coverage.py that the gate lends, or empty.
    With `as_module` the root is on `sys.path`, as `python -m pytest` has it. `passed_over` says why
    interpreters that come before this one are not used.
    """

    python: str
    root: Path
    arguments: tuple[str, ...]
    options: tuple[str, ...]
    source: tuple[str, ...]
    watch: Mapping[str, str]
    scratch: Path
    environment: Mapping[str, str]
    mutate: bool = False
    path: tuple[str, ...] = ()
    only: tuple[str, ...] | None = None
    closed: tuple[str, ...] = ()
    withheld: tuple[str, ...] = ()
    network: str = ""
    lent: str = ""
    as_module: bool = False
    passed_over: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Item:
    """One collected test.

    `path` is its file, relative to the root and by no symbolic link, or absolute outside of the repository;
    `file` is the absolute path by which pytest came to it. `shared` are the numbers of the fixtures that it
    shares with other tests.
    """

    test: str
    path: str
    line: int | None
    markers: frozenset[str]
    shared: frozenset[int] = frozenset()
    file: str = ""


@dataclass(frozen=True, slots=True)
class Collected:
    """What a zygote found. `threads` names what makes forking from it unsafe.

    `uncollected` are the reports of files that failed or skipped themselves; `early` and `imported`
    map watched module names to files, before measurement began and after collection; `modules` are the
    imported modules that are not the project's, in order, and `loaded` maps those that are to their files,
    relative to the root. `confined` are the measures that hold in it; `tests` are the files with test
    functions, relative to the root, those included of which every test was deselected. `enders` are the
    project's own functions that run when a session ends, each as `path:line name`, and `plugins` the files of
    its own plugins of pytest, conftests aside. `by_coverage` are those
    of the early modules that coverage.py imports, `by_pytest` the watched modules that pytest imports: these
    are measured. `seconds` is how long the collection took, from the start of the interpreter.
    """

    items: tuple[Item, ...]
    uncollected: tuple[Frame, ...]
    environment: Mapping[str, str]
    threads: tuple[str, ...]
    early: Mapping[str, str]
    imported: Mapping[str, str]
    modules: tuple[str, ...] = ()
    loaded: Mapping[str, str] = field(default_factory=dict)
    confined: Mapping[str, bool] = field(default_factory=dict)
    tests: frozenset[str] = frozenset()
    enders: tuple[str, ...] = ()
    plugins: tuple[str, ...] = ()
    by_coverage: frozenset[str] = frozenset()
    by_pytest: frozenset[str] = frozenset()
    seconds: float = 0.0


@dataclass
class Zygote:
    """A running zygote: its keeper, its control socket, and how far it has come."""

    number: int
    keeper: subprocess.Popen[bytes]
    control: socket.socket
    lifeline: int
    output: Path
    data: Path
    started: float
    decoder: Decoder = field(default_factory=Decoder)
    collected: Collected | None = None
    items: list[Item] = field(default_factory=list)
    uncollected: list[Frame] = field(default_factory=list)
    failure: str = ""
    preloading: int = 0

    def send(self, kind: str, descriptors: tuple[int, ...] = (), **fields: Any) -> None:
        """Send one frame and hand over descriptors; raises OSError when the zygote is gone."""
        data = encode({"kind": kind, **fields})
        sent = socket.send_fds(self.control, [data], descriptors) if descriptors else 0
        self.control.sendall(data[sent:])

    def close(self) -> None:
        """End the zygote and everything that came from it, and wait for that."""
        if self.lifeline >= 0:
            with suppress(BrokenPipeError):
                os.write(self.lifeline, b".")
            os.close(self.lifeline)
            self.lifeline = -1
        self.control.close()
        self.keeper.wait()

    def tail(self, size: int = 4000) -> str:
        """Return the end of what the zygote printed, at most `size` bytes of it."""
        return tail(self.output, size)


def start_zygote(
    launch: Launch, number: int, first: Collected | None = None, *, measured: bool = True
) -> Zygote:
    """Start the project's interpreter behind a keeper and tell it what to collect.

    With the `first` collection it imports what that found outside the project, and collects nothing: the
    earlier fork point. Without `measured` there is no coverage of what it imports, and no mutant.
    """
    here, there = socket.socketpair()
    lifeline_end, lifeline = os.pipe()
    output = launch.scratch / f"zygote-{number}.out"
    data = launch.scratch / f"coverage.import.{number}"
    keeper = subprocess.Popen(
        _command(launch, lifeline_end, there.fileno(), output),
        cwd=launch.root,
        env=dict(launch.environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=(lifeline_end, there.fileno()),
        start_new_session=True,
    )
    os.close(lifeline_end)
    there.close()
    # Only now: from here on there is somebody who clears the folder if the judge is killed.
    _make_scratch(launch.scratch)
    with suppress(BrokenPipeError):
        os.write(lifeline, b".")
    zygote = Zygote(number, keeper, here, lifeline, output, data, time.monotonic())
    zygote.send(
        "setup",
        root=str(launch.root),
        args=[*launch.options, *launch.arguments],
        source=list(launch.source),
        watch=list(launch.watch),
        data=str(data),
        mutate=launch.mutate and measured,
        measure=measured,
        path=list(launch.path),
        as_module=launch.as_module,
        only=None if launch.only is None else list(launch.only),
        rewritten=str(launch.scratch / "rewritten"),
        guard=_guard(launch),
        preload=None if first is None else list(first.modules),
        compile=[] if first is None else list(first.imported.values()),
        subprocesses=str(_subprocess_configuration(launch)),
    )
    return zygote


def hear(zygote: Zygote, frame: Frame) -> bool:
    """Take a frame about the collection; False when it is about something else."""
    match frame:
        case {"kind": "items", "items": items}:
            zygote.items += [_item(each) for each in items]
        case {"kind": "uncollected"}:
            zygote.uncollected.append(frame)
        case {"kind": "ready"}:
            zygote.collected = Collected(
                items=tuple(zygote.items),
                uncollected=tuple(zygote.uncollected),
                environment={str(k): str(v) for k, v in dict(frame["environment"]).items()},
                threads=tuple(map(str, frame["threads"])),
                early=dict(frame["early"]),
                imported=dict(frame["imported"]),
                modules=tuple(map(str, frame["modules"])),
                loaded={str(k): str(v) for k, v in dict(frame["loaded"]).items()},
                confined={str(k): v is True for k, v in dict(frame["confined"]).items()},
                tests=frozenset(map(str, frame["tests"])),
                enders=tuple(map(str, frame["enders"])),
                plugins=tuple(map(str, frame["plugins"])),
                by_coverage=frozenset(map(str, frame["by_coverage"])),
                by_pytest=frozenset(map(str, frame["by_pytest"])),
                seconds=time.monotonic() - zygote.started,
            )
        case {"kind": "seeded" | "preloaded", "threads": threads}:
            zygote.preloading -= 1
            if threads:
                zygote.failure = f"what it imported holds {', '.join(map(str, threads))}"
        case {"kind": "failed", "code": code}:
            zygote.failure = f"pytest ended with exit code {code} before any test could run"
        case _:
            return False
    return True


def tail(path: Path, size: int = 4000) -> str:
    """Return the last `size` bytes of a file as text, empty when it cannot be read."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - size))
            return file.read().decode("utf-8", "replace").strip()
    except OSError:
        return ""


def subprocess_data(scratch: Path) -> list[Path]:
    """Name the coverage data of the Python processes that tests started.

    One that is ended as it begins to save is like one that is ended a moment before: there is nothing of it.
    So ends, with the last test of its worker, the tracker of resources that multiprocessing starts.
    """
    return [path for path in sorted(scratch.glob("coverage.subprocess.*")) if not _is_begun(path)]


def _is_begun(path: Path) -> bool:
    """Tell whether coverage.py has made the file but named no measured file in it yet."""
    try:
        with closing(sqlite3.connect(path)) as data:
            return data.execute("SELECT 1 FROM file").fetchone() is None
    except sqlite3.Error as error:
        return "no such table" in str(error)


def _subprocess_configuration(launch: Launch) -> Path:
    """Write the coverage.py settings for Python processes that tests start."""
    path = launch.scratch / "subprocess.toml"
    data = json.dumps(str(launch.scratch / "coverage.subprocess")).replace("$", "$$")
    source = json.dumps(launch.source).replace("$", "$$")
    path.write_text(
        "[tool.coverage.run]\nbranch = true\ncore = 'ctrace'\nparallel = true\ncontext = '${GATE_CONTEXT-}'\n"
        f"data_file = {data}\nsource_dirs = {source}\n"
    )
    return path


def _guard(launch: Launch) -> dict[str, Any]:
    network = launch.network if launch.mutate else "no mutant is run"
    scratch = str(launch.scratch)
    rooms = os.path.join(scratch, "rooms")
    return {"closed": _closed(launch), "open": [scratch], "network": network, "rooms": rooms}


def _closed(launch: Launch) -> list[str]:
    """The folders that no mutant may write in: the repository and the user's own home."""
    home = os.path.expanduser("~")
    own = [home] if os.path.isdir(home) and home != "/" else []
    return [str(launch.root), *launch.closed, *own]


def _make_scratch(scratch: Path) -> None:
    for folder in (scratch, scratch / "home", scratch / "tmp"):
        folder.mkdir(mode=0o700, exist_ok=True)


def _command(launch: Launch, lifeline: int, control: int, output: Path) -> list[str]:
    keeper = [sys.executable, "-I", "-S", str(WORKER / "keeper.py")]
    held = [str(lifeline), str(control), str(launch.scratch), str(output)]
    return [*keeper, *held, launch.python, "-P", "-c", BOOT, str(WORKER), str(control)]


def _item(fields: Frame) -> Item:
    return Item(
        test=str(fields["test"]),
        path=str(fields["path"]),
        line=fields["line"],
        markers=frozenset(map(str, fields["markers"])),
        shared=frozenset(map(int, fields["shared"])),
        file=str(fields["file"]),
    )
