"""The earlier fork point: third-party modules imported, none of the project's.

Mutants of import-time code run from here: each fork installs the mutated source, then configures, collects
and runs pytest on the files of the chosen tests.
"""

from __future__ import annotations

import os
import sys
from typing import Any

import pytest

from . import kernel
from .collect import preload, threads
from .fork import serve
from .measure import Measurement
from .messages import Channel, Frame
from .options import Options
from .run import Recorder, Terse, explain, run_items, text
from .switch import compile_mutated


def serve_seed(channel: Channel, setup: Frame) -> None:
    """Import what is named, then serve the judge until it closes."""
    preload(setup["preload"])
    kernel.make_pages_huge()
    channel.send("seeded", threads=threads())
    serve(channel, None, _work, lambda frame: None)
    os._exit(0)


def _work(job: Frame, channel: Channel) -> None:
    edit = job["edit"]
    if edit is not None:
        compile_mutated(edit)
    plugin = _Chosen(job, channel)
    sys.argv = ["pytest", *job["args"]]
    try:
        code: Any = pytest.main(job["args"], plugins=[Options(), plugin])
    except SystemExit as error:
        code = error.code
    channel.send(
        "stopped", item=None, message=plugin.reason or f"pytest ended with exit code {code}"
    )


class _Chosen:
    """Runs the tests of one job, known by their ids, in the place of pytest's own loop."""

    def __init__(self, job: Frame, channel: Channel) -> None:
        self._job = job
        self._channel = channel
        self.reason = ""

    def pytest_collectreport(self, report: Any) -> None:
        """Remember why a file could not be collected."""
        if report.failed and not self.reason:
            explained = explain(report)
            lines = str(explained.get("message") or explained.get("detail", "")).splitlines()
            self.reason = f"{text(report.nodeid)} cannot be collected: {lines[-1] if lines else ''}"

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: Any) -> bool:
        """Run the chosen tests; one that is not there any more ends the job."""
        by_test = {text(item.nodeid): item for item in session.items}
        wanted = list(zip(self._job["items"], self._job["tests"], strict=True))
        lost = next((test for _, test in wanted if test not in by_test), None)
        if lost is not None:
            self._channel.send(
                "stopped", item=None, message=self.reason or f"{lost} is not collected"
            )
            os._exit(0)
        recorder = Recorder()
        session.config.pluginmanager.register(recorder, "gate-recorder")
        session.config.pluginmanager.register(Terse(full=False), "gate-terse")
        tests = [(index, by_test[test]) for index, test in wanted]
        if run_items(tests, self._channel, recorder, Measurement(), stop=self._job["stop"]):
            self._channel.send("end", late=[])
        os._exit(0)
