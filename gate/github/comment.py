"""The one comment of a pull request: found by its marker and its author, written again or for the first time.

In the job of a pull request from this repository, or in a second workflow that runs after it. There the
results document comes from a job that ran a stranger's code: it is data that anybody may have written, and
which pull request it is about is not asked of it.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from gate.errors import GateError, MissingEvidenceError
from gate.github.api import Answer, Api, ApiError
from gate.github.event import Event, from_fork, is_commit, read_event, value_at
from gate.github.runner import say, warn
from gate.judge.verify import verify
from gate.report.markdown import STICKY, render_comment
from gate.report.markup import prose
from gate.results.document import Results, read_results

# The login that comments of a job's own token have.
AUTHOR = "github-actions[bot]"
API = "https://api.github.com"
SIZE_CAP = 64 * 1024 * 1024
_PAGES = 50
_REPOSITORY = re.compile(r"[A-Za-z0-9._-]+/[A-Za-z0-9._-]+")


class NoCommentError(Exception):
    """There is nothing to comment on, or nobody who may; the message says which."""


def comment(
    document: Path, author: str, environ: Mapping[str, str], api: Api | None = None
) -> None:
    """Show a results document in the comment of the pull request that this job is about.

    Whatever prevents that is one line of the log.
    """
    try:
        repository = environ.get("GITHUB_REPOSITORY", "")
        if not _REPOSITORY.fullmatch(repository):
            raise NoCommentError("GITHUB_REPOSITORY names no repository")
        api = api or _api(environ)
        event = read_event(environ)
        number = _number(event, repository, api)
        text = _text(document, event)
        say(
            f"the comment of pull request {number} is {_put(api, repository, number, text, author)}"
        )
    except NoCommentError as reason:
        say(f"no comment: {reason}")
    except ApiError as error:
        warn(f"no comment could be written: {error}")


def _api(environ: Mapping[str, str]) -> Api:
    token = environ.get("GITHUB_TOKEN", "").strip()
    if not token:
        raise NoCommentError("there is no token: GITHUB_TOKEN is not set")
    return Api(environ.get("GITHUB_API_URL") or API, token)


def _number(event: Event, repository: str, api: Api) -> int:
    """Find the number of the pull request, from the event and the API alone."""
    if event.problem:
        raise NoCommentError(event.problem)
    match event.name:
        case "pull_request" if from_fork(event):
            raise NoCommentError(
                "the token of a pull request from a fork may not write; "
                "the second workflow of docs/ci.md comments"
            )
        case "pull_request":
            number = event.at("number")
            if type(number) is not int or number < 1:
                raise NoCommentError("the event names no pull request")
            return number
        case "workflow_run":
            return _number_of_run(event, repository, api)
    raise NoCommentError(f"the event {event.name or 'without a name'} is about no pull request")


def _number_of_run(event: Event, repository: str, api: Api) -> int:
    """Find the open pull request whose last commit is the one that the first workflow ran on.

    `workflow_run.pull_requests` is empty for forks, so the API is asked, by owner and branch of the head.
    """
    if event.text("workflow_run", "event") != "pull_request":
        raise NoCommentError("the first workflow did not run for a pull request")
    head = event.text("workflow_run", "head_sha")
    owner = event.text("workflow_run", "head_repository", "owner", "login")
    branch = event.text("workflow_run", "head_branch")
    if not (is_commit(head) and owner and branch):
        raise NoCommentError("the event names no head, as when its repository was deleted")
    asked = quote(f"{owner}:{branch}", safe="")
    pulls = _objects(api.get(f"/repos/{repository}/pulls?state=open&per_page=100&head={asked}"))
    source = event.at("workflow_run", "head_repository", "id")
    numbers = [
        number
        for pull in pulls
        if value_at(pull, "head", "sha") == head
        and value_at(pull, "head", "repo", "id") == source
        and type(number := value_at(pull, "number")) is int
    ]
    if len(numbers) != 1:
        many = f"{len(numbers)} open pull requests have" if numbers else "no open pull request has"
        raise NoCommentError(f"{many} {head[:10]} as the last commit")
    return numbers[0]


def _text(document: Path, event: Event) -> str:
    """Render a document that nobody vouches for, or say why it is not shown."""
    try:
        return render_comment(_read(document))
    except GateError as error:
        why = error.message
    except Exception as error:  # noqa: BLE001 - whatever a forged document sets off, it is refused
        why = f"the results document cannot be judged again: {type(error).__name__}"
    say(f"no results: {why}")
    run = event.at("workflow_run", "id")
    named = f"Run {run}" if type(run) is int else "The last run"
    return f"{STICKY}\n## gate: no verdict\n\n{named} left no results to show: {prose(why)}.\n"


def _read(document: Path) -> Results:
    """Read a document and judge it again; raises GateError."""
    try:
        state = document.lstat()
    except OSError as error:
        raise MissingEvidenceError("it kept no results document, its log says why") from error
    if not stat.S_ISREG(state.st_mode):
        raise MissingEvidenceError("the results document is no regular file")
    if state.st_size > SIZE_CAP:
        size = SIZE_CAP // 1024 // 1024
        raise MissingEvidenceError(f"the results document is larger than {size} MiB")
    results = read_results(document)
    verify(results)
    return results


def _put(api: Api, repository: str, number: int, text: str, author: str) -> str:
    """Write the comment; before each try it is looked for, so that no try makes a second one."""
    issues = f"/repos/{repository}/issues"

    def write() -> str:
        own = _find(api, f"{issues}/{number}/comments", author)
        if own is None:
            api.send("POST", f"{issues}/{number}/comments", {"body": text})
            return "new"
        api.send("PATCH", f"{issues}/comments/{own}", {"body": text})
        return "written again"

    return api.repeat(write)


def _find(api: Api, comments: str, author: str) -> int | None:
    """Find the first comment that begins with our marker and is of this author, over all pages."""
    for page in range(1, _PAGES + 1):
        answer = api.send("GET", f"{comments}?per_page=100&page={page}")
        for entry in _objects(answer):
            number, body = entry.get("id"), entry.get("body")
            marked = isinstance(body, str) and body.startswith(STICKY)
            if marked and value_at(entry, "user", "login") == author and type(number) is int:
                return number
        if not answer.more:
            return None
    raise ApiError(f"there are more than {_PAGES * 100:,} comments")


def _objects(answer: Answer) -> list[dict[str, Any]]:
    """Take the objects of a list; raises ApiError for another answer."""
    if not isinstance(answer.content, list):
        raise ApiError("the API answers with something else than a list")
    return [entry for entry in answer.content if isinstance(entry, dict)]
