"""What a step says to the runner: lines of the log, workflow commands, and the files that it reads.

The runner reads `::` after leading space and `##[` anywhere in a line of either stream.
"""

from __future__ import annotations

import secrets
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from gate.report.words import disarmed, one_line


def say(text: str) -> None:
    """Write a line to the log; text of others in it stays one line and commands nothing."""
    _line(f"gate: {disarmed(one_line(text))}")


def warn(text: str) -> None:
    """Write a warning, which is an annotation of the run too."""
    _annotate("warning", text)


def complain(text: str) -> None:
    """Write an error, which is an annotation of the run too."""
    _annotate("error", text)


def publish(text: str) -> None:
    """Write text that holds commands of ours."""
    sys.stdout.write(text)
    sys.stdout.flush()


@contextmanager
def no_commands() -> Iterator[None]:
    """Have the runner obey nothing that is written meanwhile, whoever writes it."""
    token = secrets.token_hex(16)
    _line(f"::stop-commands::{token}")
    try:
        yield
    finally:
        sys.stdout.flush()
        _line(f"::{token}::")


def set_outputs(environ: Mapping[str, str], **outputs: str) -> None:
    """Set outputs of the step; an underscore in a name stands for a hyphen."""
    text = "".join(_output(name.replace("_", "-"), value) for name, value in outputs.items())
    _append(environ, "GITHUB_OUTPUT", text)


def add_summary(environ: Mapping[str, str], markdown: str) -> None:
    """Add to the summary of the step, which may hold 1 MiB."""
    _append(environ, "GITHUB_STEP_SUMMARY", markdown)


def _output(name: str, value: str) -> str:
    delimiter = f"gate_{secrets.token_hex(16)}"
    while delimiter in value:
        delimiter = f"gate_{secrets.token_hex(16)}"
    return f"{name}<<{delimiter}\n{value}\n{delimiter}\n"


def _append(environ: Mapping[str, str], variable: str, text: str) -> None:
    """Add to a file of the runner; where that cannot be done, the verdict is the same."""
    path = environ.get(variable)
    if not path:
        say(f"{variable} is not set, so nothing is written there")
        return
    try:
        with Path(path).open("ab") as file:
            file.write(text.encode("utf-8", "backslashreplace"))
    except OSError as error:
        say(f"{variable} cannot be written: {error.strerror or type(error).__name__}")


def _annotate(kind: str, text: str) -> None:
    data = disarmed(one_line(text)).replace("%", "%25")
    _line(f"::{kind} title=gate::{data}")


def _line(text: str) -> None:
    sys.stdout.write(text.encode("utf-8", "backslashreplace").decode() + "\n")
    sys.stdout.flush()
