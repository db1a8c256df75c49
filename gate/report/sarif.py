"""The results as SARIF 2.1.0 (OASIS), as GitHub's code scanning reads it."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from gate.errors import UsageError
from gate.judge.catalogue import find_rule
from gate.judge.rule import RuleText
from gate.model import Finding, MutantResult
from gate.report.diffs import old_and_new
from gate.report.headline import verdict_line
from gate.report.hints import how_to_kill, python_option, show_command
from gate.report.markup import prose
from gate.report.survivors import first_survivors, gated, on_changed_lines
from gate.report.words import counted, one_line
from gate.results.document import Results

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
SURVIVED = "mutant.survived"
# What GitHub takes of one run.
MOST_RESULTS = 25_000
_MOST_PROBLEMS = 100
_MOST_TESTS = 10
_WIDTH = 100
_ROOT = "%SRCROOT%"
# Without a place of its own a finding would be refused: it points to where requirements are written.
_NOWHERE = "gate.toml"
# In a message `{0}` would be an argument and `](` the address of a link.
_ARGUMENT = re.compile(r"\{(?=\d+\})")

_SURVIVED_TEXT = RuleText(
    SURVIVED,
    "A change to the code that no test notices",
    "a small change to the code, a mutant, under which all the tests that run it still pass.",
    "If this code were wrong in this way, nobody would know.",
    "Write a test for which the two versions differ, or have the mutant waived with a reason.",
    "nothing by itself: the mutation score does.",
)


def render_sarif(results: Results) -> str:
    """Render findings and survivors, gravest first, at most 25,000 of them."""
    return (
        json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [_run(results)]}, indent=1)
        + "\n"
    )


def _run(results: Results) -> dict[str, Any]:
    survivors = first_survivors(results, results.mutant_run.counts["Survived"])
    forcing = [finding for finding in results.findings if finding.forces]
    others = [finding for finding in results.findings if not finding.forces]
    found: list[Finding | MutantResult] = [*forcing, *survivors, *others]
    shown = found[:MOST_RESULTS]
    ids = {_rule_id(entry): entry for entry in reversed(shown)}
    number = {rule: n for n, rule in enumerate(sorted(ids))}
    return {
        "tool": {"driver": _driver(results, [_rule(rule, ids[rule]) for rule in sorted(ids)])},
        "automationDetails": {"id": f"gate/{results.command}/"},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {_ROOT: {"description": {"text": "The root of the repository."}}},
        "invocations": [_invocation(results, len(found) - len(shown))],
        "results": list(_results(results, shown, number)),
        "properties": _properties(results),
    }


def _driver(results: Results, rules: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "name": "gate",
        "fullName": f"gate ({one_line(results.tool.name)})",
        "version": one_line(results.tool.version),
        "rules": rules,
    }


def _rule_id(entry: Finding | MutantResult) -> str:
    return SURVIVED if isinstance(entry, MutantResult) else one_line(entry.rule)


def _rule(rule: str, entry: Finding | MutantResult) -> dict[str, Any]:
    """Describe a rule; one that this version does not know is told by a finding of its own."""
    try:
        told = _SURVIVED_TEXT if rule == SURVIVED else find_rule(rule)
    except UsageError:
        fix = getattr(entry, "help", "") or "See the finding."
        told = RuleText(rule, rule, "see the finding.", "see the finding.", fix, "see the finding.")
    parts = {"Checks": told.checks, "Why": told.why, "How to fix": told.fix, "Forces": told.forces}
    return {
        "id": rule,
        "shortDescription": {"text": _text(told.title)},
        "fullDescription": {"text": _text(told.checks)},
        "help": {
            "text": "\n\n".join(f"{name}: {_text(text)}" for name, text in parts.items()),
            "markdown": "\n\n".join(f"**{name}:** {prose(text)}" for name, text in parts.items()),
        },
    }


def _invocation(results: Results, left_out: int) -> dict[str, Any]:
    problems = [
        *results.suite.problems,
        *results.coverage.problems,
        *results.coverage_of_change.problems,
        *results.mutant_run.problems,
    ]
    told = [f"{problem.subject}: {problem.message}" for problem in problems[:_MOST_PROBLEMS]]
    if len(problems) > _MOST_PROBLEMS:
        told.append(f"{counted(len(problems) - _MOST_PROBLEMS, 'more problem')} in the report")
    if left_out:
        told.append(f"{counted(left_out, 'result')} left out here: {left_out:,} more in the report")
    return {
        "executionSuccessful": results.verdict != "inconclusive",
        "exitCode": results.exit_code,
        "exitCodeDescription": _text(verdict_line(results)),
        "endTimeUtc": results.created,
        "toolExecutionNotifications": [
            {"level": "warning", "message": {"text": _text(text)}} for text in told
        ],
    }


def _properties(results: Results) -> dict[str, Any]:
    score = results.mutant_run.score
    return {
        "verdict": results.verdict,
        "exitCode": results.exit_code,
        "notJudged": [
            {"what": one_line(part.what), "why": one_line(part.why)} for part in results.not_judged
        ],
        "mutationScore": {"low": score.low, "high": score.high} if score.valid else None,
        "policy": one_line(results.policy.digest),
    }


def _results(
    results: Results, shown: list[Finding | MutantResult], number: dict[str, int]
) -> Iterator[dict[str, Any]]:
    touched = on_changed_lines(results) | {result.mutant.id for result in gated(results.mutant_run)}
    origin = _uri(results.policy.origin) or _NOWHERE
    again: Counter[str] = Counter()
    for entry in shown:
        made = (
            _of_survivor(results, entry, entry.mutant.id in touched)
            if isinstance(entry, MutantResult)
            else _of_finding(entry, origin, again)
        )
        yield {"ruleIndex": number[made["ruleId"]], **made}


def _of_finding(finding: Finding, origin: str, again: Counter[str]) -> dict[str, Any]:
    uri = _uri(finding.path)
    what = f"{finding.rule}\n{finding.path or ''}"
    again[what] += 1
    help_text = f" Next: {finding.help}" if finding.help else ""
    made: dict[str, Any] = {
        "ruleId": one_line(finding.rule),
        "level": finding.level,
        "message": {"text": _text(finding.message) + _text(help_text)},
        "locations": [_location(uri or origin, finding.line if uri else None)],
        "partialFingerprints": {"gateFinding/v1": _hash(f"{what}\n{again[what]}")},
    }
    properties = {
        "forces": finding.forces,
        "measured": finding.measured,
        "required": finding.required,
    }
    told = {name: value for name, value in properties.items() if value is not None}
    return {**made, **({"properties": told} if told else {})}


def _of_survivor(results: Results, result: MutantResult, gates: bool) -> dict[str, Any]:
    old, new = old_and_new(result.mutant.original, result.mutant.replacement, _WIDTH)
    tests = result.covered_by
    ran = f"{counted(len(tests), 'test')} ran it and passed"
    uri = _uri(result.mutant.path)
    region = {
        "startLine": result.mutant.line,
        "startColumn": result.mutant.column,
        "endLine": max(result.mutant.line, result.mutant.end_line),
        "endColumn": result.mutant.end_column,
    }
    return {
        "ruleId": SURVIVED,
        "level": "warning" if gates else "note",
        "message": {
            "text": _text(
                f"No test notices when {old} becomes {new}; {ran}. {how_to_kill(result)} "
                f"See it with {show_command(result, python_option(results.suite.environment))}"
            )
        },
        "locations": [_location(uri or _NOWHERE, region if uri else None)],
        "partialFingerprints": {"gateMutant/v1": one_line(result.mutant.id)},
        "properties": {
            "mutant": one_line(result.mutant.id),
            "operator": one_line(result.mutant.operator),
            "function": one_line(result.mutant.function),
            "coveringTests": [one_line(test) for test in tests[:_MOST_TESTS]],
        },
    }


def _location(uri: str, region: dict[str, int] | int | None) -> dict[str, Any]:
    place: dict[str, Any] = {"artifactLocation": {"uri": uri, "uriBaseId": _ROOT}}
    if region is not None:
        place["region"] = {"startLine": region} if isinstance(region, int) else region
    return {"physicalLocation": place}


def _uri(path: str | None) -> str | None:
    """Write a path as a reference relative to the repository; None for one that is not in it."""
    parts = path.split("/") if path else [""]
    if parts[0] == "" or ".." in parts:
        return None
    return quote(path or "", safe="/")


def _text(text: str) -> str:
    """Make text harmless and keep it from being read as a link or an argument."""
    return _ARGUMENT.sub("{ ", one_line(text).replace("](", "] ("))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:32]
