"""`gate prove`: mutants against the tests as they are now, new and edited ones included."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from gate.errors import ExitCode, MissingEvidenceError, SetupError, UsageError
from gate.lookup import Sighting
from gate.model import DETECTED, MutantResult
from gate.mutate.campaign import make_again
from gate.partial import PartialEvidence, Progress
from gate.pipeline import gather
from gate.request import Request, Subject, prepare_out, read_subject
from gate.source.git import repository_root

# Seconds. A suite that is quicker than this is run whole at once.
QUICK = 10.0


def prove(
    request: Request, sightings: Sequence[Sighting], progress: Progress
) -> tuple[MutantResult, ...]:
    """Run the mutants of the sightings, in their order, each with every test that runs its lines now.

    Where the suite is slow, the test files that are likely to kill are asked first: those that ran a mutant
    in the results, and those that were edited since. Only what they leave is asked of the whole suite.

    Raises UsageError when a file holds a mutant no more; MissingEvidenceError when no test can be run.
    """
    entries = {entry.mutant.id: entry for sighting in sightings for entry in sighting.mutants}
    paths = tuple(dict.fromkeys(entry.mutant.path for entry in entries.values()))
    progress.stage("reading the repository")
    root = repository_root(request.start)
    request = replace(request, targets=tuple(str(root / path) for path in paths))
    subject = read_subject(request)
    for path in paths:
        mutants = [entry.mutant for entry in entries.values()]
        make_again(subject.root, path, [mutant.id for mutant in mutants if mutant.path == path])
    out = prepare_out(request, subject.root)
    asked = replace(request, mutants=frozenset(entries))
    results: dict[str, MutantResult] = {}
    slow = [each for each in sightings if each.results.suite.seconds > QUICK]
    if slow and (likely := _likely(subject, slow)):
        results |= _first(subject, replace(asked, only=likely), out, progress)
    left = frozenset(name for name in entries if not _is_detected(results.get(name)))
    if left:
        results |= _run(subject, replace(asked, mutants=left), out, progress)
    return tuple(results[name] for name in entries)


def exit_code(results: Iterable[MutantResult]) -> ExitCode:
    """Say 0 when every mutant is detected, 3 when a test could kill one and none does, 5 for doubt."""
    statuses = {result.status for result in results}
    if statuses <= DETECTED:
        return ExitCode.PASS
    return ExitCode.FAIL if statuses & {"Survived", "NoCoverage"} else ExitCode.INCONCLUSIVE


def _first(
    subject: Subject, request: Request, out: Path, progress: Progress
) -> Mapping[str, MutantResult]:
    """Ask the likely test files; where they cannot be collected alone, the whole suite will say why."""
    try:
        return _run(subject, request, out, progress)
    except (MissingEvidenceError, SetupError):
        return {}


def _run(
    subject: Subject, request: Request, out: Path, progress: Progress
) -> Mapping[str, MutantResult]:
    evidence = gather(subject, request, out, PartialEvidence(progress))
    if evidence.mutation is None:
        raise UsageError("nothing of these files is measured, so no mutant of them is run")
    return {result.mutant.id: result for result in evidence.mutation.results}


def _likely(subject: Subject, sightings: Iterable[Sighting]) -> tuple[str, ...]:
    """Name the test files that ran a mutant before, and the Python files that were edited since."""
    files: dict[str, None] = {}
    for sighting in sightings:
        for entry in sighting.mutants:
            files |= dict.fromkeys(_files_of(entry))
        written = datetime.fromisoformat(sighting.results.created).astimezone(UTC).timestamp()
        edited = (path for path in subject.python if _edited(subject.root / path, written))
        files |= dict.fromkeys(edited)
    return tuple(path for path in files if path not in subject.files)


def _files_of(entry: MutantResult) -> Iterable[str]:
    return (test.partition("::")[0] for test in entry.covered_by)


def _edited(path: Path, since: float) -> bool:
    try:
        return path.stat().st_mtime >= since
    except OSError:
        return False


def _is_detected(result: MutantResult | None) -> bool:
    return result is not None and result.status in DETECTED
