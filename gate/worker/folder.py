"""The folder in which pytest and the tests run: that of the project in a repository of several.

A team starts pytest beside the settings that it is to read, and its tests open `data.txt` from there.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import pytest

from .kept import os
from .messages import Frame
from .run import text


class Folder:
    """The pytest plugin that changes into the project's folder before the first conftest is imported.

    That is the folder of pytest's configuration file where it lies below the root, and all tests that pytest
    was given and code that is measured are this folder or lie below it.
    Paths that pytest was started with begin at the root.
    """

    def __init__(self, setup: Frame) -> None:
        self._root = os.path.realpath(setup["root"])
        self._source: list[str] = setup["source"]
        # Started as `python -m pytest`, it has the folder on its path in the place of the root.
        self._on_path: str = setup["root"] if setup["as_module"] else ""

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_load_initial_conftests(self, early_config: Any) -> Iterator[None]:
        """Change into the folder, if there is such a one."""
        if early_config.inipath is not None:
            folder = os.path.realpath(early_config.inipath.parent)
            start = early_config.invocation_params.dir
            arguments = early_config.known_args_namespace.file_or_dir
            tests = [os.path.join(start, str(each).partition("::")[0]) for each in arguments]
            if (
                folder != self._root
                and _is_within(folder, self._root)
                and tests
                and all(_is_within(test, folder) for test in tests)
                and any(_is_within(source, folder) for source in self._source)
            ):
                os.chdir(folder)
                if self._on_path in sys.path:
                    sys.path[sys.path.index(self._on_path)] = folder
        return (yield)


def directory(root: str) -> str:
    """Give the folder that this process is in, relative to the root; empty at the root itself and outside."""
    inside, here = os.path.join(os.path.realpath(root), ""), os.getcwd()
    return text(here[len(inside) :]) if here.startswith(inside) else ""


def _is_within(path: str, folder: str) -> bool:
    """Say whether a path is a folder or in it."""
    return os.path.join(os.path.realpath(path), "").startswith(os.path.join(folder, ""))
