from __future__ import annotations

import pytest
from builders import make_evidence, make_mutation
from pages import Page
from samples import (
    RENDERERS,
    SAMPLES,
    SNAPSHOTS,
    failing_run,
    hostile_run,
    make_results,
    passing_run,
)

from gate.report.agent import UNTRUSTED, render_agent


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_the_report_is_the_committed_one(name: str) -> None:
    committed = (SNAPSHOTS / f"{name}.agent.md").read_text(encoding="utf-8")
    assert RENDERERS["agent.md"](SAMPLES[name]()) == committed


def test_a_survivor_comes_with_place_change_tests_and_the_commands_that_prove_a_test() -> None:
    report = render_agent(passing_run())
    assert "### Survivor 1 (on a changed line)" in report
    for told in (
        "file: training/export_student.py\nline: 44\nfunction: StudentExporter.export\n",
        "-     opset: int = 17,\n+     opset: int = 18,\n",
        "tests/test_export_student.py::test_round_trip[11]\n",
        "gate show 3188ebe1e0b8 --run\ngate prove 3188ebe1e0b8\n",
        "training/export_student.py: lines 40-42; branches 39 to 40\n",
    ):
        assert told in report


def test_every_survivor_is_there() -> None:
    results = failing_run()
    report = render_agent(results)
    survivors = [m for m in results.mutant_run.results if m.status == "Survived"]
    assert len(survivors) == report.count("### Survivor ") == 24
    assert all(f"gate show {survivor.mutant.id} --run" in report for survivor in survivors)


def test_text_from_the_code_stands_in_blocks_alone_and_is_said_to_be_data() -> None:
    report = render_agent(hostile_run())
    page = Page(report)
    assert UNTRUSTED in report
    assert set(page.tags) <= {"h1", "h2", "h3", "p", "ol", "li", "pre", "code"}
    outside: list[str] = []
    fence = ""
    for line in report.splitlines():
        bare = line.strip()
        if fence:
            fence = "" if bare == fence else fence
        elif bare.startswith("```"):
            fence = "`" * (len(bare) - len(bare.lstrip("`")))
        else:
            outside.append(line)
    assert not fence
    assert not any(evil in "\n".join(outside) for evil in ("script", "error", "team", "tests/"))


def test_beyond_two_hundred_survivors_the_rest_is_counted() -> None:
    run = make_mutation(*["Survived"] * 205)
    report = render_agent(make_results(evidence=make_evidence(mutation=run)))
    assert report.count("### Survivor ") == 200
    assert "And 5 more survivors in `gate report --format json`." in report
