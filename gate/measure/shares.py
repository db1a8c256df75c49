"""Cut a suite into shares: the same ones whatever the number of workers, so that results are too."""

from __future__ import annotations

from collections.abc import Sequence

# More would balance better, and pay more often for what a suite imports or sets up once.
SHARES = 8


def cut(
    paths: Sequence[str], indices: Sequence[int], shares: int = SHARES
) -> list[tuple[int, ...]]:
    """Cut tests into at most `shares` runs of whole files, neighbours kept together, similar in number.

    `paths[i]` is the file of test i; `indices` are the tests to run, in the order of collection.
    """
    files = _by_file(paths, indices)
    left, slots = len(indices), shares
    cuts: list[tuple[int, ...]] = []
    current: list[int] = []
    for tests in files:
        current += tests
        if len(current) * slots >= left:
            cuts.append(tuple(current))
            left, slots = left - len(current), slots - 1
            current = []
    return cuts


def _by_file(paths: Sequence[str], indices: Sequence[int]) -> list[list[int]]:
    files: dict[str, list[int]] = {}
    for index in indices:
        files.setdefault(paths[index], []).append(index)
    return list(files.values())
