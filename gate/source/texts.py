"""The text of files as a run measured them, for the reports that show source."""

from __future__ import annotations

import hashlib
import io
import tokenize
from collections.abc import Mapping
from pathlib import Path

from gate.source.git import python_files


def read_texts(root: Path, digests: Mapping[str, str]) -> dict[str, str]:
    """Read the named files of the repository; one that cannot be read is left out.

    So is one whose SHA-256 is no longer the one given (empty: not known). Only Python files that git
    lists are read: the names come from a document, which may name anything. Line ends stay.
    """
    listed = set(python_files(root))
    read = {path: _text(root / path, digest) for path, digest in digests.items() if path in listed}
    return {path: text for path, text in read.items() if text is not None}


def _text(path: Path, digest: str) -> str | None:
    try:
        data = path.read_bytes()
        if digest and hashlib.sha256(data).hexdigest() != digest:
            return None
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        return data.decode(encoding)
    except (OSError, SyntaxError, UnicodeError, LookupError):
        return None
