"""What a change edits, and what it does to the rules that it is judged by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Direction = Literal["looser", "tighter", "other"]


@dataclass(frozen=True, slots=True)
class ChangedFile:
    """One file of the change and the lines (in the head) that it adds or edits."""

    path: str
    lines: frozenset[int]
    status: Literal["added", "modified", "renamed", "deleted", "untracked"] = "modified"
    old_path: str | None = None


@dataclass(frozen=True, slots=True)
class ChangedLines:
    """What the working tree changes since the merge base.

    `base` is the ref as given, `merge_base` and `head` are full object names.
    """

    base: str
    merge_base: str
    head: str
    dirty: bool
    files: tuple[ChangedFile, ...]


@dataclass(frozen=True, slots=True)
class RuleChange:
    """One rule that reads otherwise in the head: of the policy, or of which tests pytest runs.

    `key` names it; `before` and `after` are for a reader. `looser` asks less or runs fewer tests.
    """

    key: str
    before: str
    after: str
    direction: Direction
    path: str = ""


@dataclass(frozen=True, slots=True)
class Suppression:
    """A place that tells coverage.py, the gate or pytest to leave something out; `text` as it is written.

    `line` is that of the head.
    """

    path: str
    line: int
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Relocation:
    """Code that was measured on the base, in `origin`, and stands in the head where nothing is measured;
    or that was in the core, and stands where no mutants are made.

    `what` is a qualified name, or empty for the whole file; `lines` is how many lines it has.
    """

    path: str
    line: int
    origin: str
    what: str
    lines: int


@dataclass(frozen=True, slots=True)
class UnmeasuredImport:
    """A measured file, `path`, that on `line` newly imports `imported`, a file here that is not measured."""

    path: str
    line: int
    imported: str


@dataclass(frozen=True, slots=True)
class RulesOfChange:
    """What a change does to its own rules; those of the commit `base` are in force.

    `suppressions` are new, as are the `hooks` by which a conftest chooses tests; what moved out of the
    core, `left_core`, stays in it here; `notes` say what has no say here.
    """

    base: str
    policy: tuple[RuleChange, ...] = ()
    selection: tuple[RuleChange, ...] = ()
    hooks: tuple[Suppression, ...] = ()
    suppressions: tuple[Suppression, ...] = ()
    unmeasured: tuple[Relocation, ...] = ()
    left_core: tuple[Relocation, ...] = ()
    imports: tuple[UnmeasuredImport, ...] = ()
    notes: tuple[str, ...] = ()
