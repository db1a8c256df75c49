"""The first line of every report: the verdict, what it says nothing of, and the figure or cause behind it."""

from __future__ import annotations

from gate.model import Finding
from gate.report import mutants, words
from gate.report.causes import reasons
from gate.report.words import counted, number, one_line
from gate.results.document import Results
from gate.results.groups import words_for

_MOST = 160
_KINDS = {"changed.line": "changed lines", "changed.branch": "changed branches"}


def verdict_line(results: Results) -> str:
    """Write the verdict with its headline, such as `PASS: 277 tests, 99.4 % lines`."""
    return f"{verdict(results)}: {headline(results)}"


def verdict(results: Results) -> str:
    """Write the verdict, and in brackets what the command line kept from being judged."""
    left_out = words.left_out(results)
    return f"{results.verdict.upper()}{f' ({left_out})' if left_out else ''}"


def headline(results: Results) -> str:
    """Write the figures of a pass, or the cause of another verdict and how many more reasons there are."""
    deciding = [each for each in reasons(results) if each.forces == results.verdict]
    if not deciding:
        return ", ".join(_figures(results))
    first = _reason(results, deciding[0])
    # Of red tests the rest may well be a consequence.
    more = len({each.rule for each in deciding}) - 1 if deciding[0].rule != "suite.passed" else 0
    return first + (f"; {counted(more, 'more reason')}" if more else "")


def _figures(results: Results) -> list[str]:
    told = [counted(len(results.suite.passing()), "test")]
    if results.command == "check":
        if results.coverage.line.percent is not None:
            told.append(f"{number(results.coverage.line.percent)} % lines")
        if results.changed is not None:
            line = results.coverage_of_change.line
            changed = f"{number(line.percent or 0)} % of {counted(line.total, 'changed line')}"
            told.append(changed if line.total else "no changed line to measure")
    if results.mutation is not None:
        told.append(_mutants(results))
    return told


def _mutants(results: Results) -> str:
    score, where = results.mutant_run.score, " in the change" if results.mutant_run.changed else ""
    if not score.valid:
        return f"no mutants{where}"
    return f"{mutants.score_text(score)} % of {counted(score.valid, 'mutant')}{where} detected"


def _reason(results: Results, finding: Finding) -> str:
    match finding.rule:
        case "suite.passed":
            return _red(results)
        case "mutation.score" | "mutation.changed" if results.mutant_run.score.valid:
            return _survivors(results, finding)
        case "coverage.line" | "coverage.branch" | "coverage.function":
            return _shortfall(f"{finding.rule.partition('.')[2]} coverage", finding)
        case "changed.line" | "changed.branch":
            return _shortfall(f"coverage of {_KINDS[finding.rule]}", finding)
    return one_line(finding.message, _MOST)


def _red(results: Results) -> str:
    if not results.suite.groups:
        return "tests are red"
    first, *others = results.suite.groups
    more = sum(len(group.tests) for group in others)
    told = words_for(first.cause, len(first.tests))
    return one_line(told, _MOST) + (f" ({more:,} more for other reasons)" if more else "")


def _survivors(results: Results, finding: Finding) -> str:
    file = results.mutant_run.files.get(finding.path or "")
    counts, where = results.mutant_run.counts, " in the change"
    if finding.rule == "mutation.score" and file is not None:
        counts, where = file.counts, f" in {one_line(finding.path or '')}"
    survived, missed, pending = counts["Survived"], counts["NoCoverage"], counts["Pending"]
    told = [counted(survived, "survivor")] if survived else []
    told += [f"{counted(missed, 'mutant')} not covered"] if missed else []
    told += [f"{counted(pending, 'mutant')} unresolved"] if pending else []
    return f"{', '.join(told) or 'mutants'}{where} ({_figure(finding)})"


def _shortfall(what: str, finding: Finding) -> str:
    return f"{what} is {_figure(finding)}" if finding.measured is not None else one_line(what)


def _figure(finding: Finding) -> str:
    asked = f"{number(finding.required or 0)} % required"
    return asked if finding.measured is None else f"{number(finding.measured)} %, {asked}"
