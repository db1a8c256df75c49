"""torch and its threads: a pool that is alive when a process forks does not survive the fork."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from gate.doctor.checks import Check, ok, warning
from gate.measure.interpreters import Interpreter
from gate.measure.launch import PINNED
from gate.report.words import some_of
from gate.source.texts import text_or_nothing

# A number above one, or that of all cores; what gives back an earlier number is no harm.
_SETTING = re.compile(
    r"\bset_num(?:_interop)?_threads\s*\(\s*(?:[2-9]|1\d|[\w.]*\b(?:cpu_count|process_cpu_count)\()"
)
_IMPORT = re.compile(r"^\s*(?:import|from)\s+torch\b", re.MULTILINE)
_MOST_NAMED = 3


def check_torch(interpreter: Interpreter, root: Path, python: Sequence[str]) -> Iterator[Check]:
    """Say how many threads torch gets, and name the lines that ask for more; nothing where
    nobody imports it.
    """
    version = interpreter.packages.get("torch")
    texts = {path: text_or_nothing(root / path) for path in python} if version else {}
    if not any(map(_IMPORT.search, texts.values())):
        return
    places = [f"{path}:{line}" for path, text in texts.items() for line in _lines(text)]
    pinned = f"{version}, one thread in each worker (OMP_NUM_THREADS={PINNED['OMP_NUM_THREADS']})"
    if not places:
        yield ok("torch", pinned)
        return
    named = some_of(places, _MOST_NAMED)
    yield warning(
        "torch",
        f"{pinned}; other numbers are set at {named}, which workers that share the cores pay for",
        "set the number of threads from OMP_NUM_THREADS, or leave it alone in tests",
    )


def _lines(text: str) -> list[int]:
    if "_threads" not in text:
        return []
    return [
        number
        for number, line in enumerate(text.split("\n"), start=1)
        if _SETTING.search(line.partition("#")[0])
    ]
