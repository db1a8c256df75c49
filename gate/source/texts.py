"""The text of files: as a run measured them, for a report that shows source; or whatever there is."""

from __future__ import annotations

import hashlib
import io
import tokenize
from collections.abc import Mapping
from pathlib import Path

from gate.errors import GateError
from gate.source.git import python_files, repository_root


def read_texts(start: Path, digests: Mapping[str, str]) -> dict[str, str]:
    """Read the named files of the repository around `start`; line ends stay as they are.

    Left out are files that cannot be read or decoded, and those whose SHA-256 is no longer the one given
    (empty: not known). The names come from a document, which may name anything: only Python files that
    git lists are read. Without a repository there is no text.
    """
    try:
        root = repository_root(start)
        listed = python_files(root)
    except GateError:
        return {}
    read = {path: _text(root / path, digests[path]) for path in listed if path in digests}
    return {path: text for path, text in read.items() if text is not None}


def text_or_nothing(path: Path) -> str:
    """Read what can be read of a file as UTF-8; nothing where it cannot be opened."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _text(path: Path, digest: str) -> str | None:
    try:
        data = path.read_bytes()
        if digest and hashlib.sha256(data).hexdigest() != digest:
            return None
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        return data.decode(encoding)
    except (OSError, SyntaxError, UnicodeError, LookupError):
        return None
