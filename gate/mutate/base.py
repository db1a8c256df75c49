"""The base beside the head: its files in the scratch folder, and the tests of it that a change touches."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from gate.errors import MissingEvidenceError
from gate.measure.coverage import AT_IMPORT, combine, contexts_by_line
from gate.measure.launch import launch, module_names
from gate.measure.suite import Baseline, run_shares
from gate.model import Mutant, TestOutcome
from gate.mutate.campaign import Campaign, generate_all
from gate.mutate.engine import Engine
from gate.mutate.jobs import Jobs
from gate.mutate.killers import Killers
from gate.mutate.plans import MutantPlan
from gate.mutate.regions import unless_run
from gate.mutate.select import Selection
from gate.policy.model import Policy
from gate.source.code import read_sources
from gate.source.imports import ImportGraph
from gate.supervise.supervisor import Supervisor
from gate.supervise.zygote import Launch

_WRONG_CODE = (
    "let the tests import the code from their own checkout: `pythonpath` in pytest's settings, a "
    "conftest.py beside the code, or an editable install of the folder that holds it"
)
# Causes of a red test that lie in the environment, which is the head's, and not in the base.
_ENVIRONMENT = ("environment", "collection")


@dataclass(frozen=True, slots=True)
class BaseCode:
    """The base on disk: its root, its Python files and, of the core, those that the head has too."""

    root: Path
    python: tuple[str, ...]
    core: tuple[str, ...]


class BaseRun:
    """The touched tests as they ran on the base, and what runs more there.

    Raises MissingEvidenceError where they cannot be collected, or run other code than the base's.
    """

    def __init__(
        self,
        supervisor: Supervisor,
        code: BaseCode,
        policy: Policy,
        width: int,
        touches: Callable[[str, str], bool],
    ) -> None:
        collected = supervisor.collect()
        self.items = collected.items
        _check_imports(supervisor.launch, collected.early, collected.imported)
        touched = {
            n
            for n, item in enumerate(self.items)
            # What a plugin collects for a whole folder has no file to be compared.
            if touches(item.path, item.test) or (code.root / item.path).is_dir()
        }
        _check_collected(collected.uncollected)
        self._supervisor = supervisor
        self._code = code
        self._width = width
        self._data = supervisor.launch.scratch / "combined"
        self.baseline = run_shares(supervisor, collected, policy, width, _unheard, touched)
        self.baseline.parts += supervisor.data_files()

    @property
    def outcomes(self) -> Mapping[str, TestOutcome]:
        """What became of the touched tests on the base, by id."""
        return {outcome.test: outcome for outcome in self.baseline.outcomes.values()}

    def plans(self, campaign: Campaign, head: Path) -> list[MutantPlan]:
        """Make the mutants of the core and choose, of the touched tests, those that ran them.

        What runs at import could matter to every test that imports it: of that the files count that a
        touched test reaches by itself.
        """
        for problem in combine(self.baseline.parts, self._data):
            raise MissingEvidenceError(f"{problem.subject}: {problem.message}")
        for path in self._code.core:
            if contexts_by_line(self._data, head / path):
                raise MissingEvidenceError(
                    f"the base's tests ran the head's {path}, not the base's", _WRONG_CODE
                )
        mutants, problems = generate_all(self._code.root, campaign)
        for problem in problems:
            raise MissingEvidenceError(f"{problem.subject}: {problem.message}")
        graph = ImportGraph(self._code.root, self._code.python)
        files = (item.path for item in self.items)
        graph.add_collected(files, self.baseline.collected.plugins)
        selection = self._selection(graph)
        reached = self._reached(graph)
        chosen = (each for each in mutants if each.moment != "import" or each.path in reached)
        weighed = map(selection.weighed, chosen)
        plans = (selection.plan(each) for each in weighed if not each.ignored)
        return [plan for plan in plans if plan.covering]

    def engine(self, *, many: bool) -> Engine:
        """Give an engine that runs mutants of the base."""
        supervisor, baseline = self._supervisor, self.baseline
        supervisor.begin_preload((), many=many)
        supervisor.finish_preload()
        jobs = Jobs(baseline.collected, supervisor.launch.options, baseline.seconds_by_test())
        return Engine(supervisor, jobs, Killers(), self._width, every=True)

    def _selection(self, graph: ImportGraph) -> Selection:
        code = self._code
        sources = read_sources(code.root, code.core).files
        return Selection(self.baseline, self._data, sources, graph)

    def _reached(self, graph: ImportGraph) -> frozenset[str]:
        """Name the files that touched tests run a function of or import, and what such files import."""
        core = self._code.core
        ran = {path for path in core if _ran(contexts_by_line(self._data, self._code.root / path))}
        near = ran | {self.items[index].path for index in self.baseline.outcomes}
        return frozenset(path for path in core if path in ran or graph.named_by(path) & near)


def _ran(contexts: Mapping[int, frozenset[str]]) -> bool:
    """Say whether a test ran a line, not only an import."""
    return any(each - {AT_IMPORT} for each in contexts.values())


@contextmanager
def base_supervisor(
    head: Supervisor, code: BaseCode, policy: Policy, only: Sequence[str]
) -> Iterator[Supervisor]:
    """Start the base's zygote beside the head's, with the same interpreter, for some test files."""
    scratch = head.launch.scratch / "base"
    paths = tuple(p for p in policy.tests.paths if (code.root / p.partition("::")[0]).exists())
    if policy.tests.paths and not paths:
        raise MissingEvidenceError("none of the policy's tests.paths is in the base")
    narrowed = policy.tests.model_copy(update={"paths": paths})
    there = replace(policy, tests=narrowed)
    plan = launch(code.root, there, code.core, scratch, head.launch.python, head.launch.lent)
    both = (*plan.source, *head.launch.source)
    plan = replace(
        plan,
        source=both,
        mutate=True,
        path=tuple(str(code.root / folder) for folder in import_roots(code)),
        only=tuple(str(code.root / path) for path in only),
        closed=(str(head.launch.root),),
        as_module=head.launch.as_module,
    )
    with Supervisor(plan, head.limits, beside=head) as supervisor:
        supervisor.begin()
        yield supervisor


def import_roots(code: BaseCode) -> list[str]:
    """Name the folders from which the core is imported, relative to the root.

    An editable install leads to the head's files; what is found in these folders first is the base's.
    """
    roots: dict[str, None] = {}
    files = frozenset(code.python)
    for name, path in module_names(code.core).items():
        pure = PurePosixPath(path).with_suffix("")
        parts = pure.parts[:-1] if pure.name == "__init__" else pure.parts
        above = parts[: len(parts) - name.count(".") - 1]
        roots[PurePosixPath(*above).as_posix()] = None
        folder = PurePosixPath(path).parent
        while (folder / "__init__.py").as_posix() in files and folder.name:
            folder = folder.parent
        if folder != PurePosixPath(path).parent:
            roots[folder.as_posix()] = None
    return list(roots)


def _unheard(outcome: TestOutcome) -> None:
    """The head's tests are those that are counted."""


def _check_imports(plan: Launch, early: Mapping[str, str], imported: Mapping[str, str]) -> None:
    for name, file in sorted({**imported, **early}.items()):
        if os.path.realpath(file) != os.path.realpath(plan.root / plan.watch[name]):
            raise MissingEvidenceError(
                f"the base's tests import {name} from elsewhere, not from the base", _WRONG_CODE
            )


def _check_collected(uncollected: Sequence[Mapping[str, object]]) -> None:
    for report in uncollected:
        if report["outcome"] != "skipped":
            said = str(report.get("message") or report.get("detail", "")).strip().splitlines()
            raise MissingEvidenceError(
                f"{report['test']} cannot be collected on the base: {said[-1] if said else ''}",
                "does the head's environment still have what the base's tests need?",
            )


def red_by_environment(baseline: Baseline) -> list[TestOutcome]:
    """Name the touched tests that did not run on the base for a reason that is not the base's own."""
    return [
        outcome
        for outcome in baseline.outcomes.values()
        if outcome.outcome in ("crashed", "timeout")
        or (outcome.cause is not None and outcome.cause.kind in _ENVIRONMENT)
    ]


def in_both(plans: Sequence[MutantPlan], head: Sequence[Mutant]) -> list[tuple[MutantPlan, Mutant]]:
    """Pair the mutants of the base with those of the head that change the same line alike, and count.

    Of several alike in a function the one of the same id is meant. An id alone is not enough: it counts
    what is alike in the function, so where that is edited it can stand for another line.
    """
    there: dict[tuple[str, ...], list[Mutant]] = {}
    for mutant in head:
        there.setdefault(_change(mutant), []).append(mutant)
    pairs = []
    for plan in plans:
        alike = there.get(_change(plan.mutant), [])
        if len(alike) > 1:
            alike = [mutant for mutant in alike if mutant.id == plan.mutant.id]
        # On the base a test ran it.
        real = [mutant for mutant in map(unless_run, alike) if not mutant.ignored]
        pairs += [(plan, mutant) for mutant in real]
    return pairs


def _change(mutant: Mutant) -> tuple[str, ...]:
    """What a mutant changes, wherever in its function that stands."""
    source = " ".join(mutant.source.split())
    place = (mutant.path, mutant.function, source)
    return (*place, mutant.operator, mutant.original, mutant.replacement)
