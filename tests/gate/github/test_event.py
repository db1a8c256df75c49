"""The base of each event, and payloads that do not say what they should."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gate.errors import UsageError
from gate.github.event import Base, Event, base_of, from_fork, read_event

BASE = "b" * 40
PULL = {
    "number": 7,
    "pull_request": {"base": {"sha": BASE, "repo": {"id": 1}}, "head": {"repo": {"id": 1}}},
}
PUSH = {"ref": "refs/heads/main", "before": BASE, "repository": {"default_branch": "main"}}


def written(folder: Path, content: bytes, name: str = "pull_request") -> Event:
    file = folder / "event.json"
    file.write_bytes(content)
    return read_event({"GITHUB_EVENT_NAME": name, "GITHUB_EVENT_PATH": str(file)})


def pull(head: Any) -> Event:
    base = {"repo": {"id": 1}}
    return Event("pull_request", {"pull_request": {"base": base, "head": head}})


@pytest.mark.parametrize(
    ("name", "payload", "commit", "why"),
    [
        ("pull_request", PULL, BASE, "the base of pull request 7"),
        ("merge_group", {"merge_group": {"base_sha": BASE}}, BASE, "the base of the merge group"),
        ("push", PUSH, BASE, "the commit before the push"),
        (
            "push",
            {**PUSH, "before": "0" * 40},
            None,
            "the branch is new, so there is no commit before",
        ),
        (
            "push",
            {**PUSH, "ref": "refs/heads/other"},
            None,
            "only a push to the default branch has a base",
        ),
        (
            "push",
            {**PUSH, "ref": "refs/tags/main"},
            None,
            "only a push to the default branch has a base",
        ),
        ("schedule", {}, None, "the event schedule has no base"),
        ("", {}, None, "the event without a name has no base"),
    ],
)
def test_each_event_has_its_base_or_says_why_not(
    name: str, payload: dict[str, Any], commit: str | None, why: str
) -> None:
    assert base_of(Event(name, payload)) == Base(commit, why)


def test_the_base_that_is_asked_for_outdoes_that_of_the_event() -> None:
    assert base_of(Event("pull_request", {}), "origin/main").commit == "origin/main"


@pytest.mark.parametrize("asked", ["", BASE])
def test_an_event_that_lends_its_rights_to_strangers_is_refused(asked: str) -> None:
    with pytest.raises(UsageError, match="pull_request_target gives the code"):
        base_of(Event("pull_request_target", PULL), asked)


@pytest.mark.parametrize("name", ["pull_request", "merge_group", "push"])
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[]",
        b"3",
        b"null",
        b"{}",
        b'{"pull_request": 3, "merge_group": [], "before": {}}',
        b'{"pull_request": {"base": {"sha": "main; rm -rf /"}}, "before": "--upload-pack=x"}',
        b"[" * 100_000,
    ],
)
def test_a_payload_that_names_no_base_is_an_error_and_not_a_run_without_one(
    name: str, content: bytes, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=f"the event {name} does not name its base") as caught:
        base_of(written(tmp_path, content, name))
    assert "the input `base`" in caught.value.hint


def test_a_payload_that_is_not_there_is_a_problem_of_the_event(tmp_path: Path) -> None:
    nowhere = {"GITHUB_EVENT_NAME": "push", "GITHUB_EVENT_PATH": str(tmp_path / "none")}
    assert "FileNotFoundError" in read_event(nowhere).problem
    assert read_event({"GITHUB_EVENT_NAME": "push"}).problem == "GITHUB_EVENT_PATH is not set"
    assert read_event({"GITHUB_EVENT_PATH": str(tmp_path)}).problem != ""


def test_a_push_without_the_name_of_the_default_branch_is_an_error() -> None:
    with pytest.raises(UsageError, match=r"repository\.default_branch is missing"):
        base_of(Event("push", {**PUSH, "repository": {}}))


def test_another_repository_is_a_fork_and_so_is_a_deleted_one(tmp_path: Path) -> None:
    assert not from_fork(pull({"repo": {"id": 1}}))
    assert from_fork(pull({"repo": {"id": 2}}))
    assert from_fork(pull({"repo": None}))
    assert from_fork(pull(None))
    assert from_fork(Event("pull_request", {}))
    assert not from_fork(Event("push", {}))
    assert not from_fork(written(tmp_path, json.dumps(PULL).encode()))
