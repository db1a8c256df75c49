"""The results of the last runs: a folder for each below `runs/`, beside the newest complete document."""

from __future__ import annotations

import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from gate.errors import GateError, SetupError
from gate.results.document import FILE_NAME, Results, read_results

FOLDER = "runs"
KEPT = 10
_NAME = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{8}")


@contextmanager
def folder_of_run(out: Path, moment: datetime) -> Iterator[Path]:
    """Make the folder of one run below `out`, which goes again when the run leaves nothing in it.

    `moment` needs a time zone. Raises SetupError when it cannot be made, or when `runs` leads elsewhere.
    """
    folder = _make(out, moment)
    try:
        yield folder
    finally:
        with suppress(OSError):
            folder.rmdir()
            folder.parent.rmdir()


def _make(out: Path, moment: datetime) -> Path:
    runs = out / FOLDER
    stamp = moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    folder = runs / f"{stamp}-{secrets.token_hex(4)}"
    try:
        if runs.is_symlink():
            raise SetupError(
                f"{runs} is a link, and results are not written through one", _ELSEWHERE
            )
        runs.mkdir(exist_ok=True)
        folder.mkdir()
    except OSError as error:
        raise SetupError(
            f"results cannot be written to {runs}: {error.strerror or error}", _ELSEWHERE
        ) from error
    return folder


_ELSEWHERE = "remove it, or name a folder that can be written to with --out"


def promote(document: Path, out: Path) -> Path:
    """Make the document of a run the newest complete one of `out`, and give its new place.

    The replacement is whole or does not happen. Raises SetupError when it cannot be made.
    """
    target, beside = out / FILE_NAME, out / f".{FILE_NAME}.{secrets.token_hex()}"
    try:
        try:
            shutil.copyfile(document, beside)
            with beside.open("rb") as file:
                os.fsync(file.fileno())
            os.replace(beside, target)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        raise SetupError(
            f"the results could not be written to {target}: {error.strerror or error}",
            "free some space there or make the folder writable, or choose another with --out",
        ) from error
    return target


def forget_old_runs(out: Path) -> None:
    """Remove the folders of all runs but the last ones; what cannot be removed stays."""
    for folder in _folders(out)[KEPT:]:
        shutil.rmtree(folder, ignore_errors=True)


def documents(out: Path) -> Iterator[tuple[Path, Results]]:
    """Give the documents of `out` with their places: the newest complete one, then run by run, newest first.

    A document of a run that cannot be read is left out. Raises GateError for the newest complete one.
    """
    newest = out / FILE_NAME
    places = [folder / FILE_NAME for folder in _folders(out)]
    places = [place for place in places if place.is_file()]
    if newest.exists() or not places:
        yield newest, read_results(newest)
    for place in places:
        with suppress(GateError):
            yield place, read_results(place)


def _folders(out: Path) -> list[Path]:
    """The folders of the runs, newest first."""
    runs = out / FOLDER
    try:
        names = [] if runs.is_symlink() else os.listdir(runs)
    except OSError:
        names = []
    return [runs / name for name in sorted(filter(_NAME.fullmatch, names), reverse=True)]
