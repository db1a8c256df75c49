"""One mutant written into the working file, to step through it, and the file put back byte for byte.

What is needed to put it back is on disk before the file changes, so a killed process loses nothing.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from gate.errors import SetupError, UsageError
from gate.model import Mutant
from gate.mutate.text import mutated_file, read_text, write_as
from gate.source.git import ask

FOLDER = "applied"
_STATE, _ORIGINAL = "state.json", "original"


@dataclass(frozen=True, slots=True)
class Applied:
    """A mutant that stands in a working file; the digests are SHA-256 of the file without and with it."""

    mutant: str
    path: str
    original: str
    mutated: str


def apply(root: Path, out: Path, mutant: Mutant) -> Applied:
    """Write a mutant into its file below `root`; `out` keeps the original.

    Raises UsageError where another one stands already, or where the file has changes that are not committed.
    """
    refuse_second(out)
    file = root / mutant.path
    if ask(root, "status", "--porcelain", "--ignored", "--", mutant.path) != "":
        raise UsageError(
            f"{mutant.path} has changes that are not committed, which could be lost",
            "commit or stash them first",
        )
    original = file.read_bytes()
    mutated = _mutated(mutant, original)
    state = Applied(mutant.id, mutant.path, _digest(original), _digest(mutated))
    folder = out / FOLDER
    try:
        if folder.is_symlink():
            raise SetupError(f"{folder} is a link, and nothing is kept behind one", "remove it")
        folder.mkdir(exist_ok=True)
        _write(folder / _ORIGINAL, original)
        _write(folder / _STATE, json.dumps(asdict(state)).encode())
        _write(file, mutated)
    except OSError as error:
        raise SetupError(
            f"{mutant.path} cannot be written: {error.strerror or error}",
            "nothing is lost: gate apply --undo puts back what there was",
        ) from error
    return state


def refuse_second(out: Path) -> None:
    """Raise UsageError where a mutant stands in a working file already."""
    if standing := applied(out):
        raise UsageError(
            f"mutant {standing.mutant} stands in {standing.path} already",
            "put the file back first: gate apply --undo",
        )


def undo(root: Path, out: Path) -> Applied:
    """Put back the file of the mutant that stands in it, byte for byte.

    Raises UsageError where no mutant stands, or where the file was edited since.
    """
    state = applied(out)
    if state is None:
        raise UsageError("no mutant stands in a working file, so there is nothing to undo")
    file, kept = root / state.path, out / FOLDER / _ORIGINAL
    original = kept.read_bytes()
    there = file.read_bytes() if file.exists() else b""
    if file.exists() and _digest(there) not in (state.original, state.mutated):
        raise UsageError(
            f"{state.path} was edited after mutant {state.mutant} was written into it",
            f"its original is {kept}: put back what you need, and remove {out / FOLDER}",
        )
    if _digest(original) != state.original:
        raise UsageError(
            f"{kept} is no longer the original of {state.path}",
            f"take the file from git: git checkout -- {state.path}; then remove {out / FOLDER}",
        )
    if there != original:
        _write(file, original)
    shutil.rmtree(out / FOLDER)
    return state


def applied(out: Path) -> Applied | None:
    """Give the mutant that stands in a working file; None where none does.

    Raises UsageError where the note of it cannot be read.
    """
    note = out / FOLDER / _STATE
    if not note.is_file():
        return None
    try:
        return Applied(**json.loads(note.read_bytes()))
    except (OSError, ValueError, TypeError) as error:
        raise UsageError(
            f"{note} cannot be read: {error}",
            f"compare the files with git, and remove {out / FOLDER}",
        ) from error


def _mutated(mutant: Mutant, original: bytes) -> bytes:
    """Write the file with the mutant in the encoding of the original."""
    try:
        return write_as(original, mutated_file(read_text(mutant.path, original), mutant))
    except UnicodeEncodeError as error:
        told = f"the encoding of {mutant.path} cannot hold the change: {error.reason}"
        raise UsageError(told, "see the change with  gate show") from error


def _write(path: Path, data: bytes) -> None:
    """Replace a file whole, with the rights that it had; a link stays a link."""
    target = Path(os.path.realpath(path))
    beside = target.with_name(f".gate.{secrets.token_hex(8)}")
    try:
        with beside.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            shutil.copymode(target, beside)
        os.replace(beside, target)
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
