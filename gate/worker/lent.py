"""Find the coverage.py that the gate lends, under that one name: nothing else of its folder can be imported.

Loaded by file, outside its package, from `startup/sitecustomize.py`: standard library only.
"""

from __future__ import annotations

import os
import sys
from importlib.machinery import PathFinder
from typing import Any

VARIABLE = "GATE_LENT_COVERAGE"
_START = "COVERAGE_PROCESS_START"


def find_lent() -> None:
    """Let `import coverage` find what is lent, before anything of this environment, where something is."""
    folder = os.environ.get(VARIABLE)
    if folder:
        sys.meta_path.insert(0, _Finder(folder))


def measure_process() -> None:
    """Do what an installed coverage.py does by itself when Python starts: measure where that is asked for."""
    if os.environ.get(VARIABLE) and os.environ.get(_START):
        import coverage

        coverage.process_startup()


class _Finder:
    """The finder of one package; its modules are found by its own path."""

    def __init__(self, folder: str) -> None:
        self._folder = folder

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        return PathFinder.find_spec(name, [self._folder]) if name == "coverage" else None
