"""A commit as files on disk, beside the repository, which it does not touch.

Files are as git holds them: no attribute (`export-ignore`, line endings, filters) has a say.
"""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath

from gate.errors import SetupError
from gate.source.git import blobs, ignored_files, tree_at

AT_ONCE = 200
_FILE, _EXECUTABLE, _LINK = "100", "100755", "120000"
_CACHES = ("__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis")


def export(root: Path, commit: str, into: Path) -> None:
    """Write all files of a commit into a new folder; submodules are left out.

    What git ignores in the working tree (compiled extensions, a generated version) is linked to from
    the same places. Raises SetupError: an object that is not here, a disk that is full, a bad name.
    """
    entries = [entry for entry in tree_at(root, commit) if entry[0].startswith((_FILE, _LINK))]
    try:
        into.mkdir(parents=True)
        for start in range(0, len(entries), AT_ONCE):
            chunk = entries[start : start + AT_ONCE]
            held = blobs(root, [name for _, name, _ in chunk])
            for (mode, _, path), data in zip(chunk, held, strict=True):
                _write(into, path, mode, data)
        _link_ignored(root, into)
    except OSError as error:
        raise SetupError(
            f"the files of {commit[:10]} cannot be written to {into}: {error.strerror or error}",
            "is there room in the temporary folder? TMPDIR names another",
        ) from error


def _write(into: Path, path: str, mode: str, data: bytes) -> None:
    parts = PurePosixPath(path).parts
    if not parts or parts[0] == "/" or {"..", ".git"} & set(parts):
        raise SetupError(f"the commit holds a file named {path!r}", "Run `git fsck`.")
    file = into / path
    file.parent.mkdir(parents=True, exist_ok=True)
    if mode == _LINK:
        os.symlink(os.fsdecode(data), file)
        return
    with file.open("xb") as stream:
        stream.write(data)
    if mode == _EXECUTABLE:
        file.chmod(0o755)


def _link_ignored(root: Path, into: Path) -> None:
    for name in ignored_files(root):
        path = name.rstrip("/")
        parts = PurePosixPath(path).parts
        if any(part.startswith(".") or part in _CACHES for part in parts):
            continue
        link = into / path
        if link.parent.is_dir() and not os.path.lexists(link):
            os.symlink(root / path, link)
