from __future__ import annotations

import math
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from gate.supervise import watch
from gate.supervise.jobs import Job
from gate.supervise.watch import Usage
from gate.supervise.worker import Worker
from gate.worker.messages import FrameError


@pytest.fixture
def used(monkeypatch: pytest.MonkeyPatch) -> Callable[[float, float], None]:
    """Say what a child has computed and how long it was queued, in seconds."""

    def used(computed: float, queued: float) -> None:
        monkeypatch.setattr(watch, "processor_seconds", lambda process: computed)
        monkeypatch.setattr(watch, "usage", lambda process, **how: Usage(computed, queued))

    used(0.5, 0.0)
    return used


@pytest.mark.usefixtures("used")
@pytest.mark.parametrize(
    ("seconds", "processor", "told"),
    [
        (1.2, 10.0, ""),
        (1.9, 10.0, "still running after 1 s"),
        (1.2, 0.25, "still running after 0.25 s of processor time"),
        (0.9, math.inf, ""),
        (1.2, math.inf, "still running after 1 s"),
    ],
)
def test_what_a_child_computes_is_waiting_only_where_computing_has_no_limit(
    seconds: float, processor: float, told: str
) -> None:
    job = Job("alone 1", (0,), processor=processor)
    assert a_worker(job=job, pid=7).overtime(seconds) == told


@pytest.mark.parametrize("processor", [10.0, math.inf])
@pytest.mark.parametrize(
    ("seconds", "queued", "over"),
    [(4.0, 3.1, False), (4.0, 2.9, True), (9.0, 9.0, False), (10.5, 10.5, True)],
)
def test_time_in_line_for_a_processor_does_not_count_until_it_is_ten_times_the_limit(
    used: Callable[[float, float], None],
    processor: float,
    seconds: float,
    queued: float,
    over: bool,
) -> None:
    # What it had been queued before its test began does not count for the test.
    used(0.0, queued + 5.0)
    job = Job("alone 1", (0,), processor=processor)
    worker = a_worker(job=job, pid=7, before=Usage(0.0, 5.0))
    assert worker.overtime(seconds) == ("still running after 1 s" if over else "")


def test_a_test_whose_time_is_up_tells_what_it_computed(
    worker: Worker, used: Callable[[float, float], None]
) -> None:
    used(2.5, 0.0)
    worker.begin(Job("share 0", (3, 4), measured=True), None, 1.0)
    worker.take({"kind": "start", "pid": 7}, 1.0)
    used(4.0, 0.0)
    assert worker.overtime(worker.since + 1.1) == "still running after 1 s"
    ended = worker.ended("timeout", "")
    assert (ended.item, ended.computed) == (3, 1.5)
    worker.begin(Job("share 1", (3,)), None, 1.0)
    assert worker.ended("crash", "").computed == 0


IMPORTED = {"kind": "imported"}


def test_importing_has_a_limit_of_its_own_and_each_test_its_own_after_that(worker: Worker) -> None:
    job = Job("mutant 1", (3, 4), limits={3: 0.5, 4: 0.25}, at_import=True, imports=7.0)
    worker.begin(job, None, 1.0)
    worker.take({"kind": "start", "pid": 7}, 1.0)
    assert worker.overtime(worker.since + 6.9) == ""
    assert (worker.item, worker.overtime(worker.since + 71)) == (3, "still importing after 7 s")
    imported = worker.since = worker.since - 5.0
    worker.take(IMPORTED, 1.0)
    assert worker.since > imported
    assert (worker.item, worker.overtime(worker.since + 5.1)) == (3, "still running after 0.5 s")
    worker.take({"kind": "done", "item": 3, "phases": [], "traced": True, "set_up": []}, 1.0)
    assert worker.limit == 0.25
    assert 5.0 < worker.ended("crash", "").imports < 60.0
    worker.begin(job, None, 1.0)
    assert worker.ended("crash", "").imports == 0


def test_on_what_is_unchanged_importing_has_the_time_of_a_test(worker: Worker) -> None:
    worker.begin(Job("neutral 1", (3,), at_import=True), None, 2.0)
    worker.take({"kind": "start", "pid": 7}, 1.0)
    assert worker.limit == 1.0
    worker.take(IMPORTED, 1.5)
    assert worker.limit == 1.5


def test_what_a_worker_has_imported_is_told_once_and_before_any_test_is_done(
    worker: Worker,
) -> None:
    done = {"kind": "done", "item": 3, "phases": [], "traced": True, "set_up": []}
    for frames in ([done], [IMPORTED, IMPORTED], [IMPORTED, done, IMPORTED]):
        worker.begin(Job("mutant 1", (3, 4), at_import=True), None, 1.0)
        worker.take({"kind": "start", "pid": 7}, 1.0)
        *before, last = frames
        for frame in before:
            worker.take(frame, 1.0)
        with pytest.raises(FrameError):
            worker.take(last, 1.0)
    worker.begin(Job("share 0", (3,)), None, 1.0)
    worker.take({"kind": "start", "pid": 7}, 1.0)
    with pytest.raises(FrameError):
        worker.take(IMPORTED, 1.0)


def test_a_child_that_is_not_known_yet_is_on_the_clock() -> None:
    worker = a_worker(job=Job("alone 1", (0,), processor=10.0))
    assert worker.overtime(0.9) == ""
    assert worker.overtime(1.1) == "still running after 1 s"


def a_worker(**known: Any) -> Worker:
    """A worker whose test began at second 0 and has one second."""
    unused = cast(Any, None)
    with socket.socket() as closed:
        return Worker(closed, closed, unused, Path(), since=0.0, limit=1.0, **known)


@pytest.fixture
def worker() -> Iterator[Worker]:
    """One that has begun a job without tests."""
    here, there = socket.socketpair()
    with here, there:
        worker = Worker(here, here, cast("Any", None), Path("output"))
        worker.begin(Job("share 0", (), measured=True), None, 1.0)
        worker.take({"kind": "start", "pid": 7}, 1.0)
        yield worker


END = {"kind": "end", "status": None, "raised": ""}


def test_a_worker_that_ran_its_tests_tells_what_was_imported(worker: Worker) -> None:
    ran = {"late": ["torch"], "loaded": {"pkg.a": "pkg/a.py"}, "lost": "DataError: locked"}
    worker.take({"kind": "ran", **ran}, 1.0)
    assert worker.over is None
    worker.take(END, 1.0)
    assert worker.over == ("end", "")
    ended = worker.ended("end", "")
    assert (ended.late, ended.loaded, ended.told) == (("torch",), {"pkg.a": "pkg/a.py"}, True)
    assert ended.lost == "DataError: locked"
    worker.begin(Job("share 1", ()), None, 1.0)
    assert (worker.late, worker.loaded, worker.told, worker.lost) == ((), {}, False, "")


@pytest.mark.parametrize("process", [1, 0, -1, True])
def test_a_worker_is_no_process_that_stands_for_several(worker: Worker, process: int) -> None:
    worker.begin(Job("share 0", (3,)), None, 1.0)
    with pytest.raises(FrameError):
        worker.take({"kind": "start", "pid": process}, 1.0)
    assert worker.pid == 0


def test_a_measured_worker_does_not_end_before_it_told(worker: Worker) -> None:
    with pytest.raises(FrameError):
        worker.take(END, 1.0)


def test_an_end_tells_how_the_session_ended(worker: Worker) -> None:
    worker.output = Path(__file__)
    worker.begin(Job("the whole", (), finish=True), None, 1.0)
    worker.take({**END, "status": 3, "raised": "left open"}, 1.0)
    ended = worker.ended("end", "")
    assert (ended.status, ended.raised, bool(ended.output)) == (3, "left open", True)
    worker.begin(Job("share 1", (), finish=True), None, 1.0)
    assert (worker.status, worker.raised) == (None, "")


@pytest.mark.parametrize(("finish", "status"), [(True, None), (False, 0), (True, "0")])
def test_a_session_is_ended_where_that_is_asked_for_and_nowhere_else(
    worker: Worker, finish: bool, status: object
) -> None:
    worker.begin(Job("share 0", (), finish=finish), None, 1.0)
    with pytest.raises(FrameError):
        worker.take({**END, "status": status}, 1.0)


@pytest.mark.parametrize(
    "said",
    [
        {"kind": "end"},
        {"kind": "ran", "late": []},
        {"kind": "ran", "late": 1, "loaded": {}, "lost": ""},
        {"kind": "ran", "late": [], "loaded": [1], "lost": ""},
    ],
)
def test_an_end_of_another_form_is_refused(worker: Worker, said: dict[str, Any]) -> None:
    # These are what the judge takes for a worker that breaks the protocol.
    with pytest.raises((ValueError, TypeError)):
        worker.take(said, 1.0)
