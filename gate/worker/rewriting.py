"""Rewrite the assertions of test files on a second core while the first one collects.

pytest rewrites each test file as it imports it, which is most of a collection that finds no cache. A fork
of the zygote does the same from the other end of the list; what it has done, the zygote need not do. It
executes nothing of the project.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest

from . import kernel
from .kept import hashlib, marshal, open_file, os, signal

FEWEST = 4


class Rewriting:
    """The pytest plugin that starts the second rewriter with the collection and ends it after."""

    def __init__(self, folder: str, *, keep: bool) -> None:
        """Hand code over in `folder`; with `keep` all of it stays there, for `Rewritten`."""
        self._folder = folder
        self._keep = keep
        self._process = 0

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection(self, session: Any) -> Iterator[Any]:
        """Share the work where pytest has the function that does it, and more than one core helps."""
        from _pytest.assertion import rewrite

        files = list(_test_files(session.config))
        rewrite_test = getattr(rewrite, "_rewrite_test", None)
        several = len(files) >= FEWEST and (os.cpu_count() or 1) > 1
        if rewrite_test is None or not (several or self._keep):
            return (yield)
        os.makedirs(self._folder, exist_ok=True)
        if several:
            self._process = self._fork(files, rewrite_test, session.config)

        def shared(path: Path, config: Any) -> tuple[Any, Any]:
            code = taken(self._folder, path)
            if code is None:
                _, code = rewrite_test(path, config)
                if self._keep:
                    give(self._folder, path, code)
            # The first of the pair is for the cache that this process does not write.
            return None, code

        rewrite._rewrite_test = shared  # type: ignore[assignment]
        try:
            return (yield)
        finally:
            rewrite._rewrite_test = rewrite_test
            if self._process:
                os.kill(self._process, signal.SIGKILL)
                os.waitpid(self._process, 0)

    def _fork(self, files: list[Path], rewrite_test: Any, config: Any) -> int:
        parent = os.getpid()
        process = os.fork()
        if process:
            return process
        try:
            kernel.die_with_parent(parent)
            for path in reversed(files):
                _, code = rewrite_test(path, config)
                give(self._folder, path, code)
        finally:
            os._exit(0)


def use_rewritten(folder: str) -> Callable[[str], None]:
    """Take rewritten test files from a folder that `Rewriting` has kept.

    Returns what leaves one file, by its real path, to pytest again: its source is another here.
    """
    from _pytest.assertion import rewrite

    others: set[str] = set()
    rewrite_test = getattr(rewrite, "_rewrite_test", None)
    if rewrite_test is None:
        return others.add

    def kept(path: Path, config: Any) -> tuple[Any, Any]:
        code = None if os.path.realpath(path) in others else taken(folder, path)
        rewritten: tuple[Any, Any] = rewrite_test(path, config) if code is None else (None, code)
        return rewritten

    rewrite._rewrite_test = kept  # type: ignore[assignment]
    return others.add


def give(folder: str, path: Path, code: Any) -> None:
    """Put the code of a file into the folder, whole or not at all."""
    place = _place(folder, path)
    with open_file(f"{place}.{os.getpid()}", "wb") as file:
        marshal.dump(code, file)
    os.rename(f"{place}.{os.getpid()}", place)


def taken(folder: str, path: Path) -> Any:
    """Take the code of a file from the folder; None when it is not there."""
    try:
        with open_file(_place(folder, path), "rb") as file:
            return marshal.load(file)
    except (OSError, ValueError, EOFError, TypeError):
        return None


def _place(folder: str, path: Path) -> str:
    return os.path.join(folder, hashlib.sha256(os.fsencode(path)).hexdigest())


def _test_files(config: Any) -> Iterator[Path]:
    """The files that pytest is about to import, about in its order."""
    patterns = config.getini("python_files")
    for argument in config.args:
        start = Path(config.invocation_params.dir, str(argument).partition("::")[0])
        for folder, folders, names in os.walk(start):
            folders[:] = sorted(name for name in folders if not name.startswith((".", "__")))
            for name in sorted(names):
                if name.endswith(".py") and any(fnmatch(name, pattern) for pattern in patterns):
                    yield Path(os.path.abspath(folder)) / name
