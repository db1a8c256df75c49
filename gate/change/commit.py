"""The files of one commit, read from git's objects; links inside it are followed."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterable
from pathlib import Path

from gate.errors import UsageError
from gate.source.git import entries_at, read_blob

_LINK = "120000"
_DEEPEST = 10


class Commit:
    """Reads files as they were; each is read once."""

    def __init__(self, root: Path, name: str) -> None:
        self.name = name
        self._root = root
        self._read: dict[str, bytes | None] = {}

    def fetch(self, paths: Iterable[str]) -> None:
        """Read several files with one listing."""
        wanted = [path for path in dict.fromkeys(paths) if path not in self._read]
        if not wanted:
            return
        ways = dict.fromkeys(way for path in wanted for way in _ways(path))
        entries = entries_at(self._root, self.name, tuple(ways))
        for path in wanted:
            self._read[path] = self._content(path, entries)

    def read(self, path: str) -> bytes | None:
        """Give the content of a regular file, None where there is none.

        Raises UsageError for a link that leads out of the repository.
        """
        self.fetch((path,))
        return self._read[path]

    def python_files(self) -> tuple[str, ...]:
        """List the regular Python files, sorted."""
        entries = entries_at(self._root, self.name)
        python = (path for path, (mode, _) in entries.items() if mode.startswith("100"))
        return tuple(sorted(path for path in python if path.endswith(".py")))

    def _content(self, path: str, entries: dict[str, tuple[str, str]]) -> bytes | None:
        for _ in range(_DEEPEST):
            link = next((way for way in _ways(path) if entries.get(way, ("",))[0] == _LINK), None)
            if link is None:
                mode, blob = entries.get(path, ("", ""))
                return read_blob(self._root, blob) if mode.startswith("100") else None
            target = os.fsdecode(read_blob(self._root, entries[link][1]))
            path = posixpath.normpath(
                posixpath.join(posixpath.dirname(link), target + path[len(link) :])
            )
            if path.startswith(("../", "/")) or path == "..":
                raise UsageError(
                    f"{link} of the commit {self.name[:12]} is a link that leads out of the repository",
                    "put the file itself there, by a change of its own",
                )
            entries = entries_at(self._root, self.name, tuple(_ways(path)))
        return None


def _ways(path: str) -> list[str]:
    """Give the folders on the way to a path, from the top, and the path."""
    parts = path.split("/")
    return ["/".join(parts[:end]) for end in range(1, len(parts) + 1)]
