"""Cheats, each a pull request on a small torch project: none gets a PASS that it has not earned.

The laboratory checks after each run that it left nothing behind and that exit code, document and report
agree. `pull_requests.py` holds them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from laboratory import PATIENCE, Laboratory, Run
from pages import Page
from pull_requests import BASE, CHEATS, HONEST, MARKUP, PullRequest, Repository

from gate.errors import ExitCode

pytestmark = pytest.mark.cheats
# A net, not a measure: a run takes a few seconds.
RESULTS = ".gate/results.json"
BY_NAME = {each.name: each for each in (*CHEATS, *HONEST)}
COMMANDS = re.compile(r"^\s*(::[a-z]|##\[)", re.MULTILINE)


@pytest.fixture
def bench(tmp_path: Path) -> Laboratory:
    return Laboratory(tmp_path, project=None)


def gated(bench: Laboratory, request: PullRequest) -> Run:
    """Check a pull request as its own continuous integration would."""
    head = Repository(bench.root)
    head.begin()
    request.make(head)
    head.commit(request.tries)
    options = ("--base", BASE, "--jobs", "2", *request.options)
    running = bench.command("check", *options, **request.environment)
    return running.finish(request.leaves)


def said(run: Run) -> set[str]:
    """The rules that have something to say."""
    return {finding["rule"] for finding in run.document["findings"]}


@pytest.mark.parametrize("cheat", CHEATS, ids=lambda cheat: cheat.name)
def test_a_cheat_is_not_rewarded(bench: Laboratory, cheat: PullRequest) -> None:
    run = gated(bench, cheat)
    told = f"{cheat.tries}: {run.document['verdict']} by {sorted(run.forcing)}\n{run.output}"
    assert run.document["verdict"] in cheat.verdicts, told
    assert run.forcing >= cheat.forces, told
    assert said(run) >= cheat.says, told


@pytest.mark.parametrize("request_", HONEST, ids=lambda each: each.name)
def test_an_honest_pull_request_passes(bench: Laboratory, request_: PullRequest) -> None:
    run = gated(bench, request_)
    assert run.code == ExitCode.PASS, run.output
    assert run.forcing == set()
    assert said(run) >= request_.says


def test_names_and_output_that_are_markup_stay_text_in_every_report(bench: Laboratory) -> None:
    run = gated(bench, BY_NAME["markup_in_names_and_output"])
    page = ".gate/report.md"
    assert bench.tell("report", "--format", "markdown", "--output", page).code == ExitCode.PASS
    markdown = (bench.root / page).read_text(encoding="utf-8")
    for report in (run.output, run.errors, markdown):
        assert not COMMANDS.search(report), report
    # The names are there, and no browser takes them for anything else.
    shown = Page(markdown)
    assert "</details><script>alert(1)</script>" in shown.text
    assert not {"script", "img", "b", "a"} & set(shown.tags)
    assert shown.tags.count("details") == markdown.count("<details>")
    assert set(MARKUP) <= {test.partition("[")[2][:-1] for test in run.not_passed}


@pytest.mark.parametrize("section", ["verdict", "mutants", "findings"])
def test_a_results_document_that_was_edited_after_the_run_is_refused(
    bench: Laboratory, section: str
) -> None:
    run = gated(bench, BY_NAME["assert_free_tests"])
    assert verify(bench) == ExitCode.FAIL
    EDITS[section](run.document)
    (bench.root / RESULTS).write_text(json.dumps(run.document))
    assert verify(bench) == ExitCode.INCONCLUSIVE


def verify(bench: Laboratory) -> int:
    """Let the gate judge a document again: a verdict without a run, so there is nothing to inspect."""
    return bench.command("verify", RESULTS).process.wait(PATIENCE)


def _pass(document: dict[str, Any]) -> None:
    document.update(verdict="pass", exit_code=0)


def _kill(document: dict[str, Any]) -> None:
    """Turn each survivor into a kill, and drop what followed from it."""
    for mutant in document["mutation"]["results"]["mutants"]:
        if mutant["status"] == "Survived":
            mutant["status"] = "Killed"
    _drop(document)


def _drop(document: dict[str, Any]) -> None:
    document["findings"] = [each for each in document["findings"] if not each["forces"]]
    _pass(document)


EDITS: dict[str, Callable[[dict[str, Any]], None]] = {
    "verdict": _pass,
    "mutants": _kill,
    "findings": _drop,
}
