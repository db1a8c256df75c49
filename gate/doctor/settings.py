"""The repository's settings on GitHub: is the check required where changes are merged?

REST API, `GET /repos/{owner}/{repo}/rules/branches/{branch}` and the older branch protection. Asked once
each, with a short limit; nothing depends on the answer but a line of the doctor.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from gate.doctor.checks import Check, ok, unknown, warning
from gate.doctor.workflows import Job
from gate.source.git import ask

API = "https://api.github.com"
SECONDS = 5.0
_MOST = 1 << 20
_NAME = re.compile(r"[\w.-]+/[\w.-]+")
_REMOTE = re.compile(
    r"(?:https://|ssh://)?(?:[^@/\s]+@)?github\.com[:/]([\w.-]+/[\w.-]+?)(?:\.git)?/?$"
)
_EXPRESSION = re.compile(r"\$\{\{.*?\}\}")
_NAME_THEM = (
    "require the check of the gate by hand: Settings, Rules, Rulesets, for the default branch"
)


@dataclass(frozen=True, slots=True)
class Access:
    """Where the API is, the repository's name there, and a token, which is never shown."""

    api: str
    repository: str
    token: str = field(repr=False)


class _NoRedirects(HTTPRedirectHandler):
    """A redirect would carry the token to another host."""

    def redirect_request(self, *_: Any) -> None:
        """Follow none."""


def access_of(root: Path, environment: Mapping[str, str] = os.environ) -> Access:
    """Find the repository's name in the environment or in the address of origin; empty for neither."""
    token = environment.get("GITHUB_TOKEN") or environment.get("GH_TOKEN") or ""
    api = environment.get("GITHUB_API_URL") or API
    name = environment.get("GITHUB_REPOSITORY") or _repository(
        ask(root, "remote", "get-url", "origin")
    )
    return Access(api.rstrip("/"), name if _NAME.fullmatch(name) else "", token)


def check_settings(access: Access, branch: str, jobs: Sequence[Job]) -> Iterator[Check]:
    """Ask which checks a branch requires, and compare with the jobs that run the gate."""
    if not access.repository:
        yield unknown("ruleset", "not a github.com remote: ruleset not checked", _NAME_THEM)
        return
    if not access.token:
        yield unknown(
            "ruleset",
            f"{access.repository} was not asked, as there is no GITHUB_TOKEN",
            "call it with GITHUB_TOKEN set to a token that may read this repository's settings",
        )
        return
    rules = _get(access, f"rules/branches/{quote(branch, safe='')}")
    if isinstance(rules, str):
        yield unknown(
            "ruleset", f"{access.repository} gave no rules for {branch}: {rules}", _NAME_THEM
        )
        return
    required = set(_required(rules))
    if not required:
        required = set(_protected(_get(access, f"branches/{quote(branch, safe='')}")))
    yield _compare(access, branch, required, [job.check for job in jobs])
    yield from _reviews(rules, branch)
    yield from _queue(rules, branch, jobs)


def _compare(access: Access, branch: str, required: set[str], checks: Sequence[str]) -> Check:
    found = [one for one in sorted(required) if any(_pattern(it).fullmatch(one) for it in checks)]
    if found:
        return ok("ruleset", f"{branch} of {access.repository} requires {', '.join(found)}")
    what = f"{branch} of {access.repository} requires "
    what += f"{', '.join(sorted(required))}, not the gate" if required else "no check at all"
    name = ", ".join(checks) or "the gate's job"
    return warning(
        "ruleset",
        f"{what}: a red gate can be merged",
        f"Settings, Rules, Rulesets: require the status check {name} for {branch}",
    )


def _pattern(check: str) -> re.Pattern[str]:
    """Match the name of a job's check; expressions, and the values of a matrix behind it, are any text."""
    parts = map(re.escape, _EXPRESSION.split(check))
    return re.compile(".*".join(parts) + r"(?: \(.*\))?")


def _reviews(rules: Any, branch: str) -> Iterator[Check]:
    """Say so where rules exist and none of them asks the code owners."""
    entries = [rule for rule in rules if isinstance(rule, dict)] if isinstance(rules, list) else []
    asked = [rule.get("parameters") for rule in entries if rule.get("type") == "pull_request"]
    if entries and not any(
        isinstance(it, dict) and it.get("require_code_owner_review") for it in asked
    ):
        yield warning(
            "reviews",
            f"no rule of {branch} asks the code owners, so CODEOWNERS binds nobody",
            "Settings, Rules, Rulesets: require a review from code owners",
        )


def _queue(rules: Any, branch: str, jobs: Sequence[Job]) -> Iterator[Check]:
    """A merge queue waits for checks of its own event."""
    queued = isinstance(rules, list) and any(
        isinstance(rule, dict) and rule.get("type") == "merge_queue" for rule in rules
    )
    for job in jobs if queued else ():
        if "merge_group" not in job.triggers:
            yield warning(
                "queue",
                f"{branch} has a merge queue, and {job.path} does not run for it: the queue would wait",
                f"add `merge_group:` below `on:` of {job.path}",
            )


def _required(rules: Any) -> Iterator[str]:
    for rule in rules if isinstance(rules, list) else ():
        if isinstance(rule, dict) and rule.get("type") == "required_status_checks":
            parameters = rule.get("parameters")
            listed = (
                parameters.get("required_status_checks") if isinstance(parameters, dict) else None
            )
            for check in listed if isinstance(listed, list) else ():
                if isinstance(check, dict) and isinstance(check.get("context"), str):
                    yield check["context"]


def _protected(branch: Any) -> Iterator[str]:
    """Give the checks of an older branch protection, which a branch shows to all who may read."""
    found = branch
    for key in ("protection", "required_status_checks", "contexts"):
        found = found.get(key) if isinstance(found, dict) else None
    yield from (each for each in found if isinstance(each, str)) if isinstance(found, list) else ()


def _get(access: Access, path: str) -> Any:
    """Ask once; a text says why there is no answer."""
    url = f"{access.api}/repos/{access.repository}/{path}"
    if urlsplit(url).scheme not in ("http", "https"):
        return f"{access.api} is no address of an API"
    request = Request(
        url,
        headers={
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {access.token}",
            "X-GitHub-Api-Version": "2022-11-28",
        },
    )
    try:
        with build_opener(_NoRedirects).open(request, timeout=SECONDS) as answer:
            found = json.loads(answer.read(_MOST))
    except HTTPError as error:
        return f"HTTP status {error.code}"
    except (OSError, HTTPException, ValueError, RecursionError) as error:
        return f"no answer ({type(error).__name__})"
    return found if isinstance(found, dict | list) else "an answer that is neither list nor table"


def _repository(remote: str | None) -> str:
    match = _REMOTE.fullmatch(remote or "")
    return match[1] if match else ""
