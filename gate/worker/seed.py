"""The earlier fork point: third-party modules imported, none of the project's.

Mutants of import-time code run from here: each fork installs the mutated source, then configures, collects
and runs pytest on the files of the chosen tests.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest

from . import kernel
from .ahead import compile_ahead
from .children import hand_down
from .collect import preload, threads
from .folder import Folder
from .fork import Guard, serve
from .hook import compile_mutated
from .identity import Identity
from .kept import os
from .measure import Measurement
from .messages import Channel, Frame
from .options import Options
from .rewriting import use_rewritten
from .run import Recorder, Terse, explain, run_items
from .sources import show_to_torch


@dataclass(frozen=True)
class Prepared:
    """What forgets code that was made ahead: that of one file or of all imports, and rewritten assertions."""

    compiled: Callable[[str | None], None]
    rewritten: Callable[[str], None]


def serve_seed(channel: Channel, setup: Frame) -> None:
    """Import what is named, then serve the judge until it closes."""
    early: dict[str, str] = {}
    _note_imported(early, "its file is imported with pytest, before any change can be there")
    preload(setup["preload"])
    _note_imported(early, "an installed package imports its file, before any change can be there")
    prepared = Prepared(compile_ahead(setup["compile"]), use_rewritten(setup["rewritten"]))
    kernel.make_pages_huge()
    channel.send("seeded", threads=threads())
    work = partial(_work, setup, prepared, early)
    serve(channel, None, Guard(**setup["guard"]), work, lambda frame: None)
    os._exit(0)


def _note_imported(early: dict[str, str], why: str) -> None:
    """Note which files this process has imported by now: for a mutant of theirs it is too late."""
    own = __name__.partition(".")[0]
    others = (each for name, each in list(sys.modules.items()) if name.partition(".")[0] != own)
    files = (getattr(module, "__file__", None) for module in others)
    for file in (os.path.realpath(file) for file in files if isinstance(file, str)):
        early.setdefault(file, why)


def _work(
    setup: Frame,
    prepared: Prepared,
    early: dict[str, str],
    job: Frame,
    channel: Channel,
) -> bool:
    edit = job["edit"]
    if edit is not None and edit["file"] in early:
        channel.send("stopped", item=None, message=early[edit["file"]])
        return False
    if edit is None:
        # A test that sees the machinery of mutants is to be told by the bare original, without it.
        prepared.compiled(None)
    else:
        prepared.compiled(edit["file"])
        prepared.rewritten(edit["file"])
        compile_mutated(edit)
        hand_down(edit)
        show_to_torch(edit, None)
    plugin = _Chosen(job, channel, Identity(setup["root"]))
    folder = Folder(setup)
    sys.argv = ["pytest", *job["args"]]
    try:
        code: Any = pytest.main(job["args"], plugins=[Options(), folder, plugin.identity, plugin])
    except SystemExit as error:
        code = error.code
    except BaseException as error:  # noqa: BLE001 - pytest lets through what a conftest may raise
        code = repr(error)
    plugin.give_up(f"pytest ended with exit code {code} before any test")
    return False


class _Chosen:
    """Runs the tests of one job, known by their ids, in the place of pytest's own loop."""

    def __init__(self, job: Frame, channel: Channel, identity: Identity) -> None:
        self.identity = identity
        self._items: list[int] = job["items"]
        self._tests: list[str] = job["tests"]
        self._stop: bool = job["stop"]
        self._channel = channel
        self._broken: dict[str, str] = {}

    def pytest_collectreport(self, report: Any) -> None:
        """Remember why a file could not be collected."""
        if report.failed:
            explained = explain(report)
            lines = str(explained.get("message") or explained.get("detail", "")).splitlines()
            place = self.identity.collector(report)
            self._broken[place.strip(".")] = (
                f"{place} is not collected: {lines[-1] if lines else ''}"
            )

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: Any) -> bool:
        """Run the chosen tests, without those that are not there any more; never returns to pytest."""
        by_test = dict(zip(self.identity.tests(session.items), session.items, strict=True))
        wanted = dict(zip(self._items, self._tests, strict=True))
        for index, test in wanted.items():
            if test not in by_test and (reason := self._why_broken(test)):
                self._leave_out([other for other in wanted if other != index])
                self._channel.send("stopped", item=index, message=reason)
                os._exit(0)
        lost = [index for index, test in wanted.items() if test not in by_test]
        if len(lost) == len(wanted):
            self._channel.send("stopped", item=None, message="none of its tests is collected")
            os._exit(0)
        self._leave_out(lost)
        recorder = Recorder()
        session.config.pluginmanager.register(recorder, "gate-recorder")
        session.config.pluginmanager.register(Terse(full=False), "gate-terse")
        tests = [(index, test, by_test[test]) for index, test in wanted.items() if test in by_test]
        self._channel.send("imported")
        if run_items(tests, self._channel, recorder, Measurement(), stop=self._stop):
            self._channel.send("end", status=None, raised="")
        os._exit(0)

    def give_up(self, message: str) -> None:
        """Tell that pytest never came to its run loop."""
        reason = next(iter(self._broken.values()), message)
        self._channel.send("stopped", item=self._items[0], message=reason)

    def _why_broken(self, test: str) -> str:
        found = (reason for place, reason in self._broken.items() if test.startswith(place))
        return next(found, "")

    def _leave_out(self, items: list[int]) -> None:
        if items:
            self._channel.send("without", items=items)
