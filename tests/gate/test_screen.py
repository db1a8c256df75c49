from __future__ import annotations

import io
import os

import pytest

from gate.screen import Choice, colored, width


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
    choice: Choice, environ: dict[str, str], at_terminal: bool, in_color: bool
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


@pytest.mark.parametrize(("columns", "wide"), [("80", 80), ("300", 120)])
def test_a_report_is_as_wide_as_the_terminal_and_never_wider_than_is_read(
    columns: str, wide: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert width() == wide


def test_where_nothing_says_how_wide_it_is_a_hundred_columns_are_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.setattr(os, "get_terminal_size", _no_terminal)
    assert width() == 100


def _no_terminal(*_: object) -> os.terminal_size:
    raise OSError
