from __future__ import annotations

import re
from dataclasses import replace

import pytest
from builders import (
    make_cause,
    make_change,
    make_evidence,
    make_file_coverage,
    make_mutation,
    make_outcome,
    make_suite,
)
from rich.cells import cell_len
from samples import RENDERERS, SAMPLES, SNAPSHOTS, failing_run, hostile_run, make_results

from gate.report.terminal import render_terminal

ANSI = re.compile(r"\x1b\[[0-9;]*m")
# Command names of CI runners, which must never stand first on a line behind `::`.
COMMANDS = re.compile(r"^\s*::|##\[", re.MULTILINE)


@pytest.mark.parametrize("suffix", ["80.txt", "120.txt", "color.txt"])
@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_the_report_is_the_committed_one(name: str, suffix: str) -> None:
    committed = (SNAPSHOTS / f"{name}.{suffix}").read_text(encoding="utf-8")
    assert RENDERERS[suffix](SAMPLES[name]()) == committed


@pytest.mark.parametrize("width", [80, 100, 120])
@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_no_line_is_wider_than_the_terminal(name: str, width: int) -> None:
    lines = render_terminal(SAMPLES[name](), width, color=False).splitlines()
    assert max(map(cell_len, lines)) <= width


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_colour_adds_nothing_but_colour(name: str) -> None:
    plain = render_terminal(SAMPLES[name](), 100, color=False)
    colored = render_terminal(SAMPLES[name](), 100, color=True)
    bare = "\n".join(line.rstrip() for line in ANSI.sub("", colored).splitlines()) + "\n"
    assert bare == plain
    assert colored != plain


@pytest.mark.parametrize("variable", ["NO_COLOR", "FORCE_COLOR", "COLUMNS", "TERM"])
def test_the_environment_changes_nothing(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = [render_terminal(failing_run(), 100, color=color) for color in (False, True)]
    monkeypatch.setenv(variable, "33")
    assert [render_terminal(failing_run(), 100, color=color) for color in (False, True)] == before


@pytest.mark.parametrize("width", range(60, 121, 3))
def test_text_from_the_code_is_never_a_command_or_a_control_sequence(width: int) -> None:
    report = render_terminal(hostile_run(), width, color=False)
    assert COMMANDS.search(report) is None
    assert all(char.isprintable() or char == "\n" for char in report)


def test_a_name_that_wraps_before_its_colons_starts_no_command() -> None:
    for length in range(30, 60):
        test = "t" * length + "::error::x"
        suite = make_suite(make_outcome(test, "failed", cause=make_cause("g")))
        report = render_terminal(make_results(evidence=make_evidence(suite)), 60, color=False)
        assert COMMANDS.search(report) is None


def test_markup_of_the_code_is_shown_as_written() -> None:
    suite = make_suite(make_outcome("t::[bold]a[/bold]:smile:", "failed"))
    report = render_terminal(make_results(evidence=make_evidence(suite)), 100, color=False)
    assert "t::[bold]a[/bold]:smile:" in report


def test_the_verdict_and_its_reasons_come_first() -> None:
    report = render_terminal(failing_run(), 100, color=False)
    assert report.startswith("FAIL: 12 tests failed: ModuleNotFoundError: ")
    assert "\n\nWhy\n" in report
    headings = ("Why", "\nTests", "\nFailures", "\nCoverage", "\nMutation", "\nSurviving")
    places = [report.index(heading) for heading in headings]
    assert places == sorted(places)


def test_a_hundred_files_show_the_worst_twenty_and_count_the_rest() -> None:
    files = [make_file_coverage(f"pkg/m{n:03}.py", 200, range(1, n)) for n in range(100)]
    report = render_terminal(
        make_results(evidence=make_evidence(files=files)), 100, color=False
    ).partition("\nCoverage\n")[2]
    assert re.findall(r"pkg/m(\d+)\.py", report) == [f"{n:03}" for n in range(99, 79, -1)]
    assert "78 more files with gaps, 2 more files fully covered" in report


def test_more_causes_and_findings_than_a_screen_holds_are_counted() -> None:
    red = [make_outcome(f"t::{n:02}", "failed", cause=make_cause(f"cause {n}")) for n in range(14)]
    report = render_terminal(
        make_results(evidence=make_evidence(make_suite(*red))), 100, color=False
    )
    assert "and 6 more findings of this rule" in report
    assert "and 4 more tests with 4 other causes" in report


def test_skips_beyond_five_reasons_are_counted() -> None:
    skipped = [make_outcome(f"t::{n}", "skipped", message=f"reason {n}") for n in range(7)]
    suite = make_suite(make_outcome(), *skipped)
    report = render_terminal(make_results(evidence=make_evidence(suite)), 100, color=False)
    assert "1 skipped: reason 4\n  2 skipped for other reasons" in report


def test_uncommitted_changes_are_told() -> None:
    evidence = make_evidence(changed_files=[make_file_coverage(lines=4)])
    results = SAMPLES["pass"]()
    assert results.changed is not None
    dirty = replace(results, changed=replace(results.changed, dirty=True))
    assert "with uncommitted changes" in render_terminal(dirty, 100, color=False)
    assert "Changed lines" not in render_terminal(make_results(evidence=evidence), 100, color=False)


def test_the_last_line_says_where_the_document_is() -> None:
    results = make_results()
    located = render_terminal(results, 100, color=False, location="out/results.json")
    assert located.endswith("\nResults: out/results.json\n")
    assert "Results:" not in render_terminal(results, 100, color=False)


def test_results_of_mutate_show_mutants_and_no_coverage() -> None:
    evidence = make_evidence(
        changed=make_change(), changed_files=[], mutation=make_mutation("Killed")
    )
    results = make_results(evidence=replace(evidence, command="mutate"))
    report = render_terminal(results, 100, color=False)
    assert "\nMutation\n  1 mutant: 1 killed in 2.5 s\n" in report
    assert "\nCoverage\n" not in report
    assert "\nChanged lines\n" not in report
    assert "Not judged: coverage (gate mutate judges mutants alone)\n" in report


def test_a_run_without_mutants_has_no_section_of_them() -> None:
    report = render_terminal(make_results(), 100, color=False)
    assert "\nMutation\n" not in report
    assert "mutation (it did not run)" in report
