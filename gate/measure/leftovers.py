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

    They wait in a folder of `out`; what a run that was killed has left there is put back first. `others` are
    folders of the gate too: the run's own, which lies in the repository where `TMPDIR` does.
    """

    def __init__(self, root: Path, out: Path, *others: Path) -> None:
        self._root = Path(os.path.realpath(root))
        self._out = Path(os.path.realpath(out))
        self._others = [Path(os.path.realpath(each)) for each in others]
        self._away = self._out / _FOLDER
        self.moved: tuple[str, ...] = ()

    def begin(self) -> None:
        """Note what is there before the first test runs."""
        self._bring_back()
        self._known = frozenset(self._all(""))

    @contextmanager
    def away(self) -> Iterator[None]:
        """Move what is new out of the way, and back at the end; `moved` names it.

        What cannot be moved stays where it is.
        """
        for path in sorted(self._new("")):
            with suppress(OSError):
                os.makedirs(os.path.dirname(self._away / path), exist_ok=True)
                shutil.move(self._root / path, self._away / path)
                self.moved += (path,)
        try:
            yield
        finally:
            self._bring_back()

    def _all(self, folder: str) -> Iterator[str]:
        for path, is_folder in self._entries(folder):
            yield path
            if is_folder:
                yield from self._all(path)

    def _new(self, folder: str) -> Iterator[str]:
        for path, is_folder in self._entries(folder):
            if path not in self._known:
                yield path
            elif is_folder:
                yield from self._new(path)

    def _entries(self, folder: str) -> list[tuple[str, bool]]:
        """Give files and folders, relative to the root, and which they are; links are not followed."""
        with suppress(OSError), os.scandir(self._root / folder) as found:
            return [
                (os.path.join(folder, entry.name), _is_folder(entry))
                for entry in found
                if not (_is_folder(entry) and self._is_kept(entry))
            ]
        return []

    def _is_kept(self, folder: os.DirEntry[str]) -> bool:
        environment = os.path.exists(os.path.join(folder.path, "pyvenv.cfg"))
        ours = Path(folder.path) in (self._out, self._away, *self._others)
        return folder.name in _KEPT or environment or ours

    def _bring_back(self) -> None:
        self._put_back("")
        shutil.rmtree(self._away, ignore_errors=True)

    def _put_back(self, folder: str) -> None:
        """Give each entry back its place, unless something stands there now."""
        with suppress(OSError), os.scandir(self._away / folder) as found:
            for entry in found:
                place = self._root / folder / entry.name
                if not os.path.lexists(place):
                    shutil.move(entry.path, place)
                elif _is_folder(entry):
                    self._put_back(os.path.join(folder, entry.name))


def _is_folder(entry: os.DirEntry[str]) -> bool:
    return entry.is_dir() and not entry.is_symlink()
