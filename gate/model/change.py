"""What a change edits, and what it does to the rules that it is judged by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gate.model.values import Count, Line, Lines, Name, Text

Direction = Literal["looser", "tighter", "other"]


@dataclass(frozen=True, slots=True)
class ChangedFile:
    """One file of the change and the lines (in the head) that it adds or edits."""

    path: Text
    lines: Lines
    status: Literal["added", "modified", "renamed", "deleted", "untracked"] = "modified"
    old_path: Text | None = None


@dataclass(frozen=True, slots=True)
class ChangedLines:
    """What the working tree changes since the merge base.

    `base` is the ref as given, `merge_base` and `head` are full object names.
    """

    base: Text
    merge_base: Text
    head: Text
    dirty: bool
    files: tuple[ChangedFile, ...]


@dataclass(frozen=True, slots=True)
class RuleChange:
    """One rule that reads otherwise in the head: of the policy, or of which tests pytest runs.

    `key` names it; `before` and `after` are for a reader. `looser` asks less or runs fewer tests.
    """

    key: Name
    before: Text
    after: Text
    direction: Direction
    path: Text = ""


@dataclass(frozen=True, slots=True)
class Suppression:
    """A place that tells coverage.py, the gate or pytest to leave something out; `text` as it is written.

    `line` is that of the head.
    """

    path: Text
    line: Line
    kind: Text
    text: Text


@dataclass(frozen=True, slots=True)
class Relocation:
    """Code that was measured on the base, in `origin`, and stands in the head where nothing is measured;
    or that was in the core, and stands where no mutants are made.

    `what` is a qualified name, or empty for the whole file; `lines` is how many lines it has.
    """

    path: Text
    line: Line
    origin: Text
    what: Text
    lines: Count


@dataclass(frozen=True, slots=True)
class UnmeasuredImport:
    """A measured file, `path`, that on `line` newly imports `imported`, a file here that is not measured."""

    path: Text
    line: Line
    imported: Text


@dataclass(frozen=True, slots=True)
class RulesOfChange:
    """What a change does to its own rules; those of the commit `base` are in force.

    `suppressions` are new, as are the `hooks` by which a conftest chooses tests; what moved out of the
    core, `left_core`, stays in it here; `notes` say what has no say here.
    """

    base: Text
    policy: tuple[RuleChange, ...] = ()
    selection: tuple[RuleChange, ...] = ()
    hooks: tuple[Suppression, ...] = ()
    suppressions: tuple[Suppression, ...] = ()
    unmeasured: tuple[Relocation, ...] = ()
    left_core: tuple[Relocation, ...] = ()
    imports: tuple[UnmeasuredImport, ...] = ()
    notes: tuple[Text, ...] = ()
