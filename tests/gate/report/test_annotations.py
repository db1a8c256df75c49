from __future__ import annotations

import re

import pytest
from builders import (
    make_cause,
    make_change,
    make_evidence,
    make_file_coverage,
    make_mutant,
    make_mutation,
    make_outcome,
    make_result,
    make_suite,
)
from samples import (
    RENDERERS,
    SAMPLES,
    SNAPSHOTS,
    TOKEN,
    hostile_run,
    make_finding_entry,
    make_results,
    make_results_with,
    passing_run,
)

from gate.model import ChangedFile
from gate.report.annotations import render_annotations

COMMAND = re.compile(r"::(error|warning|notice) ([^:]*)::(.*)")


def commands(report: str) -> list[tuple[str, str, str]]:
    """Read the commands as the runner does, which obeys none between stop and token."""
    found, stopped = [], False
    for line in report.splitlines():
        if line in (f"::stop-commands::{TOKEN}", f"::{TOKEN}::"):
            stopped = line.startswith("::stop")
        elif not stopped and line.lstrip().startswith("::"):
            match = COMMAND.fullmatch(line)
            assert match is not None, line
            found.append((match[1], match[2], match[3]))
    assert not stopped
    return found


def unescaped(text: str) -> str:
    for code, char in (("%0A", "\n"), ("%0D", "\r"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(code, char)
    return text


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_the_report_is_the_committed_one(name: str) -> None:
    committed = (SNAPSHOTS / f"{name}.github.txt").read_text(encoding="utf-8")
    assert RENDERERS["github.txt"](SAMPLES[name]()) == committed


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_the_runner_finds_our_commands_alone(name: str) -> None:
    report = render_annotations(SAMPLES[name](), TOKEN)
    assert "##[" not in report
    shown = commands(report)
    for kind in ("error", "warning", "notice"):
        assert sum(found == kind for found, _, _ in shown) <= 10


def test_a_finding_names_file_line_and_title() -> None:
    report = render_annotations(make_results_with(make_finding_entry(7, help="Write one.")), TOKEN)
    assert report.splitlines()[1] == (
        "::error file=pkg/a.py,line=7,endLine=7,title=gate%3A coverage.line"
        "::message 7%0ANext: Write one."
    )


def test_the_characters_that_end_a_property_or_a_line_are_escaped_and_read_back() -> None:
    path, message = "a,b:c%0A d=e.py", "100 % :: a,b %0A"
    report = render_annotations(
        make_results_with(make_finding_entry(1, path=path, message=message)), TOKEN
    )
    ((_, properties, data),) = commands(report)
    assert "file=a%2Cb%3Ac%250A d=e.py,line=1," in properties
    assert unescaped(properties.partition(",line")[0]) == f"file={path}"
    assert data == "100 %25 :: a,b %250A"


def test_a_place_without_a_file_has_no_line() -> None:
    report = render_annotations(make_results_with(make_finding_entry(3, path=None)), TOKEN)
    assert "\n::error title=gate%3A coverage.line::message 3\n" in report


def test_a_survivor_on_a_changed_line_is_a_warning_with_its_change() -> None:
    shown = commands(render_annotations(passing_run(), TOKEN))
    kind, properties, data = shown[0]
    assert kind == "warning"
    assert properties.startswith("file=training/export_student.py,line=44,endLine=44,")
    told = unescaped(data)
    assert "\n- opset: int = 17,\n+ opset: int = 18,\nRun by tests/test_export" in told
    assert told.endswith("See it with gate show 3188ebe1e0b8 --run")


def test_a_survivor_on_another_line_is_none() -> None:
    change = make_change(ChangedFile("pkg/a.py", frozenset({99})))
    evidence = make_evidence(
        mutation=make_mutation("Survived"), changed=change, changed_files=[make_file_coverage()]
    )
    assert "surviving mutant" not in render_annotations(make_results(evidence=evidence), TOKEN)


def test_ten_of_a_kind_are_shown_by_rank_and_the_rest_is_text_that_commands_nothing() -> None:
    errors = [make_finding_entry(n, message=f"::error::{n}") for n in range(1, 13)]
    notes = [make_finding_entry(n, level="note", forces=None) for n in range(20, 33)]
    report = render_annotations(make_results_with(*errors, *notes), TOKEN)
    kinds = [kind for kind, _, _ in commands(report)]
    assert (kinds.count("error"), kinds.count("notice")) == (10, 10)
    assert "::notice title=gate::6 more in the report\n" in report
    text = report.partition(f"::stop-commands::{TOKEN}\n")[2]
    assert text.startswith("6 more in the report:\n- error: gate: coverage.line at pkg/a.py:11: ")
    assert text.endswith(f"\n::{TOKEN}::\n")


def test_text_that_knows_the_token_cannot_end_the_silence() -> None:
    errors = [
        make_finding_entry(n, message=f"{TOKEN} {n}", path=f"::{TOKEN}::") for n in range(1, 14)
    ]
    report = render_annotations(make_results_with(*errors), TOKEN)
    listed = report.partition(f"::stop-commands::{TOKEN}\n")[2]
    assert listed.count(TOKEN) == 1


def test_ten_thousand_findings_are_capped_and_counted() -> None:
    report = render_annotations(
        make_results_with(*map(make_finding_entry, range(1, 10_001))), TOKEN
    )
    assert len(commands(report)) == 11
    assert "::9,990 more in the report\n" in report
    assert "\n- and 9,790 more\n" in report


def test_a_huge_message_is_cut() -> None:
    long = "\u202e" * 200_000
    red = make_outcome(long, "failed", path=long, message=long, cause=make_cause(long))
    mutant = make_mutant(3, path=long, source=long, replacement=long, original=long, function=long)
    evidence = make_evidence(
        make_suite(red, make_outcome()),
        mutation=make_mutation(results=(make_result(3, "Survived", mutant=mutant),)),
        changed=make_change(ChangedFile(long, frozenset({3}))),
        changed_files=[make_file_coverage(long, 10, [3])],
    )
    report = render_annotations(make_results(evidence=evidence), TOKEN)
    assert "surviving mutant" in report
    assert len(report) < 100_000


@pytest.mark.parametrize("token", ["", "short", "x" * 15, "a b" * 8, "x" * 16 + "\n"])
def test_a_token_that_can_be_guessed_or_broken_is_refused(token: str) -> None:
    with pytest.raises(ValueError, match="16 or more letters and digits"):
        render_annotations(hostile_run(), token)
