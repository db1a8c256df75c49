"""Files that did not exist before: all of them whole, or none."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from gate.errors import SetupError, UsageError


def existing(root: Path, paths: Iterable[str]) -> tuple[str, ...]:
    """Name the paths at which there is anything: a file, a folder, a link that leads nowhere."""
    return tuple(path for path in paths if os.path.lexists(root / path))


def write_new(root: Path, texts: Mapping[str, str], unless: Iterable[str] = ()) -> None:
    """Write files by their path below the root, and the folders around them; all of them, or none.

    Raises UsageError where something stands in the way, which is anything at their paths or at one of
    `unless`, and SetupError where nothing can be written.
    """
    refuse(root, (*texts, *unless))
    _refuse_folders(root, texts)
    made: list[Path] = []
    try:
        for path, text in texts.items():
            _make_folders(root, path, made)
            _write(root / path, text.encode(), made)
    except BaseException as error:
        _undo(made)
        if isinstance(error, FileExistsError):
            raise _in_the_way([str(Path(error.filename2 or error.filename))]) from error
        if isinstance(error, OSError):
            raise SetupError(
                f"{error.filename} cannot be written: {error.strerror}",
                "call `gate init` where the repository can be written to",
            ) from error
        raise


def refuse(root: Path, paths: Iterable[str]) -> None:
    """Raise UsageError where there is anything at one of the paths."""
    found = existing(root, paths)
    if found:
        raise _in_the_way(found)


def _refuse_folders(root: Path, texts: Mapping[str, str]) -> None:
    real = root.resolve()
    for path in texts:
        for folder in list(Path(path).parents)[:-1]:
            here = root / folder
            if os.path.lexists(here) and not here.is_dir():
                raise UsageError(
                    f"{folder} is no folder", "move it away, then call `gate init` again"
                )
            if not here.resolve().is_relative_to(real):
                raise UsageError(
                    f"{folder} leads out of the repository", "make it a folder of the repository"
                )


def _in_the_way(paths: object) -> UsageError:
    named = ", ".join(paths) if isinstance(paths, list | tuple) else str(paths)
    return UsageError(
        f"nothing was written: already here: {named}",
        "move it away, or see what `gate init --dry-run` would write",
    )


def _make_folders(root: Path, path: str, made: list[Path]) -> None:
    for folder in reversed(list(Path(path).parents)[:-1]):
        with suppress(FileExistsError):
            (root / folder).mkdir()
            made.append(root / folder)


def _write(target: Path, data: bytes, made: list[Path]) -> None:
    """Write beside the target, then give it its name, which must still be free."""
    beside = target.with_name(f".gate.{secrets.token_hex(8)}")
    try:
        beside.write_bytes(data)
        os.link(beside, target)
        made.append(target)
    finally:
        beside.unlink(missing_ok=True)


def _undo(made: list[Path]) -> None:
    for path in reversed(made):
        with suppress(OSError):
            path.rmdir() if path.is_dir() else path.unlink()
