"""Which test is which: an id that does not depend on pytest's rootdir, and that no other test has.

An id is the path of the test's file, relative to the repository's root, and the rest of pytest's own node id.
Of several tests that are alike in both, the second in its file ends in `#2`, the third in `#3`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator
from functools import cache
from typing import Any

import pytest

from .kept import os
from .run import text


class Identity:
    """The pytest plugin that names tests and collectors as they are collected."""

    def __init__(self, root: str) -> None:
        self._root = os.path.realpath(root)
        # The items too, so that no later one has the address of one that is gone.
        self._first: dict[int, tuple[Any, str]] = {}
        self._alike: Counter[str] = Counter()
        self._given: set[str] = set()
        self._collectors: dict[str, str] = {}
        self.path = cache(self._path)

    @pytest.hookimpl(tryfirst=True)
    def pytest_itemcollected(self, item: Any) -> None:
        """Name a test in the order of its file, before any plugin sorts, repeats or leaves out tests."""
        self._first[id(item)] = item, self._unique(self._name(item))

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_make_collect_report(self, collector: Any) -> Generator[None, Any, Any]:
        """Remember which file or folder a report is about: it tells only the node id."""
        report = yield
        self._collectors[report.nodeid] = self._name(collector)
        return report

    def tests(self, items: list[Any]) -> list[str]:
        """Name the tests of a session, in its order; one that is there twice has two ids."""
        names = []
        for item in items:
            _, first = self._first.pop(id(item), (None, None))
            names.append(first or self._unique(self._name(item)))
        self._first.clear()
        return names

    def collector(self, report: Any) -> str:
        """Name the file, the class or the folder that a report of the collection is about."""
        return self._collectors.get(report.nodeid) or text(report.nodeid) or "."

    def path_of(self, item: Any) -> str:
        """Give the file of a test as git has it."""
        return self.path(str(_file(item).path))

    def file(self, item: Any) -> str:
        """Give the file of a test as pytest came to it, which may be by a symbolic link; absolute."""
        return text(os.path.abspath(_file(item).path))

    def _path(self, path: str) -> str:
        """Give a path relative to the root and by no link; it stays absolute outside of the repository."""
        real = os.path.realpath(path)
        if real == self._root:
            return "."
        inside = os.path.join(self._root, "")
        return text(real.removeprefix(inside))

    def _name(self, node: Any) -> str:
        """Put the path of a node's file in the place of the first part of its node id."""
        file = _file(node)
        own, nodeid = str(file.nodeid), str(node.nodeid)
        # A test that a plugin puts directly into a folder is in no file.
        below = file is not node and own and nodeid.startswith(own)
        rest = nodeid[len(own) :] if below else _after_path(nodeid)
        return self.path(str(file.path)) + text(rest)

    def _unique(self, name: str) -> str:
        unique = name
        while unique in self._given:
            self._alike[name] += 1
            unique = f"{name}#{self._alike[name] + 1}"
        self._given.add(unique)
        return unique


def _file(node: Any) -> Any:
    """The node of the file that a test or collector is in, or itself where it is in none."""
    return node.getparent(pytest.File) or node


def _after_path(nodeid: str) -> str:
    _, separator, rest = nodeid.partition("::")
    return separator + rest
