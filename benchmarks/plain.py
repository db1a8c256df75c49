"""Plain pytest in a fresh interpreter, on a checkout with one file mutated: who is right?"""

from __future__ import annotations

import contextlib
import io
import os
import signal
import subprocess
import tempfile
import tokenize
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from subjects import Subject, copy, deselected, environment, plain_pytest, run

from gate.model import Mutant
from gate.mutate.text import mutated_file, read_text

End = Literal["passed", "failed", "uncollected", "crashed", "hung", "nothing run"]
# pytest's own exit codes; 4 is also said when the file that a node id names cannot be imported.
_ENDS: dict[int, End] = {
    0: "passed",
    1: "failed",
    2: "uncollected",
    4: "uncollected",
    5: "nothing run",
}
_TAIL = 1_500


@dataclass(frozen=True, slots=True)
class Ran:
    """How a run of plain pytest ended, and the last of what it printed."""

    end: End
    tail: str


class Plain:
    """A private checkout of a subject; whatever a run leaves behind in it is gone for the next."""

    def __init__(self, subject: Subject, python: str, root: Path) -> None:
        self._subject = subject
        self._python = python
        self._root = copy(subject, root)
        self._clean = self._state()

    def run(self, tests: Sequence[str], limit: float, mutant: Mutant | None = None) -> Ran:
        """Run tests by node id, file or folder, on the original or on a mutant, for `limit` seconds."""
        command = plain_pytest(self._subject, self._python)
        with self._mutated(mutant), tempfile.TemporaryDirectory(prefix="gate-plain-") as scratch:
            # Hundreds of node ids do not fit a command line.
            names = Path(scratch, "tests.txt")
            names.write_text("".join(f"{test}\n" for test in tests), encoding="utf-8")
            left_out = [] if _by_id(tests) else deselected(self._subject)
            own = environment(self._subject, self._root)
            own |= {"HOME": scratch, "TMPDIR": scratch}
            output = Path(scratch, "output.txt")
            return _ran([*command, *left_out, f"@{names}"], self._root, own, output, limit)

    @contextmanager
    def _mutated(self, mutant: Mutant | None) -> Iterator[None]:
        if mutant is not None:
            file = self._root / mutant.path
            file.write_bytes(mutated_bytes(mutant, file.read_bytes()))
        try:
            yield
        finally:
            if mutant is not None:
                run(["git", "checkout", "--quiet", "--", mutant.path], self._root)
            if self._state() != self._clean:
                copy(self._subject, self._root)

    def _state(self) -> str:
        return run(["git", "status", "--porcelain", "--ignored"], self._root).stdout


def mutated_bytes(mutant: Mutant, source: bytes) -> bytes:
    """Give the file with the mutant in it, in its own encoding and with its own line ends."""
    encoding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
    return mutated_file(read_text(mutant.path, source), mutant).encode(encoding)


def _by_id(tests: Sequence[str]) -> bool:
    return all("::" in test for test in tests)


def _ran(command: list[str], root: Path, own: dict[str, str], output: Path, limit: float) -> Ran:
    with output.open("wb") as file:
        # A session of its own, so that what a hung test has started ends with it.
        process = subprocess.Popen(
            command,
            cwd=root,
            env=own,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        code = process.wait(limit)
        end = _ENDS.get(code, "crashed")
    except subprocess.TimeoutExpired:
        end = "hung"
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    return Ran(end, output.read_text(encoding="utf-8", errors="replace").strip()[-_TAIL:])
