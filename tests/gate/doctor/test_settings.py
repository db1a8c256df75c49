from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from repositories import git, make_repository

from gate.doctor import settings
from gate.doctor.checks import Check
from gate.doctor.settings import API, Access, access_of, check_settings
from gate.doctor.workflows import Job

RULES = "/repos/o/r/rules/branches/main"
BRANCH = "/repos/o/r/branches/main"
REVIEW = {"type": "pull_request", "parameters": {"require_code_owner_review": True}}


@dataclass
class Github:
    """What stands in the place of GitHub: a status and a body for each path, and what was asked."""

    address: str = ""
    answers: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    answering: threading.Event = field(default_factory=threading.Event)

    def checks(self, *names: str, branch: str = "main", token: str = "t0ken") -> list[Check]:
        jobs = [make_job(name) for name in names or ("gate",)]
        return list(check_settings(Access(self.address, "o/r", token), branch, jobs))


def make_job(name: str, *triggers: str) -> Job:
    return Job(".github/workflows/gate.yml", name, dict.fromkeys(triggers), {}, {})


def required(*contexts: str) -> tuple[int, bytes]:
    checks = [{"context": context, "integration_id": 1} for context in contexts]
    rule = {"type": "required_status_checks", "parameters": {"required_status_checks": checks}}
    return 200, json.dumps([rule, REVIEW, {"type": "deletion"}]).encode()


@pytest.fixture
def github() -> Iterator[Github]:
    state = Github()
    state.answering.set()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.asked.append((self.path, self.headers["Authorization"]))
            state.answering.wait(30)
            status, body = state.answers.get(self.path, (404, b'{"message": "Not Found"}'))
            self.send_response(status)
            if status == 302:
                self.send_header("Location", f"{state.address}/elsewhere")
            self.end_headers()
            # A client that has waited long enough is gone by now.
            with suppress(BrokenPipeError):
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    state.address = f"http://127.0.0.1:{server.server_port}"
    yield state
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_branch_that_requires_the_check_is_ok(github: Github) -> None:
    github.answers[RULES] = required("lint", "gate")
    (check,) = github.checks()
    assert check.status == "ok"
    assert github.asked == [(RULES, "Bearer t0ken")]


def test_the_older_branch_protection_counts_too(github: Github) -> None:
    protection = {"protection": {"required_status_checks": {"contexts": ["gate"]}}}
    github.answers |= {RULES: (200, b"[]"), BRANCH: (200, json.dumps(protection).encode())}
    (check,) = github.checks()
    assert check.status == "ok"


@pytest.mark.parametrize("contexts", [(), ("lint",)])
def test_a_branch_that_does_not_require_it_is_a_warning(
    github: Github, contexts: tuple[str, ...]
) -> None:
    github.answers[RULES] = required(*contexts)
    check, *_ = github.checks()
    assert check.status == "warning"
    assert "can be merged" in check.message
    assert "require the status check gate" in check.remedy


def test_rules_that_do_not_ask_the_code_owners_are_a_warning(github: Github) -> None:
    rule = json.loads(required("gate")[1])[0]
    github.answers[RULES] = (200, json.dumps([rule]).encode())
    _, check = github.checks()
    assert check.name == "reviews"
    assert "code owners" in check.remedy


def test_a_merge_queue_that_the_workflow_does_not_run_for_is_a_warning(github: Github) -> None:
    rules = [*json.loads(required("gate")[1]), {"type": "merge_queue"}]
    github.answers[RULES] = (200, json.dumps(rules).encode())
    _, check = github.checks()
    assert (check.name, check.status) == ("queue", "warning")
    assert "merge_group" in check.remedy
    job = make_job("gate", "pull_request", "merge_group")
    assert len(list(check_settings(Access(github.address, "o/r", "t"), "main", [job]))) == 1


@pytest.mark.parametrize(
    ("name", "context", "known"),
    [
        ("gate", "gate (ubuntu-latest, 3.11)", True),
        ("${{ matrix.os }}, Python ${{ matrix.python }}", "ubuntu-latest, Python 3.12", True),
        ("gate", "gate two", False),
        ("a.b", "aXb", False),
    ],
)
def test_a_job_is_known_by_the_names_that_its_matrix_gives_it(
    github: Github, name: str, context: str, known: bool
) -> None:
    github.answers[RULES] = required(context)
    assert (github.checks(name)[0].status == "ok") is known


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (401, b""),
        (403, b'{"message": "rate limit"}'),
        (404, b""),
        (422, b""),
        (500, b"<html>"),
        (200, b""),
        (200, b"<html>"),
        (200, b"3"),
        (200, b"\xff\xfe"),
        (200, b"[" * 100_000),
        (302, b""),
    ],
)
def test_whatever_the_answer_nothing_is_known_and_nothing_fails(
    github: Github, status: int, body: bytes
) -> None:
    github.answers[RULES] = (status, body)
    (check,) = github.checks()
    assert check.status == "unknown"
    assert check.remedy
    assert "t0ken" not in check.message + check.remedy
    assert len(github.asked) == 1


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b'[1, null, {"type": "required_status_checks"}]',
        b'[{"type": "required_status_checks", "parameters": {"required_status_checks": [1]}}]',
    ],
)
def test_rules_of_another_shape_require_nothing(github: Github, body: bytes) -> None:
    github.answers[RULES] = (200, body)
    assert github.checks()[0].status == "warning"


def test_a_network_that_is_away_is_no_failure(github: Github) -> None:
    (check,) = check_settings(Access("http://127.0.0.1:1", "o/r", "t"), "main", [])
    assert check.status == "unknown"
    (check,) = check_settings(Access("file:///etc", "o/r", "t"), "main", [])
    assert check.status == "unknown"


def test_a_server_that_does_not_answer_is_waited_for_a_bounded_time(
    github: Github, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "SECONDS", 0.1)
    github.answering.clear()
    began = time.monotonic()
    (check,) = github.checks()
    assert check.status == "unknown"
    assert time.monotonic() - began < 10
    github.answering.set()


def test_without_a_token_nobody_is_asked(github: Github) -> None:
    (check,) = github.checks(token="")
    assert check.status == "unknown"
    assert "GITHUB_TOKEN" in check.remedy
    assert github.asked == []


def test_the_name_of_a_branch_stays_one_part_of_the_address(github: Github) -> None:
    github.checks(branch="feature/a?b")
    assert github.asked[0][0] == "/repos/o/r/rules/branches/feature%2Fa%3Fb"


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("https://github.com/o/r.git", "o/r"),
        ("https://github.com/o/r", "o/r"),
        ("git@github.com:o/r.git", "o/r"),
        ("ssh://git@github.com/o/r", "o/r"),
        ("https://user:pass@github.com/o/r.git", "o/r"),
        ("https://gitlab.com/o/r.git", ""),
        ("https://github.com.evil.org/o/r", ""),
        ("https://github.com/o/../r", ""),
    ],
)
def test_the_repository_is_read_from_the_address_of_origin(
    tmp_path: Path, address: str, name: str
) -> None:
    root = make_repository(tmp_path, {})
    git(root, "remote", "add", "origin", address)
    assert access_of(root, {}) == Access(API, name, "")


def test_the_environment_of_a_workflow_is_heard(tmp_path: Path) -> None:
    root = make_repository(tmp_path, {})
    variables = {
        "GITHUB_REPOSITORY": "a/b",
        "GITHUB_TOKEN": "t",
        "GITHUB_API_URL": "https://x/api/",
    }
    assert access_of(root, variables) == Access("https://x/api", "a/b", "t")
    assert access_of(root, {"GITHUB_REPOSITORY": "a/../b", "GH_TOKEN": "t"}) == Access(API, "", "t")
    (check,) = check_settings(access_of(root, {}), "main", [])
    assert check.status == "unknown"
