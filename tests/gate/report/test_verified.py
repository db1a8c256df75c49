from __future__ import annotations

import pytest
from samples import SAMPLES, failing_run, hostile_run, passing_run

from gate.report.headline import verdict
from gate.report.verified import render_verified


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_the_verdict_comes_first_and_what_is_not_shown_last(name: str) -> None:
    results = SAMPLES[name]()
    lines = render_verified(results, ".gate/results.json").splitlines()
    assert lines[0] == f"{verdict(results)}: verified against the evidence in .gate/results.json"
    assert lines[-1] == "  Note: this detects edits, not a fully fabricated file."


def test_what_it_was_judged_by_is_named() -> None:
    text = render_verified(passing_run(), "r.json")
    assert "Policy: policies/default.toml (" in text
    assert "Made by: testproof 0.0.0, 2026-07-01T12:30:05Z" in text
    assert "Mutation: 89.47 %, 17 of 19 valid mutants" in text
    assert "1,421 passed, 15 failed" in render_verified(failing_run(), "r.json")


def test_text_of_a_document_stays_text() -> None:
    text = render_verified(hostile_run(), "x\x1b[31m::error::.json")
    assert "\x1b" not in text
    assert not any(line.lstrip().startswith("::") for line in text.splitlines())
