"""The event that started a workflow: the commit to compare with, and whether a fork asks.

https://docs.github.com/en/webhooks/webhook-events-and-payloads has the payloads. They are untrusted: a
branch may have any name, and what should be there may not be.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gate.errors import UsageError

# GitHub sends at most 25 MiB.
SIZE_CAP = 32 * 1024 * 1024
_SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_NAME_A_BASE = "name the commit to compare with by the input `base`"
_RISKY = "pull_request_target"


@dataclass(frozen=True, slots=True)
class Event:
    """The name of an event and what it says; `problem` is why nothing can be read of it."""

    name: str
    payload: Mapping[str, Any]
    problem: str = ""

    def at(self, *keys: str) -> Any:
        """Give what stands there, None where there is nothing."""
        return value_at(self.payload, *keys)

    def text(self, *keys: str) -> str:
        """Give the text that stands there, or an empty one."""
        found = self.at(*keys)
        return found if isinstance(found, str) else ""


@dataclass(frozen=True, slots=True)
class Base:
    """The commit that a change is compared with, if there is one, and why it is this one or none."""

    commit: str | None
    why: str


def read_event(environ: Mapping[str, str]) -> Event:
    """Read the event of this job; what cannot be read is a problem of the event, not an error."""
    name = environ.get("GITHUB_EVENT_NAME", "")
    path = environ.get("GITHUB_EVENT_PATH", "")
    if not path:
        return Event(name, {}, "GITHUB_EVENT_PATH is not set")
    try:
        with Path(path).open("rb") as file:
            data = file.read(SIZE_CAP + 1)
        payload = json.loads(data) if len(data) <= SIZE_CAP else "too large"
    except (OSError, ValueError, RecursionError) as error:
        return Event(name, {}, f"the event payload cannot be read: {type(error).__name__}")
    if not isinstance(payload, dict):
        return Event(name, {}, "the event payload is no object, or too large")
    return Event(name, payload)


def base_of(event: Event, asked: str = "") -> Base:
    """Choose the commit to compare with: the one asked for, else the event's.

    Raises UsageError where the event has one and does not name it: without a base the rules of the head
    would judge. Also for an event that gives a stranger's code the rights of this repository.
    """
    if event.name == _RISKY:
        raise UsageError(
            f"{_RISKY} gives the code of a pull request the rights of this repository",
            "use pull_request; a second workflow comments, see docs/ci.md",
        )
    if asked:
        return Base(asked, "the input `base`")
    match event.name:
        case "pull_request":
            commit = _commit(event, "pull_request", "base", "sha")
            return Base(commit, f"the base of pull request {event.at('number')}")
        case "merge_group":
            return Base(_commit(event, "merge_group", "base_sha"), "the base of the merge group")
        case "push":
            return _base_of_push(event)
    return Base(None, f"the event {event.name or 'without a name'} has no base")


def from_fork(event: Event) -> bool:
    """Say whether a pull request comes from another repository; a deleted one counts as another."""
    if event.name != "pull_request":
        return False
    head = event.at("pull_request", "head", "repo", "id")
    return head is None or head != event.at("pull_request", "base", "repo", "id")


def value_at(tree: Any, *keys: str) -> Any:
    """Give what stands below these keys of JSON that may have any shape, None where there is nothing."""
    for key in keys:
        tree = tree.get(key) if isinstance(tree, Mapping) else None
    return tree


def is_commit(value: object) -> bool:
    """Say whether a value is the full name of a commit."""
    return isinstance(value, str) and _SHA.fullmatch(value) is not None


def _base_of_push(event: Event) -> Base:
    commit, default = _commit(event, "before"), event.text("repository", "default_branch")
    if not default:
        raise _unnamed(event, "repository.default_branch")
    if event.text("ref") != f"refs/heads/{default}":
        return Base(None, "only a push to the default branch has a base")
    if not commit.strip("0"):
        return Base(None, "the branch is new, so there is no commit before")
    return Base(commit, "the commit before the push")


def _commit(event: Event, *keys: str) -> str:
    found = event.text(*keys)
    if not is_commit(found):
        raise _unnamed(event, ".".join(keys))
    return found


def _unnamed(event: Event, what: str) -> UsageError:
    why = event.problem or f"{what} is missing from its payload"
    return UsageError(f"the event {event.name} does not name its base: {why}", _NAME_A_BASE)
