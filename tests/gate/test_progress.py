import io
import os
import pty

import pytest
from builders import make_outcome

from gate import progress
from gate.progress import LiveProgress, PlainProgress, progress_for


def test_a_log_gets_a_line_for_each_stage() -> None:
    stream = io.StringIO()
    with progress_for(stream) as shown:
        assert isinstance(shown, PlainProgress)
        shown.stage("collecting tests")
        shown.collected(3)
        shown.ran(make_outcome())
        shown.rechecking()
    assert stream.getvalue() == "gate: collecting tests\ngate: running 3 tests\n"


def test_a_long_run_says_now_and_then_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "QUIET_SECONDS", -1.0)
    stream = io.StringIO()
    with progress_for(stream) as shown:
        shown.collected(2)
        shown.ran(make_outcome(outcome="failed"))
    assert "gate: 1 of 2 tests, 1 red, about 0 s left" in stream.getvalue()


def test_a_terminal_gets_one_live_line() -> None:
    _, terminal = pty.openpty()
    with os.fdopen(terminal, "w") as stream, progress_for(stream) as shown:
        assert isinstance(shown, LiveProgress)
        shown.stage("collecting tests")
        shown.collected(2)
        shown.ran(make_outcome(outcome="failed"))
        shown.rechecking()
