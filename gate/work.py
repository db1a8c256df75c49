"""What a run is about: the change, the sources and the mutants, complete once pytest has collected."""

from __future__ import annotations

from dataclasses import dataclass, replace

from gate.change.stage import BaseRules, rules_of_change
from gate.change.suppressions import lifted
from gate.measure.coverage import Lifted
from gate.measure.lookalikes import sort_out
from gate.model import ChangedLines, Mutant, Problem, RulesOfChange
from gate.mutate.campaign import Campaign, generate_all
from gate.mutate.targets import refuse_tests
from gate.mutate.touched import Touched
from gate.request import Request, Subject, today
from gate.source.code import Sources, read_sources
from gate.source.git import changed_lines, file_at
from gate.source.imports import ImportGraph


@dataclass(frozen=True, slots=True)
class Change:
    """What the working tree changes since the merge base: lines, and the rules that stand at that `base`."""

    base: BaseRules
    lines: ChangedLines
    rules: RulesOfChange

    @property
    def lifted(self) -> Lifted:
        """The new pragmas, which have no say."""
        return lifted(self.rules.suppressions)


@dataclass(frozen=True, slots=True)
class Mutants:
    """The mutants to run and what their run is about; `problems` are files that could not be mutated."""

    campaign: Campaign
    mutants: tuple[Mutant, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Work:
    """What a run is about.

    `left_out` are measured test files among the targets, `unrun` those of which pytest collected nothing.
    """

    subject: Subject
    change: Change | None
    sources: Sources
    mutants: Mutants | None
    left_out: tuple[str, ...] = ()
    unrun: tuple[str, ...] = ()


def read_work(subject: Subject, request: Request, *, mutants: bool) -> Work:
    """Read the change and the measured files, and make the mutants when they are wanted."""
    change = read_change(subject, request)
    sources = read_sources(subject.root, subject.files)
    return Work(
        subject, change, sources, make_mutants(subject, request, change) if mutants else None
    )


def complete(
    begun: Work,
    subject: Subject,
    request: Request,
    imports: ImportGraph,
    collected: frozenset[str],
) -> Work:
    """Add the files that are named like tests and are code, now that it is known which files hold tests.

    Raises UsageError when the command line names test files alone.
    """
    root, python = subject.root, subject.python
    lookalikes = sort_out(root, python, collected, begun.subject.files, imports)
    whole = subject.sorted_out(lookalikes)
    if request.targets:
        refuse_tests(subject.targets, whole.targets)
    work = replace(begun, subject=whole)
    if (whole.files, whole.targets) != (begun.subject.files, begun.subject.targets):
        work = read_work(whole, request, mutants=begun.mutants is not None)
    measured = frozenset(begun.subject.files)
    if work.change:
        measured &= {file.path for file in work.change.lines.files}
    return replace(
        work,
        left_out=tuple(
            path for path in subject.targets.files if path in lookalikes.tests and path in measured
        ),
        unrun=tuple(path for path in subject.doubtful if path in lookalikes.unrun),
    )


def read_change(subject: Subject, request: Request) -> Change | None:
    """Read what changes since the merge base, and what that does to its own rules; None without a base."""
    if subject.rules is None or request.base is None:
        return None
    lines = changed_lines(subject.root, request.base)
    rules = rules_of_change(subject.root, subject.rules, lines, subject.python, subject.files)
    return Change(subject.rules, lines, rules)


def make_mutants(subject: Subject, request: Request, change: Change | None) -> Mutants:
    """Make the mutants of the targets, or of what the change touches in them."""
    policy, root = subject.policy.mutation, subject.root
    waived = {
        waiver.mutant: f"{waiver.reason} (until {waiver.expires}, owner {waiver.owner})"
        for waiver in policy.waive
        if waiver.expires >= today()
    }
    campaign = Campaign(
        subject.targets.files,
        policy.noise,
        wanted=lambda mutant: (
            subject.targets.wanted(mutant)
            and (request.mutants is None or mutant.id in request.mutants)
        ),
        budget=request.budget,
        waived=waived,
    )
    if change is not None:
        base = change.lines.merge_base
        touched = Touched(root, change.lines, lambda path: file_at(root, base, path))
        targets = subject.targets
        if not request.targets:
            targets = targets.with_moved(change.rules.left_core, subject.files)
        campaign = replace(
            campaign,
            files=tuple(file for file in targets.files if file in touched.files()),
            lifted=change.lifted,
            wanted=lambda mutant: targets.wanted(mutant) and touched.wanted(mutant),
            first=touched.edited,
            changed=True,
        )
    mutants, problems = generate_all(root, campaign)
    return Mutants(campaign, mutants, problems)
