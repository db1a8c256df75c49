"""Policy text in, validated Policy out: models, defaults, the thresholds of one path.

`gate/policy/search.py` finds the text. pydantic enters here. The file is TOML (docs/policy.md);
`python -m gate.policy` prints its JSON schema for editors, committed as policies/policy.schema.json.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from gate.policy.editor import EditorSchema
from gate.policy.globs import path_glob
from gate.policy.isolation import Isolation, Variables
from gate.policy.text import read_toml
from gate.policy.values import (
    NOISE_RULES,
    Bytes,
    Count,
    Day,
    Glob,
    Marker,
    NoiseRules,
    Order,
    Paths,
    Percent,
    RefusedError,
    RepoPath,
    Seconds,
    Text,
    dotted_keys,
    explain,
)

# Where a policy stands that nothing else names: the first is where `gate init` writes one.
PLACES = ("gate.toml", "policies/default.toml")
BUILT_IN = "built-in defaults"
NO_POLICY = f"no policy file was found ({' or '.join(PLACES)}): the built-in defaults judge"


def parse_policy(text: str, origin: str) -> Policy:
    """Turn policy text into a Policy; PolicyError lists every mistake, one a line."""
    try:
        document = PolicyDocument.model_validate(read_toml(text, origin))
    except ValidationError as error:
        raise explain(error, PolicyDocument, text, origin) from error
    return _policy(document, origin, text)


def built_in_policy() -> Policy:
    """Give the policy of a repository that has none: every default, with a note that says so."""
    return _policy(PolicyDocument(), BUILT_IN, "", (NO_POLICY,))


def policy_named_in(pyproject: str, origin: str = "pyproject.toml") -> str | None:
    """Give the path that `[tool.gate] policy` names in the text of a pyproject.toml, if any."""
    try:
        project = _Project.model_validate(read_toml(pyproject, origin))
    except ValidationError as error:
        raise explain(error, _Project, pyproject, origin) from error
    return project.tool.gate.policy


def policy_schema() -> dict[str, Any]:
    """Describe the policy file as JSON Schema (draft 2020-12), as TOML editors want it."""
    schema = PolicyDocument.model_json_schema(schema_generator=EditorSchema)
    return {"$schema": EditorSchema.schema_dialect, **schema}


def policy_keys() -> tuple[str, ...]:
    """Name every key a policy file may have, such as `tests.exclude.owner`."""
    return tuple(dotted_keys(PolicyDocument))


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Source(_Table):
    """What is measured."""

    include: Paths = Field(
        (), description="Folders and files to measure; empty: every package outside the tests."
    )


class TestExclusion(_Table):
    """Tests that are never run: not in the suite, not against mutants."""

    __test__: ClassVar[bool] = False
    model_config = ConfigDict(
        json_schema_extra={"oneOf": [{"required": ["test"]}, {"required": ["marker"]}]}
    )

    test: Text | None = Field(None, description="Glob on the node id of the excluded tests.")
    marker: Marker | None = Field(
        None, validate_default=True, description="Marker of the excluded tests."
    )
    reason: Text = Field(description="Why these tests cannot run.")
    owner: Text = Field(description="Who answers for this entry.")
    expires: Day = Field(description="Last day on which this entry counts.")

    @field_validator("marker")
    @classmethod
    def _exactly_one(cls, marker: str | None, info: ValidationInfo) -> str | None:
        # A field's validator, as one of the model would be silent once another field is wrong.
        if "test" in info.data and (info.data["test"] is None) == (marker is None):
            raise RefusedError("neither" if marker is None else "both", "one of test and marker")
        return marker


class Tests(_Table):
    """Which tests run, in which bounds."""

    __test__: ClassVar[bool] = False

    paths: Paths = Field((), description="Where the tests are; empty: pytest's own testpaths.")
    python: RepoPath | None = Field(
        None, description="The interpreter that runs the tests; git must not track it."
    )
    timeout: Seconds = Field("60s", validate_default=True, description="Limit for each test.")
    memory: Bytes = Field(
        "4GiB", validate_default=True, description="Resident size of a worker and its children."
    )
    output: Bytes = Field(
        "64MiB", validate_default=True, description="What a worker and its children may print."
    )
    order: Order = Field(
        "probe", description="Whether tests are run again alone to find those that need company."
    )
    environment: Variables = Field(
        (), description="Variables that look like secrets and are handed to the tests all the same."
    )
    exclude: tuple[TestExclusion, ...] = Field((), description="Tests that are never run.")


class ChangedCoverage(_Table):
    """Coverage in percent of the lines that a change adds or edits."""

    line: Percent = Field(80, validate_default=True, description="Statements executed.")
    branch: Percent = Field(90, validate_default=True, description="Branches taken.")


class Coverage(_Table):
    """Coverage in percent, each kind compared on its own and exactly."""

    line: Percent = Field(80, validate_default=True, description="Statements executed.")
    branch: Percent = Field(90, validate_default=True, description="Branches taken.")
    function: Percent = Field(
        100,
        validate_default=True,
        description="Public functions and methods reached by at least one passing test.",
    )
    changed: ChangedCoverage = Field(
        default_factory=ChangedCoverage, description="The lines that a change adds or edits."
    )


class ChangedMutation(_Table):
    """Mutation score in percent on the lines that a change adds or edits."""

    score: Percent = Field(80, validate_default=True, description="Detected of all valid mutants.")


class Waiver(_Table):
    """A mutant that does not count."""

    mutant: Text = Field(description="The stable id of the mutant.")
    reason: Text = Field(description="Why no test should notice this mutant.")
    owner: Text = Field(description="Who answers for this entry.")
    expires: Day = Field(description="Last day on which this entry counts.")


class Mutation(_Table):
    """Where mutation testing gates, and how strictly."""

    core: Paths = Field((), description="Folders and files gated by mutation; empty: none is.")
    score: Percent = Field(70, validate_default=True, description="Detected of all valid mutants.")
    changed: ChangedMutation = Field(
        default_factory=ChangedMutation, description="The lines that a change adds or edits."
    )
    noise: NoiseRules = Field(NOISE_RULES, description="Kinds of mutants that are left out.")
    waive: tuple[Waiver, ...] = Field((), description="Mutants that do not count.")


class PathCoverage(_Table):
    """Coverage in percent for the matched files; a missing key leaves the threshold as it was."""

    line: Percent | None = Field(None, description="Statements executed.")
    branch: Percent | None = Field(None, description="Branches taken.")
    function: Percent | None = Field(None, description="Public functions and methods reached.")


class PathMutation(_Table):
    """Mutation score in percent for the matched files."""

    score: Percent | None = Field(None, description="Detected of all valid mutants.")


class PathRule(_Table):
    """Stricter or looser thresholds for part of the tree."""

    match: Glob = Field(description="Glob on the file's path; only ** crosses folders.")
    coverage: PathCoverage = Field(default_factory=PathCoverage, description="Coverage there.")
    mutation: PathMutation = Field(
        default_factory=PathMutation, validate_default=True, description="Mutation score there."
    )

    def matches(self, path: str) -> bool:
        """Say whether the rule is for this repository-relative POSIX path."""
        return path_glob(self.match).fullmatch(path) is not None

    @field_validator("mutation")
    @classmethod
    def _sets_something(cls, mutation: PathMutation, info: ValidationInfo) -> PathMutation:
        if mutation == PathMutation() and info.data.get("coverage") == PathCoverage():
            raise RefusedError("no threshold", "at least one of coverage and mutation")
        return mutation


class Suppressions(_Table):
    """What a change may tell the gate, or pytest, to leave out."""

    new: Count = Field(0, description="Pragmas, skips and xfails that a change may add.")


class PolicyDocument(_Table):
    """The policy of a repository: what its tests must reach before a change is merged."""

    source: Source = Field(default_factory=Source)
    tests: Tests = Field(default_factory=Tests)
    coverage: Coverage = Field(default_factory=Coverage, description="Coverage required.")
    mutation: Mutation = Field(default_factory=Mutation, description="Mutation score required.")
    suppressions: Suppressions = Field(
        default_factory=Suppressions, description="What a change may leave out."
    )
    isolation: Isolation = Field(
        default_factory=Isolation, description="How far workers must be kept apart."
    )
    path: tuple[PathRule, ...] = Field(
        (), description="Thresholds for part of the tree; the last match wins, key by key."
    )


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What one file must reach, in percent 0–100."""

    line: Decimal
    branch: Decimal
    function: Decimal
    score: Decimal


@dataclass(frozen=True, slots=True)
class Policy:
    """A valid policy and where it came from.

    `origin` is a repository-relative file name, or "built-in defaults"; `digest` is the SHA-256
    of the content with all defaults filled in, so comments and layout do not change it. `text` is the
    file's own, from which the same policy can be read again.
    """

    source: Source
    tests: Tests
    coverage: Coverage
    mutation: Mutation
    suppressions: Suppressions
    path: tuple[PathRule, ...]
    isolation: Isolation
    origin: str
    digest: str
    notes: tuple[str, ...]
    text: str

    def thresholds_for(self, path: str) -> Thresholds:
        """Give the thresholds of one repository-relative POSIX path.

        Each key is taken from the last matching `[[path]]` rule that sets it, else from
        `[coverage]` and `[mutation]`.
        """
        effective = {
            "line": self.coverage.line,
            "branch": self.coverage.branch,
            "function": self.coverage.function,
            "score": self.mutation.score,
        }
        for rule in self.path:
            if rule.matches(path):
                effective |= rule.coverage.model_dump(exclude_none=True)
                effective |= rule.mutation.model_dump(exclude_none=True)
        return Thresholds(**effective)


class _ToolGate(_Table):
    policy: RepoPath | None = None


class _Tool(BaseModel):
    gate: _ToolGate = _ToolGate()


class _Project(BaseModel):
    tool: _Tool = _Tool()


def _policy(
    document: PolicyDocument, origin: str, text: str, notes: tuple[str, ...] = ()
) -> Policy:
    canonical = json.dumps(document.model_dump(mode="json"), sort_keys=True)
    return Policy(
        document.source,
        document.tests,
        document.coverage,
        document.mutation,
        document.suppressions,
        document.path,
        document.isolation,
        origin,
        hashlib.sha256(canonical.encode()).hexdigest(),
        notes,
        text,
    )
