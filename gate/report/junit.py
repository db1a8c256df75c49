"""The results as JUnit XML: a test case for each rule that was judged, and for each gated mutant.

The shape is the one that Jenkins describes (junit-4.xsd), which other readers take too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal
from xml.etree import ElementTree

from gate.judge.rules import RULES
from gate.model import Finding, MutantResult, MutationRun, Ratio, Status
from gate.report import mutants, words
from gate.report.diffs import short_diff
from gate.report.headline import headline, verdict
from gate.report.hints import how_to_kill, show_command
from gate.report.survivors import gated
from gate.report.words import one_line
from gate.results.document import Results

Kind = Literal["passed", "failure", "error", "skipped"]
_KINDS: dict[Status, Kind] = {
    "Survived": "failure",
    "NoCoverage": "failure",
    "Pending": "error",
    "Ignored": "skipped",
    "CompileError": "skipped",
}
_DIFF_WIDTH = 100
_MOST_TESTS = 20
_MOST_FINDINGS = 200


@dataclass(frozen=True, slots=True)
class Case:
    """One test case; `lines` are harmless already, the first is its message."""

    classname: str
    name: str
    kind: Kind
    lines: tuple[str, ...] = ()
    type: str = ""
    seconds: float = 0.0


def render_junit(results: Results) -> str:
    """Render a suite of rules, and one of mutants where any is gated."""
    rules, gates = list(_rules(results)), list(_mutants(results.mutant_run))
    root = ElementTree.Element("testsuites", name=f"gate: {verdict(results)}")
    _count(root, [*rules, *gates])
    root.append(_suite("gate rules", results, rules))
    if gates:
        root.append(_suite("gate mutants", results, gates))
    ElementTree.indent(root, " ")
    text = ElementTree.tostring(root, "unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _rules(results: Results) -> Iterator[Case]:
    """Give a case for each known rule, then for rules that only the document knows."""
    found: dict[str, list[Finding]] = {rule.id: [] for rule in RULES}
    for finding in results.findings:
        found.setdefault(finding.rule, []).append(finding)
    for rule, findings in found.items():
        yield _rule(results, rule, findings)


def _rule(results: Results, rule: str, findings: list[Finding]) -> Case:
    forcing = [finding for finding in findings if finding.forces]
    fails = any(finding.forces == "fail" for finding in forcing)
    name = one_line(rule)
    if forcing:
        kind: Kind = "failure" if fails else "error"
        return Case("gate.rules", name, kind, tuple(_reasons(forcing)), name)
    if findings or _is_judged(results, rule):
        return Case("gate.rules", name, "passed")
    return Case("gate.rules", name, "skipped", ("not judged in this run",))


def _reasons(findings: list[Finding]) -> Iterator[str]:
    for finding in findings[:_MOST_FINDINGS]:
        place = words.place(finding.path, finding.line)
        yield f"{one_line(finding.message)}{f' ({place})' if place else ''}"
        if finding.help:
            yield f"  Next: {one_line(finding.help)}"
    if len(findings) > _MOST_FINDINGS:
        yield f"and {len(findings) - _MOST_FINDINGS:,} more in the report"


def _is_judged(results: Results, rule: str) -> bool:
    """Say whether there was something that a rule without findings could have found fault with."""
    room, _, kind = rule.partition(".")
    if room == "mutation":
        of_change = rule != "mutation.changed" or results.mutant_run.changed
        return results.mutation is not None and of_change
    if room not in ("coverage", "changed"):
        return True
    coverage = results.coverage if room == "coverage" else results.changed_coverage
    if coverage is None or results.command != "check":
        return False
    share: Ratio = getattr(coverage, kind if kind in ("branch", "function") else "line")
    return share.total > 0


def _mutants(mutation: MutationRun) -> Iterator[Case]:
    for result in gated(mutation):
        mutant = result.mutant
        function = one_line(mutant.function) or "module level"
        yield Case(
            one_line(mutant.path),
            f"{function}, line {mutant.line}: {one_line(mutant.operator)} {one_line(mutant.id)}",
            _KINDS.get(result.status, "passed"),
            tuple(_of_mutant(result)),
            result.status,
            result.seconds,
        )


def _of_mutant(result: MutantResult) -> Iterator[str]:
    reason = f": {one_line(result.reason)}" if result.reason else ""
    yield f"{mutants.word(result.status, 1)}{reason}"
    if _KINDS.get(result.status) not in ("failure", "error"):
        return
    yield f"{one_line(result.mutant.path)}:{result.mutant.line}"
    yield from map(str, short_diff(result, _DIFF_WIDTH))
    tests = result.covered_by
    yield from (f"run by {one_line(test)}" for test in tests[:_MOST_TESTS])
    if len(tests) > _MOST_TESTS:
        yield f"and by {len(tests) - _MOST_TESTS:,} more"
    if result.status == "Survived":
        yield f"{how_to_kill(result)} See it with {show_command(result)}"


def _suite(name: str, results: Results, cases: list[Case]) -> ElementTree.Element:
    suite = ElementTree.Element("testsuite", name=name)
    _count(suite, cases)
    suite.set("skipped", str(sum(case.kind == "skipped" for case in cases)))
    suite.set("timestamp", results.created.removesuffix("Z"))
    properties = ElementTree.SubElement(suite, "properties")
    told = {"verdict": results.verdict, "exit_code": str(results.exit_code)}
    told["headline"] = headline(results)
    for key, value in told.items():
        ElementTree.SubElement(properties, "property", name=key, value=value)
    suite.extend(map(_element, cases))
    return suite


def _count(element: ElementTree.Element, cases: Iterable[Case]) -> None:
    cases = list(cases)
    element.set("tests", str(len(cases)))
    element.set("failures", str(sum(case.kind == "failure" for case in cases)))
    element.set("errors", str(sum(case.kind == "error" for case in cases)))
    element.set("time", f"{sum(case.seconds for case in cases):.3f}")


def _element(case: Case) -> ElementTree.Element:
    element = ElementTree.Element(
        "testcase", classname=case.classname, name=case.name, time=f"{case.seconds:.3f}"
    )
    if case.kind == "passed":
        return element
    below = ElementTree.SubElement(element, case.kind)
    below.text = "\n".join(case.lines)
    if case.kind != "skipped":
        below.set("type", case.type)
        below.set("message", case.lines[0])
    return element
