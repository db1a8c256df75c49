"""The results document, `testproof-results/2`: the evidence, the policy, and the findings (pydantic).

The dataclasses of the model are its shape. What follows from other parts, such as counts, percentages and the
verdict, is written too; a document in which such a part does not follow is refused.
"""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails, from_json, to_json

import gate
from gate.errors import ExitCode, MissingEvidenceError, SetupError, UsageError
from gate.model import Decision, Evidence, Finding, decide
from gate.model.values import CONFIG, Text, derived
from gate.policy.model import Policy
from gate.results.comparison import differences
from gate.results.first import FIRST, upgraded
from gate.results.policy import PolicyRecord, record_of

FILE_NAME = "results.json"
SIZE_CAP = 256 * 1024 * 1024
EXIT_CODES: dict[Decision, ExitCode] = {
    "pass": ExitCode.PASS,
    "fail": ExitCode.FAIL,
    "inconclusive": ExitCode.INCONCLUSIVE,
}
Version = Literal["testproof-results/2"]
SCHEMA: Version = "testproof-results/2"
# What a reader wants to see first.
_HEAD = ("schema", "tool", "created", "command", "verdict", "exit_code", "findings", "complete")
_MOST_MISTAKES = 3
_MAKE_ONE = "make one with: gate check"


def _a_moment(value: str) -> str:
    datetime.fromisoformat(value)
    return value


Moment = Annotated[
    str, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"), AfterValidator(_a_moment)
]


@dataclass(frozen=True, slots=True)
class Tool:
    """The program that wrote the document."""

    name: Text
    version: Text


@dataclass(frozen=True, kw_only=True)
class Results(Evidence):
    """The results of one run, from which every report is rendered: all evidence, and what the rules found.

    Of what is `not_judged` nothing was required: the verdict says nothing of it.
    """

    # Of the nouns inside too, as none of them has another.
    __pydantic_config__: ClassVar[ConfigDict] = CONFIG

    schema: Version = SCHEMA
    tool: Tool
    created: Moment
    findings: tuple[Finding, ...]
    policy: PolicyRecord

    @derived
    def verdict(self) -> Decision:
        """Give the verdict that the findings demand."""
        return decide(self.findings)

    @derived
    def exit_code(self) -> int:
        """Give the exit code of the verdict."""
        return int(EXIT_CODES[self.verdict])


_ADAPTER = TypeAdapter(Results)


def schema_text() -> str:
    """Write the JSON schema (draft 2020-12) of the results document, as it is committed."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **_ADAPTER.json_schema(mode="serialization"),
        "title": "testproof results",
    }
    return to_json(schema, indent=2).decode() + "\n"


def document(
    policy: Policy, evidence: Evidence, findings: tuple[Finding, ...], created: datetime
) -> Results:
    """Put all that a report may say into one document; `created` needs a time zone.

    The result is what the document says when it is read again: long texts are cut, and text that JSON
    cannot hold is escaped.
    """
    results = Results(
        **{name: getattr(evidence, name) for name in Evidence.__dataclass_fields__},
        tool=Tool("testproof", gate.__version__),
        created=created.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        findings=findings,
        policy=record_of(policy),
    )
    return _ADAPTER.validate_json(_ADAPTER.dump_json(results))


def publish(results: Results, out: Path, check: Callable[[Results], None]) -> tuple[Results, Path]:
    """Write `results.json` into the folder `out`, whole or not at all, and return what is read back.

    Raises SetupError when it cannot be written, another GateError when it does not read back, and what
    `check` raises of the document that was read back.
    """
    target = out / FILE_NAME
    beside = out / f".{FILE_NAME}.{secrets.token_hex()}"
    try:
        out.mkdir(parents=True, exist_ok=True)
        try:
            _write_through(beside, text(results).encode())
            checked = read_results(beside)
            check(checked)
            os.replace(beside, target)
        finally:
            beside.unlink(missing_ok=True)
        _settle(target)
    except OSError as error:
        raise SetupError(
            f"the results could not be written to {target}: {error.strerror or error}",
            "free some space there or make the folder writable, or choose another with --out",
        ) from error
    return checked, target


def read_results(path: Path) -> Results:
    """Read and check a results document, untrusted; a GateError says what is wrong and where."""
    try:
        return parse(_read_capped(path))
    except ValueError as error:
        mistakes = list(_mistakes(error))
        more = len(mistakes) - _MOST_MISTAKES
        listed = "; ".join(mistakes[:_MOST_MISTAKES]) + (f"; and {more} more" if more > 0 else "")
        raise MissingEvidenceError(
            f"{path} is not a results document of this gate: {listed}", _MAKE_ONE
        ) from error


def parse(data: bytes | str) -> Results:
    """Read the JSON of a document, of this version or of the one before.

    Raises ValueError where it is none, or where a part does not follow from the others.
    """
    said = from_json(data, allow_inf_nan=False)
    if isinstance(said, dict) and said.get("schema") == FIRST:
        data = to_json(upgraded(said))
        said = from_json(data)
    results = _ADAPTER.validate_json(data)
    contradictions = list(differences(said, fields_of(results)))
    if contradictions:
        raise ContradictionError(contradictions)
    return results


class ContradictionError(ValueError):
    """A document says what does not follow from its own evidence: one line for each place."""

    def __init__(self, places: list[str]) -> None:
        super().__init__("; ".join(places))
        self.places = places


def text(results: Results) -> str:
    """Write the document as JSON, indented, ending in a newline."""
    return to_json(fields_of(results), indent=2).decode() + "\n"


def fields_of(results: Results) -> dict[str, Any]:
    """Give the document as values of JSON, with what a reader wants to see first at its beginning."""
    fields = _ADAPTER.dump_python(results, mode="json")
    return {**{name: fields[name] for name in _HEAD}, **fields}


def _write_through(path: Path, data: bytes) -> None:
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _settle(target: Path) -> None:
    """Make the rename itself survive a power cut; where that fails, no document is left with a verdict."""
    try:
        descriptor = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError:
        target.unlink()
        raise


def _read_capped(path: Path) -> bytes:
    try:
        # A pipe or device in this place would block the open itself.
        if path.exists() and not stat.S_ISREG(path.stat().st_mode):
            raise UsageError(f"{path} is not a file", f"name the {FILE_NAME} inside it")
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_size > SIZE_CAP:
                too_large = (
                    f"{path} is larger than {SIZE_CAP // 1024 // 1024} MiB, so it is not read"
                )
                raise MissingEvidenceError(too_large, _MAKE_ONE)
            return file.read()
    except FileNotFoundError as error:
        raise UsageError(f"there is no results document at {path}", _MAKE_ONE) from error
    except OSError as error:
        raise SetupError(
            f"{path} cannot be read: {error.strerror or error}", "make it readable"
        ) from error


def _mistakes(error: ValueError) -> Iterator[str]:
    """Say what is wrong with a document; where its version is unknown, nothing else."""
    match error:
        case ContradictionError():
            yield from error.places
        case ValidationError():
            mistakes = [_mistake(mistake) for mistake in error.errors()]
            yield from [each for each in mistakes if each.startswith("schema:")] or mistakes
        case _:
            yield f"the document: {error}"


def _mistake(mistake: ErrorDetails) -> str:
    place = ".".join(str(part) for part in mistake["loc"]) or "the document"
    return f"{place}: {mistake['msg'].removeprefix('Value error, ')}"
