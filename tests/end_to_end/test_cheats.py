"""Cheats, each a pull request on a small torch project: none gets a PASS that it has not earned.

The laboratory checks after each run that it left nothing behind and that exit code, document and report
agree. `cheats.py` holds the pull requests.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cheats import BASE, CHEATS, HONEST, MARKUP, PullRequest, Repository, unnoticed
from laboratory import Laboratory, Run

from gate.errors import ExitCode

BOUND = 90.0
# The project needs no plugin, and importing those that happen to be installed takes as long as torch.
LEAN = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
BY_NAME = {each.name: each for each in (*CHEATS, *HONEST)}


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
    return bench.command("check", *options, **LEAN, **request.environment).finish(BOUND)


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
