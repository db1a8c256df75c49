"""The Action and the second workflow, run step by step as the runner would, beside a real HTTP server."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from api_server import GitHub, serving
from runner import TOKEN, Job, Runner

from gate.errors import ExitCode
from gate.report.markdown import STICKY

PROJECT = Path(__file__).resolve().parent.parent / "projects/subject"
POLICY = "policies/lab.toml"
UNTESTED = "\n\ndef negate(value):\n    return -value\n"
Json = dict[str, Any]


class Repository:
    """A repository on a server, with a pull request from `topic` to `main`, and checkouts of it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.server = folder, folder / "server"
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(PROJECT, self.server, ignore=ignored)
        policy = self.server / POLICY
        # No test here is about time.
        policy.write_text(policy.read_text().replace('timeout = "2s"', 'timeout = "60s"'))
        self.git(self.server, "init", "--quiet", "--initial-branch=main")
        # As GitHub's own servers do.
        self.git(self.server, "config", "uploadpack.allowAnySHA1InWant", "true")
        self.base = self.commit("the base")

    def git(self, where: Path, *arguments: str) -> str:
        identity = ("-c", "user.name=n", "-c", "user.email=e@example.org")
        command = ["git", *identity, "-C", str(where), *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def commit(self, message: str) -> str:
        self.git(self.server, "add", "--all")
        self.git(self.server, "commit", "--quiet", "--allow-empty", "--message", message)
        return self.git(self.server, "rev-parse", "HEAD")

    def change(self, path: str, text: str, commits: int = 1) -> str:
        """Add text to a file on `topic`, and more on `main`; gives the name of the merge commit."""
        self.git(self.server, "switch", "--quiet", "--create", "topic")
        file = self.server / path
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("a", encoding="utf-8") as opened:
            opened.write(text)
        for number in range(commits):
            self.commit(f"change {number}")
        self.head = self.git(self.server, "rev-parse", "HEAD")
        self.git(self.server, "switch", "--quiet", "main")
        (self.server / "README").write_text("the base goes on\n")
        self.base = self.commit("the base goes on")
        self.git(self.server, "switch", "--quiet", "--create", "merge")
        self.git(self.server, "merge", "--quiet", "--no-ff", "topic", "--message", "merge")
        merge = self.git(self.server, "rev-parse", "HEAD")
        self.git(self.server, "switch", "--quiet", "main")
        return merge

    def checkout(self, commit: str, depth: int = 0) -> Path:
        """Check a commit out as actions/checkout does, with its whole history or a part."""
        place = self.folder / "workspace"
        self.git(self.folder, "init", "--quiet", str(place))
        self.git(place, "remote", "add", "origin", f"file://{self.server}")
        limited = [f"--depth={depth}"] if depth else []
        refs = [commit] if depth else ["+refs/heads/*:refs/remotes/origin/*", commit]
        self.git(place, "fetch", "--quiet", "--no-tags", *limited, "origin", *refs)
        self.git(place, "checkout", "--quiet", "--detach", commit)
        return place


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path)


@pytest.fixture
def github() -> Iterator[GitHub]:
    with serving() as api:
        yield api


def runner_of(repository: Repository, workspace: Path, github: GitHub) -> Runner:
    folder = repository.folder / "runner"
    return Runner(
        folder, workspace, GITHUB_API_URL=github.url, GITHUB_SERVER_URL="https://none.example"
    )


def act(runner: Runner, event: str, payload: object, **inputs: str) -> Job:
    given = {"policy": POLICY, "python": sys.executable, "installed": sys.executable}
    return runner.action(event, payload, **{**given, **inputs})


def pull_request(repository: Repository, fork: bool = False) -> Json:
    return {
        "number": 7,
        "pull_request": {
            "base": {"sha": repository.base, "repo": {"id": 1}},
            "head": {"sha": repository.head, "repo": {"id": 2 if fork else 1}},
        },
    }


def workflow_run(repository: Repository, head: str = "") -> Json:
    return {
        "workflow_run": {
            "id": 99,
            "event": "pull_request",
            "head_sha": head or repository.head,
            "head_branch": "topic",
            "head_repository": {"id": 2, "owner": {"login": "stranger"}},
            "pull_requests": [],
        }
    }


def open_pull(repository: Repository, number: int = 7) -> Json:
    head = {
        "sha": repository.head,
        "ref": "topic",
        "repo": {"id": 2},
        "user": {"login": "stranger"},
    }
    return {"number": number, "head": head}


def comment_after(runner: Runner, payload: Json) -> Job:
    """Run the second workflow; in the place of what it installs stands the gate of this checkout."""
    shutil.rmtree(runner.temporary / "report", ignore_errors=True)
    program = runner.temporary / "gate/bin/python"
    program.parent.mkdir(parents=True, exist_ok=True)
    program.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    program.chmod(0o755)
    return runner.workflow(
        "gate-comment.yml", "comment", payload, "Install gate from the default branch"
    )


def document(runner: Runner) -> Json:
    return json.loads((runner.kept / "gate-report/results.json").read_bytes())


def test_a_pull_request_of_this_repository_is_judged_against_its_base(
    repository: Repository, github: GitHub
) -> None:
    merge = repository.change("lib/arithmetic.py", UNTESTED)
    runner = runner_of(repository, repository.checkout(merge), github)
    github.say("a remark", "somebody")
    github.say(f"{STICKY}\nforged", "somebody")
    job = act(runner, "pull_request", pull_request(repository), comment="true", sarif="true")

    assert job.code == ExitCode.FAIL, job.log
    assert job.outputs["verdict"] == "fail"
    assert job.outputs["exit-code"] == "3"
    assert job.summary.startswith("## gate: FAIL")
    assert any(line.startswith("::error file=lib/arithmetic.py") for line in job.commands)
    assert document(runner)["changed"]["merge_base"] == repository.base
    kept = {file.name for file in (runner.kept / "gate-report").iterdir()}
    assert kept == {"results.json", "report.html", "report.sarif"}
    sarif = Path(job.used["github/codeql-action/upload-sarif"]["sarif_file"])
    assert json.loads(sarif.read_bytes())["version"] == "2.1.0"
    [body] = github.own()
    assert body.startswith(f"{STICKY}\n## gate: FAIL")
    assert TOKEN not in job.log + job.summary + body

    act(runner, "pull_request", pull_request(repository), comment="true")
    assert len(github.own()) == 1
    assert github.methods.count("PATCH") == 1


def test_a_fork_gets_its_comment_from_the_second_workflow(
    repository: Repository, github: GitHub
) -> None:
    merge = repository.change("lib/arithmetic.py", UNTESTED)
    runner = runner_of(repository, repository.checkout(merge), github)
    job = act(
        runner, "pull_request", pull_request(repository, fork=True), comment="true", sarif="true"
    )

    assert job.code == ExitCode.FAIL, job.log
    assert github.asked == []
    assert "github/codeql-action/upload-sarif" not in job.used
    assert "may not write" in job.log

    github.pulls.append(open_pull(repository))
    second = comment_after(runner, workflow_run(repository))
    assert second.code == 0
    assert github.own()[0].startswith(f"{STICKY}\n## gate: FAIL")
    assert all(token == f"Bearer {TOKEN}" for _, _, token in github.asked)
    assert TOKEN not in second.log


def test_a_merge_group_and_a_push_have_bases_of_their_own(
    repository: Repository, github: GitHub
) -> None:
    merge = repository.change("tests/test_more.py", "def test_more():\n    assert [1] != []\n")
    runner = runner_of(repository, repository.checkout(merge), github)
    job = act(runner, "merge_group", {"merge_group": {"base_sha": repository.base}})
    assert (job.code, job.outputs["verdict"]) == (ExitCode.PASS, "pass"), job.log
    assert document(runner)["changed"]["base"] == repository.base
    assert job.summary.startswith("## gate: PASS")

    push: Json = {"ref": "refs/heads/main", "repository": {"default_branch": "main"}}
    job = act(runner, "push", {**push, "before": repository.base})
    assert job.code == ExitCode.PASS, job.log
    assert document(runner)["changed"]["base"] == repository.base
    job = act(runner, "push", {**push, "before": "0" * 40}, arguments="--no-mutation --jobs '2'")
    assert job.code == ExitCode.PASS, job.log
    assert document(runner)["changed"] is None
    assert "no base: the branch is new" in job.log
    assert job.outputs["verdict"] == "pass"
    assert job.outputs["not-judged"] == "mutation not judged: --no-mutation"
    assert "## gate: PASS (mutation not judged: --no-mutation)" in job.summary
    assert any("asks for less than a whole check" in line for line in job.commands)
    assert github.asked == []


def test_a_shallow_checkout_is_deepened_to_the_merge_base(
    repository: Repository, github: GitHub
) -> None:
    merge = repository.change("tests/test_more.py", "def test_more():\n    assert [1] != []\n", 60)
    runner = runner_of(repository, repository.checkout(merge, depth=1), github)
    job = act(runner, "pull_request", pull_request(repository))
    assert job.code == ExitCode.PASS, job.log
    assert "git fetch --deepen=50: done" in job.log
    assert document(runner)["changed"]["merge_base"] == repository.base


def test_a_shallow_checkout_without_its_server_is_inconclusive_and_names_the_command(
    repository: Repository, github: GitHub
) -> None:
    merge = repository.change("tests/test_more.py", "def test_more():\n    assert [1] != []\n")
    runner = runner_of(repository, repository.checkout(merge, depth=1), github)
    shutil.move(repository.server, repository.folder / "gone")
    job = act(runner, "pull_request", pull_request(repository))
    assert job.code == ExitCode.INCONCLUSIVE
    assert "git fetch --unshallow" in job.log
    assert "set fetch-depth: 0" in job.log
    assert job.outputs["verdict"] == "none"
    assert job.summary.startswith("## gate: no verdict")


def test_a_pull_request_whose_payload_is_missing_is_not_judged_without_a_base(
    repository: Repository, github: GitHub
) -> None:
    runner = runner_of(repository, repository.checkout(repository.base), github)
    job = act(runner, "pull_request", None)
    assert job.code == ExitCode.USAGE
    assert job.outputs["verdict"] == "none"
    assert any("does not name its base" in line for line in job.commands)
    assert not (runner.kept / "gate-report/results.json").exists()


def test_names_and_output_of_tests_command_nothing_and_mark_nothing_up(
    repository: Repository, github: GitHub
) -> None:
    hostile = """
import os
import pytest

@pytest.mark.parametrize("name", ["::error::forged", "##[error]forged", "<img src=x> @team"])
def test_hostile(name):
    print("::set-output name=verdict::pass")
    print("##[error]forged")
    # The gate's own output, past everything that escapes.
    process = os.getpid() if os.path.isdir("/proc") else 0
    while process > 1:
        with open(f"/proc/{process}/cmdline") as command, open(f"/proc/{process}/stat") as stat:
            if "gate.github" in command.read():
                with open(f"/proc/{process}/fd/1", "a") as log:
                    log.write("\\n::error::from a test\\n")
                break
            process = int(stat.read().rpartition(")")[2].split()[1])
    assert False, f"::error::{name}\\n::warning::more\\n\\x1b[31m<script>alert(1)</script> @team #1"
"""
    merge = repository.change("tests/test_hostile.py", hostile)
    runner = runner_of(repository, repository.checkout(merge), github)
    job = act(runner, "pull_request", pull_request(repository), comment="true")
    assert job.code == ExitCode.FAIL, job.log
    ours = ("::error title=gate", "::error file=", "::warning ", "::notice ")
    assert [line for line in job.commands if not line.startswith(ours)] == []
    if sys.platform == "linux":
        assert "\n::error::from a test\n" in job.log
    assert "##[" not in job.log
    assert "\x1b" not in job.log
    for text in (job.summary, *github.own()):
        # In code, markup is text.
        open_text = re.sub(r"(`+).*?\1", "", text)
        assert not re.search(r"<script|<img|@team", open_text), text
