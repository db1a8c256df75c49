"""The shape of a results document, `testproof-results/1`, and what makes it agree (pydantic)."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Annotated, Literal, Self, get_args

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import to_json

from gate.errors import ExitCode
from gate.model import (
    COVERAGE,
    LOST_KILLS,
    MUTATION,
    RED,
    CauseKind,
    Command,
    Decision,
    Demand,
    Level,
)
from gate.results.lost import Lost
from gate.results.mutation import Mutation
from gate.results.rules import Rules
from gate.results.values import (
    Count,
    Entry,
    Line,
    LongText,
    Moment,
    Percent,
    ProblemEntry,
    Seconds,
    Share,
    Span,
    Text,
)

Version = Literal["testproof-results/1"]
SCHEMA: Version = "testproof-results/1"
EXIT_CODES: dict[Decision, ExitCode] = {
    "pass": ExitCode.PASS,
    "fail": ExitCode.FAIL,
    "inconclusive": ExitCode.INCONCLUSIVE,
}

Unpassed = Literal["failed", "error", "skipped", "xfailed", "timeout", "crashed"]


def schema_text() -> str:
    """Write the JSON schema (draft 2020-12) of the results document, as it is committed."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Results.model_json_schema(mode="serialization"),
    }
    return to_json(schema, indent=2).decode() + "\n"


class Tool(Entry):
    """The program that wrote the document."""

    name: Text
    version: Text


class FindingEntry(Entry):
    """One thing a rule had to say; `forces` is the verdict it demands."""

    rule: Text
    level: Level
    forces: Demand | None
    path: Text | None
    line: Line | None
    measured: float | None
    required: float | None
    message: Text
    help: Text


class Counts(Entry):
    """Tests by outcome; `excluded` were never run."""

    passed: Count
    failed: Count
    error: Count
    skipped: Count
    xfailed: Count
    xpassed: Count
    timeout: Count
    crashed: Count
    excluded: Count


class CauseEntry(Entry):
    """Why a test did not pass, and the group of tests that share the cause.

    In `group` whatever differs between them is blanked; `text` is what the test, or the first of a
    group, said.
    """

    kind: CauseKind
    group: Text
    text: Text = ""


class TestEntry(Entry):
    """One test that did not pass; `detail` ends where its traceback ends."""

    __test__ = False

    test: Text
    outcome: Unpassed
    cause: CauseEntry | None
    message: LongText
    detail: LongText
    path: Text
    line: Line | None
    seconds: Seconds


class DoubtfulEntry(Entry):
    """A test that is green and believed less: it was red a moment ago, or passes in company only."""

    test: Text
    outcome: Literal["passed", "xpassed"]
    cause: CauseEntry | None
    path: Text
    line: Line | None


class GroupEntry(CauseEntry):
    """The red tests of one cause; files that were not collected come first, then the largest group."""

    count: Annotated[int, Field(ge=1)]
    tests: tuple[Text, ...]


class ExclusionEntry(Entry):
    """One test that the policy keeps from running."""

    test: Text
    pattern: Text
    reason: Text
    owner: Text
    expires: date


class OrderEntry(Entry):
    """How many tests ran a second time in another order, and which of them need company."""

    probed: Count
    total: Count
    dependent: tuple[Text, ...]
    reason: Text


class EndEntry(Entry):
    """The exit status of pytest after tests that all passed; null where that is not known.

    `whole`: all tests ran in one process, not each part of the suite in its own.
    """

    status: int | None
    message: Text
    whole: bool


class Suite(Entry):
    """The baseline: every count, every test that did not pass, every test that was not run."""

    counts: Counts
    seconds: Seconds
    not_passed: tuple[TestEntry, ...]
    doubtful: tuple[DoubtfulEntry, ...]
    groups: tuple[GroupEntry, ...]
    excluded: tuple[ExclusionEntry, ...]
    problems: tuple[ProblemEntry, ...]
    order: OrderEntry
    ended: EndEntry | None = None

    @model_validator(mode="after")
    def _counts_agree_with_lists(self) -> Self:
        listed: Counter[str] = Counter(test.outcome for test in self.not_passed)
        listed["excluded"] = len(self.excluded)
        counts = self.counts.model_dump()
        for outcome in (*get_args(Unpassed), "excluded"):
            if counts[outcome] != listed[outcome]:
                raise ValueError(f"counts {counts[outcome]} {outcome}, lists {listed[outcome]}")
        doubted = Counter(test.outcome for test in self.doubtful)
        if any(doubted[outcome] > counts[outcome] for outcome in doubted):
            raise ValueError("more green tests are doubtful than there are")
        red = sum(counts[outcome] for outcome in RED)
        if red != sum(group.count for group in self.groups):
            raise ValueError(f"{red} tests are red, the groups hold another number")
        if any(group.count != len(group.tests) for group in self.groups):
            raise ValueError("a group counts other tests than it lists")
        return self


class FunctionEntry(Entry):
    """A public function that no passing test reaches; with `at_import` it runs at import only."""

    function: Text
    line: Line
    end_line: Line
    at_import: bool = False


class FileEntry(Entry):
    """Coverage of one file; a branch is the line it leaves, then the one it reaches (< 1: exit).

    `digest` is the SHA-256 of the file as measured, empty where that is not known; with it a report
    can tell that a file has changed since. `covered_lines` and `missing_lines` are first lines of statements.
    """

    line: Share
    branch: Share
    function: Share
    digest: Text = ""
    covered_lines: tuple[Span, ...] = ()
    missing_lines: tuple[Span, ...]
    missing_branches: tuple[tuple[int, int], ...]
    missing_functions: tuple[FunctionEntry, ...]
    unreadable: Text


class Coverage(Entry):
    """Coverage in total and by file, the files sorted by path.

    Where it is not `complete`, something could not be measured: each percentage is then the low end of
    an interval that ends at 100. `unrun` are files that hold tests of which pytest collected none.
    """

    complete: bool
    line: Share
    branch: Share
    function: Share
    files: dict[Text, FileEntry]
    problems: tuple[ProblemEntry, ...]
    unrun: tuple[Text, ...] = ()

    @model_validator(mode="after")
    def _totals_agree_with_files(self) -> Self:
        for kind in ("line", "branch", "function"):
            total: Share = getattr(self, kind)
            parts: list[Share] = [getattr(file, kind) for file in self.files.values()]
            covered, out_of = sum(p.covered for p in parts), sum(p.total for p in parts)
            if (total.covered, total.total) != (covered, out_of):
                raise ValueError(f"the {kind} coverage of the files adds up to {covered}/{out_of}")
        return self


class ChangedFileEntry(Entry):
    """One file of the change and the lines of the head that it adds or edits."""

    path: Text
    status: Literal["added", "modified", "renamed", "deleted", "untracked"]
    old_path: Text | None
    lines: tuple[Span, ...]


class Changed(Coverage):
    """Coverage of the changed lines alone; `base` as given, the other two full object names.

    Where it was not `measured` at all, the figures are those of no line.
    """

    measured: bool
    base: Text
    merge_base: Text
    head: Text
    dirty: bool
    change: tuple[ChangedFileEntry, ...]


class SourceEntry(Entry):
    """What is measured, relative to the repository."""

    include: tuple[Text, ...]


class CoverageThresholds(Entry):
    """Percent required of each kind of coverage."""

    line: Percent
    branch: Percent
    function: Percent
    changed_line: Percent
    changed_branch: Percent


class MutationThresholds(Entry):
    """Where mutation gates, and the percent required in total and of the change."""

    core: tuple[Text, ...]
    score: Percent
    changed_score: Percent


class PathThresholds(Entry):
    """A rule of the policy for part of the tree; null where it says nothing."""

    match: Text
    line: Percent | None
    branch: Percent | None
    function: Percent | None
    score: Percent | None


class Thresholds(Entry):
    """All that the policy requires."""

    coverage: CoverageThresholds
    mutation: MutationThresholds
    path: tuple[PathThresholds, ...]


class PolicyEntry(Entry):
    """The policy that judged: where it came from, its hash and its text, what it requires.

    `notes` are what the gate had to say of it.
    """

    origin: Text
    digest: Text
    text: Text
    notes: tuple[Text, ...]
    source: SourceEntry
    thresholds: Thresholds


class NotJudgedEntry(Entry):
    """What the command line kept from being judged, such as `mutation`, and by which words."""

    what: Text
    why: Text


class Results(Entry):
    """The results of one run, from which every report is rendered.

    Of what is `not_judged` nothing was required: the verdict says nothing of it.
    """

    model_config = ConfigDict(title="testproof results")

    schema_version: Version = Field(alias="schema")
    tool: Tool
    created: Moment
    command: Command
    verdict: Decision
    exit_code: int
    findings: tuple[FindingEntry, ...]
    suite: Suite
    coverage: Coverage
    changed: Changed | None
    mutation: Mutation
    lost: Lost | None
    rules: Rules | None = None
    not_judged: tuple[NotJudgedEntry, ...] = ()
    policy: PolicyEntry
    environment: dict[Text, Text]
    isolation: dict[Text, Text]

    @model_validator(mode="after")
    def _verdict_agrees(self) -> Self:
        if self.exit_code != EXIT_CODES[self.verdict]:
            raise ValueError(f"exit code {self.exit_code} does not mean {self.verdict}")
        demands = {finding.forces for finding in self.findings} - {None}
        demanded = "fail" if "fail" in demands else "inconclusive" if demands else "pass"
        if self.verdict != demanded:
            raise ValueError(f"the findings demand {demanded}, the verdict is {self.verdict}")
        green = self.suite.counts.passed + self.suite.counts.xpassed
        if self.verdict == "pass" and not (green and self.coverage.line.total):
            raise ValueError("the verdict is pass, but no test passed or no line was measured")
        return self

    @model_validator(mode="after")
    def _what_was_judged_is_not_left_out(self) -> Self:
        left_out = {entry.what for entry in self.not_judged}
        if MUTATION in left_out and (self.mutation.ran or self.command == "mutate"):
            raise ValueError("mutation is said to be not judged, and it ran")
        if LOST_KILLS in left_out and self.lost is not None:
            raise ValueError("lost kills are said to be not judged, and they were looked for")
        if COVERAGE in left_out and self.command == "check":
            raise ValueError("coverage is said to be not judged, and a check judges it")
        return self
