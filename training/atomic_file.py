"""Replacement of a file as a whole: a reader, or a crash, meets the old bytes or the new ones."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def replace_file(path: Path, content: bytes) -> None:
    """Write `content` beside `path`, sync it, and give it that name.

    Raises ValueError when the folder does not exist, OSError when it cannot be written or is full;
    what stood at `path` is then still there.
    """
    if not path.parent.is_dir():
        raise ValueError(f"path must lie in a folder that exists, got {path}")
    with tempfile.TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as folder:
        draft = Path(folder) / path.name
        draft.write_bytes(content)
        _sync(draft)
        draft.replace(path)
    _sync(path.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
