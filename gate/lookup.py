"""Find the mutants that a user names, by id or by `FILE:LINE`, in the results of the last runs."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from gate.errors import UsageError
from gate.model import MutantResult
from gate.mutate.targets import read_place
from gate.report.mutants import find_mutant, find_mutants, mutants_of_line
from gate.report.words import counted, one_line
from gate.results.document import Results

_ASKED_WIDTH = 200


@dataclass(frozen=True, slots=True)
class Sighting:
    """The mutants that were asked for, and the document that holds them."""

    results: Results
    mutants: tuple[MutantResult, ...]


class ReadOnce:
    """Documents that are read when a search comes to them, and once however many searches there are."""

    def __init__(self, documents: Iterable[tuple[Path, Results]]) -> None:
        self._unread = iter(documents)
        self._read: list[tuple[Path, Results]] = []

    def __iter__(self) -> Iterator[tuple[Path, Results]]:
        yield from self._read
        for document in self._unread:
            self._read.append(document)
            yield document


def look_up(
    asked: str, documents: Iterable[tuple[Path, Results]], root: Path, start: Path
) -> Sighting:
    """Find an id, the beginning of one, or all mutants of `FILE:LINE` in the first document that has some.

    Raises UsageError when no document has one, and when several ids of a document begin alike.
    """
    place = read_place(asked)
    path = None if place is None else _from_root(place[0], root, start)
    looked = 0
    for _, results in documents:
        looked += 1
        if place is not None and path is not None:
            found = mutants_of_line(results, path, place[1])
        else:
            found = [find_mutant(results, asked)] if find_mutants(results, asked) else []
        if found:
            return Sighting(results, tuple(found))
    shown, runs = one_line(asked, _ASKED_WIDTH), counted(looked, "document")
    if place is not None:
        raise UsageError(
            f"no mutant changes {shown} in the results of the last runs ({runs})",
            f"make them with  gate mutate {shown}",
        )
    raise UsageError(
        f"no mutant has an id that begins with {shown} in the results of the last runs ({runs})",
        "take an id from the report, or run gate mutate on its file first",
    )


def _from_root(path: str, root: Path, start: Path) -> str:
    """Write a path of the command line relative to the root; outside of it, as it is."""
    full = Path(os.path.realpath(start / path))
    real_root = Path(os.path.realpath(root))
    return full.relative_to(real_root).as_posix() if full.is_relative_to(real_root) else path
