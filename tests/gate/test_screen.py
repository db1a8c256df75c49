from __future__ import annotations

import io
import os
from collections.abc import Callable

import pytest

from gate.screen import When, colored, width


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("choice", "environ", "at_terminal", "in_color"),
    [
        ("auto", {}, True, True),
        ("auto", {}, False, False),
        ("auto", {"TERM": "xterm-256color"}, True, True),
        ("auto", {"TERM": "dumb"}, True, False),
        ("auto", {"NO_COLOR": "1"}, True, False),
        ("auto", {"NO_COLOR": ""}, True, True),
        ("auto", {"FORCE_COLOR": "1"}, False, True),
        ("auto", {"FORCE_COLOR": "1", "TERM": "dumb"}, False, True),
        ("auto", {"FORCE_COLOR": "0"}, False, False),
        ("auto", {"FORCE_COLOR": ""}, False, False),
        ("auto", {"NO_COLOR": "1", "FORCE_COLOR": "1"}, True, False),
        ("always", {"NO_COLOR": "1", "TERM": "dumb"}, False, True),
        ("never", {"FORCE_COLOR": "1"}, True, False),
    ],
)
def test_the_option_decides_then_the_variables_then_the_terminal(
    choice: When, environ: dict[str, str], at_terminal: bool, in_color: bool
) -> None:
    stream = Terminal() if at_terminal else io.StringIO()
    assert colored(choice, stream, environ) is in_color


def test_without_an_environment_that_of_the_process_decides(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert colored("auto", io.StringIO())
    monkeypatch.setenv("NO_COLOR", "1")
    assert not colored("auto", Terminal())


@pytest.mark.parametrize(
    ("columns", "wide"), [("80", 80), ("300", 120), ("", 100), ("0", 100), ("wide", 100)]
)
def test_the_variable_says_how_wide_a_report_is_and_never_wider_than_is_read(
    columns: str, wide: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "get_terminal_size", _terminals({}))
    monkeypatch.setenv("COLUMNS", columns)
    assert width() == wide


@pytest.mark.parametrize(
    ("terminals", "wide"),
    [({1: 70, 2: 90}, 70), ({2: 90}, 90), ({0: 80}, 80), ({1: 0}, 100), ({}, 100), ({1: 200}, 120)],
)
def test_a_report_through_a_pipe_is_as_wide_as_the_terminal_that_is_left(
    terminals: dict[int, int], wide: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.setattr(os, "get_terminal_size", _terminals(terminals))
    assert width() == wide


def _terminals(widths: dict[int, int]) -> Callable[[int], os.terminal_size]:
    def size(stream: int) -> os.terminal_size:
        if stream not in widths:
            raise OSError
        return os.terminal_size((widths[stream], 24))

    return size
