"""Rows of a data set as JSON lines: one object a line, after a header with fingerprints."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from training.atomic_file import replace_file
from training.tokenizer import SPECIAL_TOKENS, tokenizer_fingerprint

HEADER_MARK = "__header__"
HEADER_START = b'{"__header__"'
HEADER_TYPES = {"dataset_fingerprint": str, "tokenizer_fingerprint": str, "rows": int}
REQUIRED = ("prompt", "completion")
ALLOWED = (*REQUIRED, "metadata")


@dataclass(frozen=True, slots=True)
class Row:
    """One example: what is asked, and the teacher's text; `metadata` holds what JSON can."""

    prompt: str
    completion: str
    metadata: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _require_text("prompt", self.prompt)
        _require_text("completion", self.completion)
        if not isinstance(self.metadata, dict):
            raise ValueError(f"metadata must be an object, got {_type_of(self.metadata)}")


@dataclass(frozen=True, slots=True)
class Header:
    """What the first line says: SHA-256, in hex, of all bytes after it and of the tokenizer."""

    dataset_fingerprint: str
    tokenizer_fingerprint: str
    rows: int


@dataclass(frozen=True, slots=True)
class Rows:
    """A file's good rows, and the reason for each bad one, by line number from 1.

    `fingerprint` is that of the bytes as read; the header, None without one, says what it was.
    """

    good: dict[int, Row]
    bad: dict[int, str]
    header: Header | None
    fingerprint: str


def split_rows(path: Path) -> Rows:
    """Read all rows of `path`, the good apart from the bad.

    Raises ValueError only for a header that is not whole: without it nothing can be checked.
    """
    good: dict[int, Row] = {}
    bad: dict[int, str] = {}
    header, digest = None, hashlib.sha256()
    for number, line in _lines(path):
        if number == 1 and line.startswith(HEADER_START):
            header = _parse_header(path, line)
            continue
        digest.update(line)
        try:
            good[number] = _parse_row(line)
        except ValueError as error:
            bad[number] = str(error)
    return Rows(good, bad, header, digest.hexdigest())


def write_jsonl(path: Path, rows: Iterable[Row], tokenizer: Tokenizer) -> Header:
    """Write `rows` below the header that it returns; the file appears whole or not at all.

    Raises ValueError when there is no row, or NaN or infinity in its metadata.
    """
    lines = [_line_of(row) for row in rows]
    if not lines:
        raise ValueError("rows must hold at least one row")
    body = b"".join(lines)
    fingerprint = hashlib.sha256(body).hexdigest()
    header = Header(fingerprint, tokenizer_fingerprint(tokenizer), len(lines))
    marked = {HEADER_MARK: True} | {name: getattr(header, name) for name in HEADER_TYPES}
    replace_file(path, json.dumps(marked).encode() + b"\n" + body)
    return header


def _require_text(name: str, text: object) -> None:
    """Refuse all but a string that says something and that a tokenizer can carry unchanged."""
    if not isinstance(text, str):
        raise ValueError(f"{name} must be a string, got {_type_of(text)}")
    if not text.strip():
        raise ValueError(f"{name} is empty")
    if "\0" in text:
        raise ValueError(f"{name} holds a NUL character")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError(f"{name} holds half of a surrogate pair") from None
    for token in SPECIAL_TOKENS:
        if token in text:
            raise ValueError(f"{name} holds the special token {token}")


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    with path.open("rb") as file:
        yield from enumerate(file, start=1)


def _parse_header(path: Path, line: bytes) -> Header:
    try:
        fields = _parse_object(line)
    except ValueError:
        fields = {}
    marked = fields.pop(HEADER_MARK, None)
    if marked is not True or {name: type(value) for name, value in fields.items()} != HEADER_TYPES:
        raise ValueError(
            f"{path}: line 1 is no header with {HEADER_MARK}: true, {', '.join(HEADER_TYPES)}; "
            "write the rows again with write_jsonl, or delete it to read them unchecked"
        )
    return Header(**fields)


def _parse_row(line: bytes) -> Row:
    fields = _parse_object(line)
    for name in REQUIRED:
        if name not in fields:
            raise ValueError(f"the field {name} is missing")
    for name in fields:
        if name not in ALLOWED:
            raise ValueError(f"the field {name!r} is unknown")
    return Row(**fields)


def _parse_object(line: bytes) -> dict[str, Any]:
    if not line.strip():
        raise ValueError("empty line")
    if b"\0" in line:
        raise ValueError("a NUL byte")
    try:
        text = line.rstrip().decode()
        value = json.loads(text, object_pairs_hook=_refuse_doubles, parse_constant=_refuse_constant)
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8 at byte {error.start + 1}") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON at column {error.colno}: {error.msg}") from None
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(value, dict):
        raise ValueError(f"not an object but {_type_of(value)}")
    return value


def _refuse_doubles(pairs: list[tuple[str, object]]) -> dict[str, object]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise ValueError("a field is given twice")
    return fields


def _refuse_constant(name: str) -> object:
    raise ValueError(f"not JSON: {name}")


def _line_of(row: Row) -> bytes:
    fields: dict[str, object] = {"prompt": row.prompt, "completion": row.completion}
    if row.metadata:
        fields["metadata"] = row.metadata
    return json.dumps(fields, allow_nan=False).encode() + b"\n"


def _type_of(value: object) -> str:
    return type(value).__name__
