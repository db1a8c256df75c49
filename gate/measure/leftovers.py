"""What the suite leaves in the repository is out of the way while mutants run: a fresh clone has none of it.

A test that writes what it compares with, where that is missing, notices nothing there; but next to the file
that the unmutated suite has left it would seem to notice everything.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

# Caches that only save time, and git's own.
_KEPT = frozenset({".git", "__pycache__", ".hypothesis", "node_modules"})
_FOLDER = "leftovers"


class Leftovers:
    """The entries of a repository that were not there when its tests began to run.

    They wait in a folder of `out`; what a run that was killed has left there is put back first.
    """

    def __init__(self, root: Path, out: Path) -> None:
        self._root = Path(os.path.realpath(root))
        self._out = Path(os.path.realpath(out))
        self._away = self._out / _FOLDER
        self._known: frozenset[str] = frozenset()
        self.moved: tuple[str, ...] = ()

    def begin(self) -> None:
        """Note what is there before the first test runs."""
        self._put_back()
        self._known = frozenset(path for path, _ in self._entries(""))

    @contextmanager
    def away(self) -> Iterator[None]:
        """Move what is new out of the way, and back at the end; `moved` names it.

        What cannot be moved stays where it is.
        """
        for path in list(self._new("")):
            to = self._away / path
            with suppress(OSError):
                to.parent.mkdir(parents=True, exist_ok=True)
                shutil.move(self._root / path, to)
                self.moved += (path,)
        try:
            yield
        finally:
            self._put_back()

    def _new(self, folder: str) -> Iterator[str]:
        for path, is_folder in self._entries(folder, deep=False):
            if path not in self._known:
                yield path
            elif is_folder:
                yield from self._new(path)

    def _entries(self, folder: str, *, deep: bool = True) -> Iterator[tuple[str, bool]]:
        """Yield files and folders, relative to the root, and which they are; links are not followed."""
        waiting = [folder]
        while waiting:
            here = waiting.pop()
            with suppress(OSError), os.scandir(self._root / here) as found:
                for entry in found:
                    is_folder = entry.is_dir(follow_symlinks=False)
                    if is_folder and self._is_kept(entry):
                        continue
                    path = os.path.join(here, entry.name)
                    yield path, is_folder
                    waiting += [path] if deep and is_folder else []

    def _is_kept(self, folder: os.DirEntry[str]) -> bool:
        environment = os.path.exists(os.path.join(folder.path, "pyvenv.cfg"))
        ours = Path(folder.path) in (self._out, self._away)
        return folder.name in _KEPT or environment or ours

    def _put_back(self) -> None:
        """Give each file back its place, unless something stands there now."""
        for folder, _, files in os.walk(self._away):
            place = self._root / os.path.relpath(folder, self._away)
            with suppress(OSError):
                place.mkdir(parents=True, exist_ok=True)
            for name in files:
                with suppress(OSError):
                    if not os.path.lexists(place / name):
                        shutil.move(Path(folder) / name, place / name)
        shutil.rmtree(self._away, ignore_errors=True)
