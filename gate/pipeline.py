"""The stages of a check, in order."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from gate import __version__
from gate.change.stage import imports_of_change
from gate.errors import UsageError
from gate.interrupts import heed_signals, ignore_signals
from gate.judge.verdict import judged
from gate.judge.verify import verify
from gate.measure.baseline import isolation, look_again, run_suite
from gate.measure.changed import measure_changed
from gate.measure.choice import Choice
from gate.measure.coverage import combine, measure
from gate.measure.functions import Passing
from gate.measure.launch import choosing, lasting_environment, launch, measuring
from gate.measure.leftovers import Leftovers
from gate.measure.lookalikes import sort_out
from gate.measure.suite import Baseline
from gate.model import (
    CoverageMap,
    Evidence,
    LostKills,
    Mutant,
    MutationRun,
    Problem,
    SuiteRun,
)
from gate.mutate.history import survivor_key
from gate.mutate.lost import Head, find_lost_kills
from gate.mutate.stage import Material, mutate
from gate.partial import PartialEvidence, Progress
from gate.request import (
    Request,
    Subject,
    chosen_interpreter,
    not_judged,
    not_the_project,
    prepare_out,
    read_subject,
    scratch_folder,
    suite_limits,
    with_left_out,
)
from gate.results.document import Results, publish
from gate.results.runs import folder_of_run, forget_old_runs, promote
from gate.source.code import Sources, edited
from gate.source.imports import ImportGraph
from gate.source.tree import tree_digest
from gate.supervise.supervisor import Supervisor
from gate.supervise.zygote import Launch
from gate.work import Change, Mutants, Work, complete, make_mutants, read_change, read_work


def check(request: Request, progress: Progress) -> tuple[Results, Path]:
    """Run every stage and return the results document as it was read back, and where it is.

    Raises GateError for what the user can mend; nothing is judged then.
    """
    progress.stage("reading the repository")
    subject = read_subject(request)
    out = prepare_out(request, subject.root)
    with folder_of_run(out, datetime.now(UTC)) as run:
        results = _judge(subject, request, out, run, progress)
        # From here on there is a verdict: an interrupt must not leave it with the exit code of none.
        ignore_signals()
        results, written = publish(results, run, verify)
        newest = promote(written, out)
    forget_old_runs(out)
    return results, newest


def _judge(subject: Subject, request: Request, out: Path, run: Path, progress: Progress) -> Results:
    """Gather the evidence and decide; what an interrupted run has found is kept in the folder `run`."""
    partial = PartialEvidence(progress)
    partial.not_judged = not_judged(request, subject)
    try:
        with heed_signals():
            evidence = gather(subject, request, out, partial)
            progress.stage("judging")
            return judged(subject.policy, evidence, datetime.now(UTC))
    except KeyboardInterrupt as interrupt:
        raise partial.keep(subject.policy, request.command, run, f"by {interrupt}") from None


def list_mutants(request: Request) -> tuple[Mutant, ...]:
    """Give the mutants of a request without running anything.

    Raises GateError as `check` does, and for a file that cannot be mutated.
    """
    subject = read_subject(request)
    imports = ImportGraph(subject.root, subject.python)
    # Nothing is collected here: a test file is one that holds test functions.
    likely = sort_out(subject.root, subject.python, (), subject.files, imports)
    subject = subject.sorted_out(likely)
    made = make_mutants(subject, request, read_change(subject, request))
    for problem in made.problems:
        raise UsageError(
            f"{problem.subject}: {problem.message}",
            f"does `python -m py_compile {problem.subject}` accept it?",
        )
    return made.mutants


def gather(subject: Subject, request: Request, out: Path, progress: PartialEvidence) -> Evidence:
    """Read the change, run the suite, measure it, and run the mutants.

    What is measured and mutated is complete once pytest has collected: until then nobody knows which of the
    files that are named like tests are tests.
    """
    limits = suite_limits(subject.policy)
    mutation: MutationRun | None = None
    lost: LostKills | None = None
    choice = chosen_interpreter(request, subject, progress.note)
    with scratch_folder() as scratch:
        wanted = request.mutation and subject.mutates
        plan = replace(_launch(subject, request, scratch, choice), mutate=wanted)
        with Supervisor(plan, limits) as supervisor:
            supervisor.begin()
            progress.stage("collecting tests")
            # The judge has nothing else to do while the project's interpreter imports.
            imports = ImportGraph(subject.root, subject.python)
            begun = read_work(subject.begun(), request, mutants=wanted)
            left = Leftovers(subject.root, out, scratch)
            baseline = run_suite(supervisor, subject.policy, request.jobs, progress, left.begin)
            files = (item.path for item in baseline.items)
            imports.add_collected(files, baseline.collected.plugins)
            work = complete(begun, subject, request, imports, baseline.collected.tests)
            subject, change, sources = work.subject, work.change, work.sources
            suite, coverage = _look_closely(
                supervisor, work, baseline, imports, request.jobs, progress
            )
            if work.mutants is not None:
                with left.away():
                    material = _material(subject, sources, baseline, supervisor, out, imports)
                    mutation = _mutate(supervisor, material, work.mutants, request.jobs, progress)
                    progress.mutation = mutation
                    if change is not None and request.command == "check":
                        core, ran = subject.targets.files, (work.mutants.campaign, mutation)
                        head = Head(subject, change.lines, core, suite, material, *ran)
                        lost = find_lost_kills(supervisor, head, request.jobs, progress)
                mutation = _with_notes(mutation, left.moved, work.left_out)
                coverage = _still_true(subject, sources, coverage)
                suite = replace(suite, isolation=isolation(supervisor, baseline))
    suite = replace(suite, environment={**suite.environment, **choice.facts(subject.root)})
    coverage = replace(coverage, unrun=work.unrun)
    evidence = Evidence(suite, coverage, None, None, mutation, request.command, lost)
    evidence = with_left_out(evidence, subject.policy, progress.not_judged)
    if change is None:
        return evidence
    return _with_change(evidence, subject, sources, change, baseline)


def _launch(subject: Subject, request: Request, scratch: Path, choice: Choice) -> Launch:
    """Say how the project's interpreter is started."""
    plan = launch(subject.root, subject.policy, subject.files, scratch, choice.path, choice.lent)
    plan = replace(measuring(plan, subject.doubtful), passed_over=choice.passed_over)
    if subject.rules:
        plan = choosing(plan, subject.rules.options)
    if request.only is None:
        return plan
    return replace(plan, only=tuple(str(subject.root / path) for path in request.only))


def _look_closely(
    supervisor: Supervisor,
    work: Work,
    baseline: Baseline,
    imports: ImportGraph,
    jobs: int,
    progress: PartialEvidence,
) -> tuple[SuiteRun, CoverageMap]:
    """Measure coverage, while tests that are in doubt run again."""
    progress.stage("computing coverage, re-running unstable tests")
    with ThreadPoolExecutor(1) as other:
        measured = other.submit(_measure, work, baseline, imports, supervisor.launch.scratch)
        suite = look_again(supervisor, baseline, work.subject.policy, jobs, progress)
        coverage = measured.result()
    progress.suite, progress.coverage = suite, coverage
    return suite, coverage


def _with_change(
    evidence: Evidence, subject: Subject, sources: Sources, change: Change, baseline: Baseline
) -> Evidence:
    """Add what the change edits, what of that is covered, and what it does to its own rules."""
    changed = measure_changed(change.lines, evidence.coverage, sources.files)
    there = subject.python, subject.files, baseline.loaded
    imports = imports_of_change(subject.root, change.base, change.lines, *there)
    rules = replace(change.rules, imports=imports)
    return replace(evidence, changed=change.lines, changed_coverage=changed, rules=rules)


def _mutate(
    supervisor: Supervisor,
    material: Material,
    mutants: Mutants,
    jobs: int,
    progress: PartialEvidence,
) -> MutationRun:
    progress.stage("running mutants")
    progress.plan(mutants.campaign, mutants.mutants)
    progress.mutating(len(mutants.mutants))
    run = mutate(supervisor, material, mutants.mutants, mutants.campaign, jobs, progress.mutated)
    return replace(run, problems=(*mutants.problems, *run.problems))


def _with_notes(run: MutationRun, moved: Sequence[str], tests: Sequence[str]) -> MutationRun:
    """Note what of the suite was out of the way of the mutants, and the test files among the targets."""
    left = "mutants ran without what the suite itself had left in the repository (let tests use tmp_path)"
    notes = [
        f"{told}: {', '.join(paths[:3])}" + (f" and {len(paths) - 3:,} more" if paths[3:] else "")
        for told, paths in (
            (left, moved),
            (
                f"test files are not mutated, so {len(tests):,} of the files named are left out",
                tests,
            ),
        )
        if paths
    ]
    return replace(run, notes=(*run.notes, *notes))


def _material(
    subject: Subject,
    sources: Sources,
    baseline: Baseline,
    supervisor: Supervisor,
    out: Path,
    imports: ImportGraph,
) -> Material:
    collected = baseline.collected
    key = survivor_key(
        [
            __version__,
            tree_digest(subject.root, not_the_project(out, subject.root)),
            subject.policy.digest,
            *(f"{name}={value}" for name, value in sorted(collected.environment.items())),
            *lasting_environment(supervisor.launch),
            *(item.test for item in collected.items),
        ]
    )
    return Material(
        baseline=baseline,
        data_file=supervisor.launch.scratch / "combined",
        sources=sources.files,
        imports=imports,
        history=out,
        key=key,
    )


def _measure(work: Work, baseline: Baseline, imports: ImportGraph, scratch: Path) -> CoverageMap:
    subject, data = work.subject, scratch / "combined"
    pragmas = work.change.lifted if work.change else {}
    passing = Passing(baseline.passing(), baseline.passing_files(), imports)
    problems = combine(baseline.parts, data)
    coverage = measure(subject.root, work.sources, data, passing, pragmas)
    return _still_true(
        subject, work.sources, replace(coverage, problems=(*problems, *coverage.problems))
    )


def _still_true(subject: Subject, sources: Sources, coverage: CoverageMap) -> CoverageMap:
    """Note the files that are no longer as they were read."""
    moved = {
        Problem(file, "it changed while the tests ran, so what was measured is not what is here")
        for file in edited(subject.root, sources)
    }
    new = sorted(moved - set(coverage.problems), key=lambda problem: problem.subject)
    return replace(coverage, problems=(*coverage.problems, *new))
