"""Which files hold test functions, as pytest collects them: what it deselects later included."""

from __future__ import annotations

from typing import Any

import pytest

from .kept import os
from .run import text


class TestFiles:
    """A pytest plugin that notes them. Doctests, and checks of style, make no file a test file."""

    __test__ = False

    def __init__(self) -> None:
        self._modules: dict[str, Any] = {}
        self._paths: set[Any] = set()

    def pytest_collectstart(self, collector: Any) -> None:
        """Note which file is being looked at; what collects its doctests is a module by its type."""
        if isinstance(collector, pytest.Module) and type(collector).__module__ != "_pytest.doctest":
            self._modules[collector.nodeid] = collector.path

    def pytest_itemcollected(self, item: Any) -> None:
        """Count the file of a test function."""
        if isinstance(item, pytest.Function):
            self._paths.add(item.path)

    def pytest_collectreport(self, report: Any) -> None:
        """Count a module that could not be collected, or skips itself: what it holds is not known."""
        if not report.passed and report.nodeid in self._modules:
            self._paths.add(self._modules[report.nodeid])

    def below(self, root: str) -> list[str]:
        """Name the files below a folder, relative to it, sorted; links are followed."""
        real = os.path.realpath(root)
        paths = (os.path.relpath(os.path.realpath(path), real) for path in self._paths)
        return sorted(text(path) for path in paths if not path.startswith(os.pardir))
