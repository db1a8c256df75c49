"""Run chosen tests of a collected session in this process, and say what became of each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from .kept import traceback
from .landlock import was_refused
from .measure import Measurement
from .messages import Channel
from .network import was_missed

TEXT_CAP = 4000
FRAMES = 6
PLACES = 20


class Recorder:
    """The pytest plugin that notes each phase of the test that is running."""

    def __init__(self) -> None:
        self.phases: list[dict[str, Any]] = []
        self.channel: Channel | None = None
        self._raised: dict[str, str] = {}
        self._offline: set[str] = set()
        self._denied: dict[str, str] = {}

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(self, call: Any) -> Iterator[None]:
        """Remember the type of what a phase raised, whatever a plugin makes of its report."""
        if call.excinfo is not None:
            self._raised[call.when] = _type_name(call.excinfo.type)
            if was_missed(call.excinfo.value):
                self._offline.add(call.when)
            denied = was_refused(call.excinfo.value)
            if denied is not None:
                self._denied[call.when] = text(denied)
        return (yield)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: Any) -> None:
        """Note one phase as pytest reports it."""
        phase = {"when": report.when, "outcome": report.outcome, "seconds": report.duration}
        raised = self._raised.pop(report.when, None)
        if raised:
            phase["type"] = raised
        if report.when in self._offline:
            phase["offline"] = True
        if report.when in self._denied:
            phase["denied"] = self._denied[report.when]
        if hasattr(report, "wasxfail"):
            phase["xfail"] = text(str(report.wasxfail))
        if report.outcome != "passed":
            phase.update(explain(report))
        self.phases.append(phase)

    @pytest.hookimpl(optionalhook=True, tryfirst=True)
    def pytest_timeout_set_timer(self, item: Any, settings: Any) -> bool | None:
        """Take over the timers that would end the whole process; the judge enforces them."""
        if settings.method != "thread" or not settings.timeout or self.channel is None:
            return None
        self.channel.send("limit", seconds=float(settings.timeout))
        return True

    def take(self) -> list[dict[str, Any]]:
        """Hand out the phases noted since the last call."""
        phases, self.phases = self.phases, []
        self._raised.clear()
        self._offline.clear()
        self._denied.clear()
        return phases


class Terse:
    """The pytest plugin that makes reports without pytest's tracebacks.

    Those parse the whole test file for each failure, which costs more than most tests; `full` keeps the
    place, the message and Python's own traceback.
    """

    def __init__(self, *, full: bool) -> None:
        self.full = full

    def pytest_runtest_makereport(self, item: Any, call: Any) -> pytest.TestReport:
        """Say how the phase ended, in the place of pytest's own reporter.

        Plugins that come before that one (unittest's) or wrap it still have their say.
        """
        outcome: Any = "passed"
        longrepr: Any = None
        if call.excinfo is not None:
            raised = call.excinfo.value
            if isinstance(raised, pytest.skip.Exception):
                outcome, longrepr = "skipped", (str(item.path), 0, text(str(raised)))
            else:
                outcome, longrepr = "failed", Raised(call.excinfo, full=self.full)
        return pytest.TestReport(
            nodeid=item.nodeid,
            location=item.location,
            keywords=dict.fromkeys(item.keywords, 1),
            outcome=outcome,
            longrepr=longrepr,
            when=call.when,
            duration=call.duration,
            start=call.start,
            stop=call.stop,
        )


class Raised:
    """What a phase raised, in the form in which pytest's own plugins look at it."""

    def __init__(self, excinfo: Any, *, full: bool) -> None:
        self.reprcrash: Any = None
        self.frames: list[tuple[str, int]] = []
        self._text = _type_name(excinfo.type)
        if not full:
            return
        try:
            self.reprcrash = excinfo._getreprcrash()
            self.frames = [
                _frame(entry) for entry in excinfo.traceback if not entry.ishidden(excinfo)
            ]
            shown = traceback.format_exception(
                excinfo.type, excinfo.value, excinfo.tb, limit=-FRAMES
            )
            self._text = "".join(shown)
            if isinstance(excinfo.value, pytest.FixtureLookupError) and self.reprcrash:
                # Its own text is that of the request, which differs from test to test.
                told = excinfo.value.formatrepr().errorstring
                self.reprcrash.message = told.strip().partition("\n")[0]
                self._text += f"\n{told}"
        except Exception as error:  # noqa: BLE001 - an exception may not even be printable
            self._text += f" (it cannot be shown: {type(error).__name__})"

    def __str__(self) -> str:
        return self._text

    def toterminal(self, writer: Any) -> None:
        """Print like one of pytest's representations."""
        writer.line(self._text)


def run_items(
    tests: list[tuple[int, str, Any]],
    channel: Channel,
    recorder: Recorder,
    measurement: Measurement,
    *,
    stop: bool,
) -> bool:
    """Run pytest items, each with its number and its id, in their order: a `done` frame for each.

    The judge takes a `done` for the beginning of the next. With `stop`, the first test with a failed phase
    is the last. Returns whether it came to its end.
    """
    recorder.channel = channel
    followers = [item for _, _, item in tests[1:]]
    for (index, test, item), following in zip(tests, [*followers, None], strict=True):
        measurement.enter(test)
        try:
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        except BaseException as error:  # noqa: BLE001 - what ends a session here ends one worker
            reason = text(f"{_type_name(type(error))}: {error}")[:TEXT_CAP]
            channel.send("stopped", item=index, message=reason)
            return False
        phases = recorder.take()
        last = following is None or (stop and any(phase["outcome"] == "failed" for phase in phases))
        said = {
            "phases": phases,
            "traced": measurement.intact(),
            "set_up": measurement.take_set_up(),
        }
        channel.send("done", hold=last, item=index, **said)
        if last:
            break
    measurement.leave()
    return True


def explain(report: Any) -> dict[str, Any]:
    """Describe a report that is no pass: message, place, and the text that pytest would print."""
    longrepr = report.longrepr
    if isinstance(longrepr, tuple):
        path, line, message = longrepr
        return {"path": str(path), "line": line, "message": text(str(message))[:TEXT_CAP]}
    crash = getattr(longrepr, "reprcrash", None)
    explained: dict[str, Any] = {"detail": text(report.longreprtext)[-TEXT_CAP:]}
    if crash is not None:
        explained.update(
            path=str(crash.path), line=crash.lineno, message=text(crash.message)[:TEXT_CAP]
        )
    frames = getattr(longrepr, "frames", None)
    if isinstance(longrepr, Raised) and frames:
        explained["frames"] = [(text(path), line) for path, line in frames[-PLACES:]]
    return explained


def _frame(entry: Any) -> tuple[str, int]:
    return entry.frame.code.raw.co_filename, entry.lineno + 1


def text(value: str) -> str:
    """Make a string encodable: lone surrogates become escapes."""
    return value.encode("utf-8", "backslashreplace").decode("utf-8")


def _type_name(kind: type) -> str:
    module = "" if kind.__module__ == "builtins" else f"{kind.__module__}."
    return f"{module}{kind.__qualname__}"
