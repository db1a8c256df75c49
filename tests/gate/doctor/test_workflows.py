from __future__ import annotations

from pathlib import Path

import pytest
from repositories import write_files

from gate.doctor.checks import Check
from gate.doctor.workflows import check_workflows
from gate.init.install import install_of
from gate.init.package import PLACEHOLDER
from gate.init.workflow_files import workflow_texts
from gate.source.branches import DefaultBranch

BRANCH = DefaultBranch("main", "")
PACKAGE = "testproof==1"
TEXT = workflow_texts(BRANCH, install_of(["setup.py"], {}), ("3.12", ""), PACKAGE)["gate.yml"]
PIN = "08c6903cd8c0fde910a37f88322edcfb5dd907a8"


def checks(root: Path, text: str, name: str = "gate.yml") -> list[Check]:
    write_files(root, {f".github/workflows/{name}": text})
    return check_workflows(root)[0]


def wrong(root: Path, text: str) -> list[str]:
    return [check.message for check in checks(root, text) if check.status != "ok"]


def test_what_gate_init_writes_is_as_it_should_be(tmp_path: Path) -> None:
    assert wrong(tmp_path, TEXT) == []
    (job,) = check_workflows(tmp_path)[1]
    assert (job.path, job.check) == (".github/workflows/gate.yml", "gate")


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("  pull_request:\n", "  pull_request:\n    paths: ['**.py']\n", "`paths:`"),
        ("  pull_request:\n", "  pull_request:\n    paths-ignore: [docs]\n", "`paths-ignore:`"),
        ("  pull_request:\n", "", "pull requests do not start it"),
        ("  pull_request:\n", "  pull_request:\n  pull_request_target:\n", "pull_request_target"),
        ("    name: gate\n", "    name: gate\n    if: github.actor != 'bot'\n", "`if:`"),
        ("    name: gate\n", "    name: gate\n    continue-on-error: true\n", "continue-on-error"),
        (
            "      - name: Gate\n",
            "      - name: Gate\n        continue-on-error: true\n",
            "continue-on-error",
        ),
        ("fetch-depth: 0", "fetch-depth: 2", "merge base"),
        ("          fetch-depth: 0\n", "", "merge base"),
        ("persist-credentials: false", "persist-credentials: true", "leaves the token"),
        ("  contents: read\n", "  contents: write\n", "token that may write"),
        ("permissions:\n  contents: read\n", "", "repository's default"),
        ("permissions:\n  contents: read\n", "permissions: write-all\n", "token that may write"),
        (f"checkout@{PIN}", "checkout@v5", "actions/checkout@v5"),
        (PACKAGE, PLACEHOLDER, "HOST/OWNER/REPO, which is nowhere"),
    ],
)
def test_what_makes_the_check_less_than_binding_is_named(
    tmp_path: Path, before: str, after: str, words: str
) -> None:
    assert before in TEXT
    found = wrong(tmp_path, TEXT.replace(before, after))
    assert len(found) == 1
    assert words in found[0]


@pytest.mark.parametrize(
    "step",
    [
        "run: gate check --base origin/main",
        "run: |\n          cd src\n          .venv/bin/gate check",
        "run: python -I -m gate.github check",
        "run: make gate",
        f"uses: owner/repository/.github/actions/gate@{PIN}",
        "uses: ./.github/actions/gate",
    ],
)
def test_each_way_to_run_the_gate_is_seen(tmp_path: Path, step: str) -> None:
    text = f"on: [pull_request]\npermissions: {{}}\njobs:\n  a b:\n    steps:\n      - {step}\n"
    assert wrong(tmp_path, text) == []


@pytest.mark.parametrize(
    "step", ["run: navigate check", "run: make gates", "uses: x/actions/gateway@v1"]
)
def test_what_only_sounds_like_the_gate_is_not(tmp_path: Path, step: str) -> None:
    text = f"on: pull_request\njobs:\n  a:\n    steps:\n      - {step}\n"
    (message,) = wrong(tmp_path, text)
    assert "no workflow" in message


def test_without_workflows_gate_init_is_the_remedy(tmp_path: Path) -> None:
    (check,) = check_workflows(tmp_path)[0]
    assert check.remedy.startswith("gate init")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a: [",
        "- a\n- b\n",
        "jobs: 3\n",
        "jobs: {a: 1, b: {steps: {c: d}}}\n",
        "\x00",
        "&a [*a]",
        "on: 1\n",
    ],
)
def test_a_file_that_is_no_workflow_is_no_error(tmp_path: Path, text: str) -> None:
    assert any("no workflow" in check.message for check in checks(tmp_path, text))


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    found = [
        check for check in checks(tmp_path, "a: [", "broken.yaml") if check.status == "unknown"
    ]
    assert "broken.yaml" in found[0].message


@pytest.mark.parametrize(
    "step",
    [
        "run: gate check --no-mutation",
        "uses: ./.github/actions/gate\n        with: {arguments: --jobs 2 --no-mutation}",
    ],
)
def test_a_check_that_leaves_mutants_out_is_named(tmp_path: Path, step: str) -> None:
    text = f"on: [pull_request]\npermissions: {{}}\njobs:\n  a b:\n    steps:\n      - {step}\n"
    (message,) = wrong(tmp_path, text)
    assert "mutants are not judged" in message
    assert wrong(tmp_path, f"{text}      - run: gate check\n") == []
