from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from gate.init.install import Install, install_of
from gate.init.workflow_files import workflow_texts
from gate.source.branches import DefaultBranch

PACKAGE = "testproof @ git+https://example.org/a/gate@" + "0" * 40
BRANCH = DefaultBranch("main", "origin's default branch")
PIP = install_of(["setup.py"], {})


def workflow(name: str = "gate.yml", branch: DefaultBranch = BRANCH, install: Install = PIP) -> Any:
    version = "3.12", "as the project says"
    text = workflow_texts(branch, install, version, PACKAGE)[name]
    assert "<<" not in text
    return yaml.safe_load(text)


def steps(document: Any) -> list[dict[str, Any]]:
    (job,) = document["jobs"].values()
    return list(job["steps"])


def runs(document: Any) -> Iterator[str]:
    return (step["run"] for step in steps(document) if "run" in step)


def test_pull_requests_merge_groups_and_the_default_branch_start_it_without_a_filter() -> None:
    triggers = workflow()[True]
    assert triggers == {"pull_request": None, "merge_group": None, "push": {"branches": ["main"]}}


@pytest.mark.parametrize("name", ["gate.yml", "gate-comment.yml"])
def test_actions_are_named_by_commit_and_jobs_end(name: str) -> None:
    document = workflow(name)
    for step in steps(document):
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", step.get("uses", f"a/b@{'0' * 40}"))
    (job,) = document["jobs"].values()
    assert 0 < job["timeout-minutes"] <= 60


@pytest.mark.parametrize("name", ["gate.yml", "gate-comment.yml"])
def test_no_expression_stands_in_a_shell(name: str) -> None:
    assert not [run for run in runs(workflow(name)) if "${{" in run]


def test_the_job_that_runs_the_code_may_read_and_has_no_condition() -> None:
    document = workflow()
    assert document["permissions"] == {"contents": "read"}
    assert not {"if", "permissions", "continue-on-error"} & set(document["jobs"]["gate"])
    (checkout,) = [step for step in steps(document) if "checkout" in step.get("uses", "")]
    assert checkout["with"] == {"fetch-depth": 0, "persist-credentials": False}


def test_the_job_that_may_write_runs_no_code_of_the_pull_request() -> None:
    document = workflow("gate-comment.yml")
    assert document[True]["workflow_run"]["workflows"] == [workflow()["name"]]
    assert document["permissions"] == {}
    assert document["jobs"]["comment"]["permissions"] == {
        "actions": "read",
        "pull-requests": "write",
    }
    assert not [
        step for step in steps(document) if re.search("checkout|cache", step.get("uses", ""))
    ]


def test_the_report_goes_from_one_workflow_to_the_other_by_one_name() -> None:
    (keep,) = [step for step in steps(workflow()) if "upload" in step.get("uses", "")]
    (fetch,) = [
        step for step in steps(workflow("gate-comment.yml")) if "download" in step.get("uses", "")
    ]
    assert keep["with"]["name"] == fetch["with"]["name"]
    assert keep["if"] == "${{ always() }}"
    assert fetch["with"]["run-id"] == "${{ github.event.workflow_run.id }}"


def test_the_gate_is_installed_as_this_version_apart_from_the_project() -> None:
    for name in ("gate.yml", "gate-comment.yml"):
        document = workflow(name)
        assert document["env"] == {"GATE_PACKAGE": PACKAGE}
        assert any(
            'gate/bin/python" -m pip install "$GATE_PACKAGE"' in run for run in runs(document)
        )
    (step,) = [step for step in steps(workflow()) if "gate.github check" in step.get("run", "")]
    assert step["env"]["GATE_PYTHON"] == "${{ runner.temp }}/project/bin/python"


def test_the_project_is_installed_by_the_lines_that_were_chosen() -> None:
    lines = ("first \"$x\" 'y'", "# a comment", "  deeper: [1, 2]", "last \\")
    found = workflow(install=Install(lines, "by hand"))
    assert "\n".join(lines) in next(runs(found))


@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        ("main", "main"),
        ("feat+1", r"feat\+1"),
        ('quo"te', 'quo"te'),
        ("ünï", "ünï"),
        ("!not", r"\!not"),
    ],
)
def test_a_branch_is_matched_as_it_is_named(name: str, pattern: str) -> None:
    assert workflow(branch=DefaultBranch(name, "as it is"))[True]["push"]["branches"] == [pattern]


@pytest.mark.parametrize("why", ["two\nlines: [", "\x1b[0m", "x # y"])
def test_a_reason_stays_a_comment(why: str) -> None:
    found = workflow(branch=DefaultBranch("main", why), install=Install(PIP.lines, why))
    assert found == workflow()
