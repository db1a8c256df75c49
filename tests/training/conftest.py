"""What the tests of the guarded package share."""

from __future__ import annotations

import logging
import os
import re
import runpy
import sys
from collections.abc import Callable

import pytest

# For texts this short they cost more than they save, and a process that has threads cannot be forked.
os.environ["TOKENIZERS_PARALLELISM"] = "false"
TIME = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}"


@pytest.fixture
def refusal() -> Callable[[Callable[[], object]], str]:
    """Return the message of the ValueError that a call must end in."""

    def message_of(call: Callable[[], object]) -> str:
        with pytest.raises(ValueError) as caught:  # noqa: PT011 - the caller compares the message
            call()
        return str(caught.value)

    return message_of


@pytest.fixture
def logged(capsys: pytest.CaptureFixture[str]) -> Callable[[Callable[[], object]], list[str]]:
    """Return the lines that a call logs to stderr where, as in a program, nothing has set up logging.

    Each must begin with its time, which is cut off.
    """

    def lines_of(call: Callable[[], object]) -> list[str]:
        root = logging.getLogger()
        handlers, level = root.handlers[:], root.level
        root.handlers.clear()
        root.setLevel(logging.WARNING)
        try:
            call()
        finally:
            root.handlers[:] = handlers
            root.setLevel(level)
        shown = [
            re.fullmatch(f"{TIME} (.*)", line) for line in capsys.readouterr().err.splitlines()
        ]
        return [line[1] for line in shown]

    return lines_of


@pytest.fixture
def run_as_command(monkeypatch: pytest.MonkeyPatch) -> Callable[..., object]:
    """Run a module with arguments as `python -m` does, in this process; return its exit status."""

    def status_of(module: str, *arguments: object) -> object:
        monkeypatch.setattr(sys, "argv", [module, *map(str, arguments)])
        # Otherwise runpy warns that the module is there already.
        monkeypatch.delitem(sys.modules, module, raising=False)
        with pytest.raises(SystemExit) as ended:
            runpy.run_module(module, run_name="__main__")
        return ended.value.code

    return status_of
