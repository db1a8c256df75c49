"""The rules of the workflows and the Action, over every YAML file in .github: pins, rights, limits."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
FILES = sorted((ROOT / ".github").rglob("*.y*ml"))
WORKFLOWS = [file for file in FILES if file.parent.name == "workflows"]
# The only job that may write anything, and what; it runs no code of a pull request.
MAY_WRITE = {("gate-comment.yml", "comment"): {"actions": "read", "pull-requests": "write"}}
REQUIRED = {("gate.yml", "gate")}
# Rights under which a stranger's code would run.
RISKY = {"pull_request_target", "issue_comment"}


def load(file: Path) -> dict[str, Any]:
    loaded = yaml.safe_load(file.read_text(encoding="utf-8"))
    # YAML 1.1 reads the key `on` as true.
    return {("on" if key is True else key): value for key, value in loaded.items()}


def jobs() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for file in WORKFLOWS:
        for name, job in load(file)["jobs"].items():
            yield file.name, name, job


def steps() -> Iterator[tuple[str, dict[str, Any]]]:
    for file, name, job in jobs():
        yield from ((f"{file}: {name}", step) for step in job["steps"])
    for file in FILES:
        if file.name == "action.yml":
            yield from ((file.parent.name, step) for step in load(file)["runs"]["steps"])


def none(offences: list[str]) -> None:
    assert not offences, "\n".join(offences)


def test_there_are_workflows_and_an_action_to_look_at() -> None:
    names = {file.name for file in FILES}
    assert {"ci.yml", "gate.yml", "gate-comment.yml", "nightly.yml", "action.yml"} <= names
    assert len(list(steps())) > 15


def test_every_action_of_others_is_pinned_by_its_full_commit_and_says_its_version() -> None:
    pinned = re.compile(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$")
    none(
        [
            f"{file.name}: {line.strip()}"
            for file in FILES
            for line in file.read_text(encoding="utf-8").splitlines()
            if (used := re.match(r"\s*(?:- )?uses: (.*)", line))
            and not used[1].startswith("./")
            and not pinned.match(used[1])
        ]
    )


def test_one_action_has_one_pin() -> None:
    found: dict[str, set[str]] = {}
    for _, step in steps():
        name, _, pin = step.get("uses", "").partition("@")
        found.setdefault(name, set()).add(pin)
    none([name for name, pins in found.items() if len(pins) > 1])


def test_no_expression_stands_in_a_script() -> None:
    none([f"{place}: {step['run']}" for place, step in steps() if "${{" in step.get("run", "")])


def test_every_job_has_a_limit_of_time_and_of_rights() -> None:
    for file, name, job in jobs():
        assert 0 < job["timeout-minutes"] <= 60, f"{file}: {name}"
        rights = job.get("permissions", load(ROOT / ".github/workflows" / file)["permissions"])
        expected = MAY_WRITE.get((file, name), {"contents": "read"})
        assert rights == expected, f"{file}: {name}"
    for file in WORKFLOWS:
        assert load(file)["permissions"] in ({}, {"contents": "read"}), file.name
        assert "concurrency" in load(file), file.name


def test_no_checkout_leaves_its_token_behind() -> None:
    none(
        [
            place
            for place, step in steps()
            if step.get("uses", "").startswith("actions/checkout@")
            and step.get("with", {}).get("persist-credentials") is not False
        ]
    )


def test_no_workflow_lends_its_rights_to_strangers_and_no_secret_is_named() -> None:
    for file in FILES:
        text = file.read_text(encoding="utf-8")
        assert "secrets." not in text, file.name
        assert "id-token" not in text, file.name
        assert not RISKY & set(load(file).get("on", {})), file.name


def test_the_job_that_may_write_runs_nothing_of_the_pull_request() -> None:
    for file, name in MAY_WRITE:
        job = load(ROOT / ".github/workflows" / file)["jobs"][name]
        used = [step["uses"].partition("@")[0] for step in job["steps"] if "uses" in step]
        assert used == ["actions/download-artifact"]
        scripts = " ".join(step.get("run", "") for step in job["steps"])
        assert "$GITHUB_SHA" in scripts
        assert not re.search(r"git (clone|fetch|checkout)|head_sha|cache", scripts)


@pytest.mark.parametrize(("file", "name"), sorted(REQUIRED))
def test_the_required_job_always_runs(file: str, name: str) -> None:
    workflow = load(ROOT / ".github/workflows" / file)
    assert workflow["on"].keys() == {"pull_request", "merge_group", "push"}
    # Skipped by `paths` it would stay pending, skipped by `if` it would count as a success.
    assert not workflow["on"]["pull_request"]
    job = workflow["jobs"][name]
    assert not {"if", "needs", "continue-on-error"} & job.keys()
    assert not any("if" in step or "continue-on-error" in step for step in job["steps"])
    [checkout] = [step for step in job["steps"] if "actions/checkout@" in step.get("uses", "")]
    assert checkout["with"]["fetch-depth"] == 0


def test_the_artifact_that_one_workflow_keeps_is_the_one_that_the_other_downloads() -> None:
    kept = load(ROOT / ".github/actions/gate/action.yml")["inputs"]["artifact"]["default"]
    comment = load(ROOT / ".github/workflows/gate-comment.yml")
    [download] = [step for step in comment["jobs"]["comment"]["steps"] if "uses" in step]
    assert download["with"]["name"] == kept
    assert comment["on"]["workflow_run"]["workflows"] == [
        load(ROOT / ".github/workflows/gate.yml")["name"]
    ]


def test_the_token_is_in_no_step_that_runs_tests() -> None:
    given = [step["name"] for _, step in steps() if "GITHUB_TOKEN" in step.get("env", {})]
    assert given == ["Comment", "Restore history", "Comment"]


def script(file: str, job: str, step: str) -> str:
    """The script of one step of a workflow."""
    found = load(ROOT / ".github/workflows" / file)["jobs"][job]["steps"]
    [run] = [each["run"] for each in found if each.get("name") == step]
    return str(run)


def test_the_nightly_run_has_a_job_for_each_module_of_the_core(tmp_path: Path) -> None:
    output = tmp_path / "output"
    command = [
        "bash",
        "-eo",
        "pipefail",
        "-c",
        script("nightly.yml", "modules", "Read the core of the policy"),
    ]
    subprocess.run(command, cwd=ROOT, env={**os.environ, "GITHUB_OUTPUT": str(output)}, check=True)
    name, _, listed = output.read_text().partition("=")
    assert name == "core"
    policy = tomllib.loads((ROOT / "policies/training.toml").read_text(encoding="utf-8"))
    assert json.loads(listed) == policy["mutation"]["core"]


@pytest.mark.parametrize(
    ("modules", "mutate", "green"),
    [
        ("success", "success", True),
        ("success", "failure", False),
        ("success", "cancelled", False),
        ("failure", "skipped", False),
    ],
)
def test_the_nightly_run_is_red_if_any_module_is(modules: str, mutate: str, green: bool) -> None:
    command = ["bash", "-eo", "pipefail", "-c", script("nightly.yml", "nightly", "Red if any is")]
    environment = {**os.environ, "MODULES": modules, "MUTATE": mutate}
    finished = subprocess.run(command, env=environment, check=False)
    assert (finished.returncode == 0) == green


def documented() -> dict[str, dict[str, Any]]:
    """The workflows that docs/ci.md has for copying, by name."""
    page = (ROOT / "docs/ci.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```yaml\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    return {each["name"]: each for each in map(yaml.safe_load, blocks)}


@pytest.mark.parametrize(("file", "job"), [("gate.yml", "gate"), ("gate-comment.yml", "comment")])
def test_the_workflows_to_copy_have_the_rights_limits_and_pins_of_our_own(
    file: str, job: str
) -> None:
    own = yaml.safe_load((ROOT / ".github/workflows" / file).read_text(encoding="utf-8"))
    copy = documented()[own["name"]]
    assert copy[True] == own[True]
    assert copy["permissions"] == own["permissions"]
    ours, theirs = own["jobs"][job], copy["jobs"][job]
    for key in ("name", "if", "runs-on", "timeout-minutes", "permissions"):
        assert theirs.get(key) == ours.get(key), key
    used = {step["uses"]: step.get("with") for step in ours["steps"] if "uses" in step}
    for step in theirs["steps"]:
        if "uses" in step and "OWNER/REPO" not in step["uses"]:
            expected = dict(used[step["uses"]] or {})
            assert {**expected, "python-version": ""} == {**step["with"], "python-version": ""}
    assert all("${{" not in step.get("run", "") for step in theirs["steps"])


def test_every_input_and_output_is_documented() -> None:
    page = (ROOT / "docs/ci.md").read_text(encoding="utf-8")
    action = load(ROOT / ".github/actions/gate/action.yml")
    none([name for name in [*action["inputs"], *action["outputs"]] if f"| `{name}` |" not in page])
