"""All that a repository holds on disk, as one value: were two runs looking at the same tree?"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from gate.errors import SetupError
from gate.source.git import listed_files

HASHED_BYTES = 64 * 1024 * 1024


def tree_digest(root: Path, excluding: Sequence[str] = ()) -> str:
    """Hash name, mode and content of every file that git does not ignore: SHA-256, hex.

    What is committed, staged or neither makes no difference; a deleted file is not there. A link
    counts by its target's name; a file above HASHED_BYTES, or one that cannot be read, by size and
    time. What lies at or below a path of `excluding` (relative to the root), and Python's own bytecode
    caches, do not count. Repositories inside this one do, submodules included.
    Raises SetupError when git cannot list the files.
    """
    digest = hashlib.sha256()
    files = _files(os.path.realpath(root), listed_files(root), "", excluding)
    for path in sorted(set(files), key=os.fsencode):
        if content := _content(os.path.join(root, path)):
            for part in (os.fsencode(path), content):
                digest.update(b"%d:" % len(part) + part)
    return digest.hexdigest()


def _files(root: str, names: Iterable[str], inside: str, excluding: Sequence[str]) -> Iterator[str]:
    """Turn names listed in the folder `inside` (empty, or ending in a slash) into paths of files."""
    for name in names:
        path = inside + name.rstrip("/")
        if _is_excluded(path, excluding):
            continue
        absolute = os.path.join(root, path)
        if os.path.isdir(absolute) and not os.path.islink(absolute):
            yield from _files(root, _listed(absolute), f"{path}/", excluding)
        else:
            yield path


def _is_excluded(path: str, excluding: Sequence[str]) -> bool:
    if "__pycache__" in path.split("/"):
        return True
    return any(path == top or path.startswith(f"{top.rstrip('/')}/") for top in excluding)


def _listed(folder: str) -> Iterable[str]:
    """List a repository inside this one, or, where git knows none, all that the folder holds."""
    if os.path.lexists(os.path.join(folder, ".git")):
        try:
            return listed_files(Path(folder))
        except SetupError:
            # A submodule without its repository, as in some containers, still holds files.
            pass
    return [name for name in os.listdir(folder) if name != ".git"]


def _content(path: str) -> bytes:
    """Describe a file by its mode and what it holds; empty when it is not there."""
    try:
        found = os.lstat(path)
    except OSError:
        return b""
    return b"%o " % found.st_mode + _held(path, found)


def _held(path: str, found: os.stat_result) -> bytes:
    try:
        if stat.S_ISLNK(found.st_mode):
            return os.fsencode(os.readlink(path))
        if stat.S_ISREG(found.st_mode) and found.st_size <= HASHED_BYTES:
            with open(path, "rb", buffering=0) as file:
                return hashlib.sha256(file.read()).digest()
    except OSError:
        # Deleted since, or out of our reach, as it is then for the tests.
        pass
    return f"{found.st_size} {found.st_mtime_ns}".encode()
