"""Which mutants a run is about, and in which order they take their turn."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, zip_longest
from pathlib import Path

from gate.errors import UsageError
from gate.model import Mutant, Problem
from gate.mutate.noise import mark_noise
from gate.source.code import SourceError
from gate.source.pragmas import PragmaKind, without_pragmas


def _any(_: Mutant) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Campaign:
    """Which mutants to run: `wanted` chooses among those of `files`, `first` names those to begin with.

    `budget` is in seconds, None without one; `noise` are the rules that leave mutants out, `waived` the
    ids of mutants that do not count, with the reason; `changed` says that only what the change touches is
    wanted. `lifted` are pragmas that have no say, by file, line and kind.
    """

    files: tuple[str, ...]
    noise: tuple[str, ...]
    wanted: Callable[[Mutant], bool] = _any
    first: Callable[[Mutant], bool] = _any
    budget: float | None = None
    waived: Mapping[str, str] = field(default_factory=dict)
    changed: bool = False
    lifted: Mapping[str, frozenset[tuple[int, PragmaKind]]] = field(default_factory=dict)


def generate_all(root: Path, campaign: Campaign) -> tuple[tuple[Mutant, ...], tuple[Problem, ...]]:
    """Make the mutants of a campaign, noise marked; a file that cannot be mutated is a problem."""
    mutants: list[Mutant] = []
    problems: list[Problem] = []
    waived = campaign.waived
    for path in campaign.files:
        try:
            mutants += _of_file(path, (root / path).read_bytes(), campaign)
        except SourceError as error:
            problems.append(Problem(path, f"it cannot be mutated: {error.reason}"))
        except OSError as error:
            problems.append(Problem(path, f"it cannot be read: {error.strerror}"))
    marked = (
        replace(mutant, ignored=f"waived: {waived[mutant.id]}") if mutant.id in waived else mutant
        for mutant in mutants
    )
    return tuple(marked), tuple(problems)


def make_again(root: Path, path: str, ids: Iterable[str]) -> tuple[Mutant, ...]:
    """Make mutants of one file, as it is now, by their ids and in their order.

    Raises UsageError when the file holds one of them no more.
    """
    mutants, problems = generate_all(root, Campaign((path,), ()))
    made = {mutant.id: mutant for mutant in mutants}
    asked = tuple(ids)
    for gone in (each for each in asked if each not in made):
        why = problems[0].message if problems else f"{path} has changed since"
        raise UsageError(
            f"mutant {gone} cannot be made: {why}",
            f"list those of today with  gate mutate {path} --list",
        )
    return tuple(made[each] for each in asked)


def in_turn(mutants: Iterable[Mutant], campaign: Campaign) -> list[Mutant]:
    """Order mutants: those to begin with, then function by function.

    Under a budget the files take turns, and the functions in each, so that every one gets its share of what
    can be run.
    """
    groups: dict[tuple[bool, str, str], list[Mutant]] = {}
    for mutant in mutants:
        key = (not campaign.first(mutant), mutant.path, mutant.function)
        groups.setdefault(key, []).append(mutant)
    ordered: list[Mutant] = []
    for later in (False, True):
        chosen = [group for key, group in groups.items() if key[0] is later]
        ordered += chain(*chosen) if campaign.budget is None else _alternate(_by_file(chosen))
    return ordered


def _of_file(path: str, source: bytes, campaign: Campaign) -> Iterator[Mutant]:
    # Half a second of libcst and mutmut: only where there are mutants to make, and while the project's
    # interpreter has its own imports to do.
    from gate.mutate.generate import generate

    lifted = campaign.lifted.get(path)
    heeded = without_pragmas(source, lifted) if lifted else source
    marked = mark_noise(generate(path, source), heeded, campaign.noise)
    return (each for each in marked if campaign.wanted(each))


def _by_file(functions: Iterable[Sequence[Mutant]]) -> list[list[Mutant]]:
    """Give one list of mutants for each file, in which its functions take turns."""
    files: dict[str, list[Sequence[Mutant]]] = {}
    for mutants in functions:
        files.setdefault(mutants[0].path, []).append(mutants)
    return [list(_alternate(each)) for each in files.values()]


def _alternate(groups: Sequence[Sequence[Mutant]]) -> Iterator[Mutant]:
    for row in zip_longest(*groups):
        yield from (mutant for mutant in row if mutant is not None)
