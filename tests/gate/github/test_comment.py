"""One comment of ours whatever happens; which pull request it is for; documents that nobody vouches for."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from api_server import PAGE, Bad, GitHub, serving
from builders import make_cause, make_evidence, make_outcome, make_suite
from samples import failing_run, hostile_run, make_finding_entry, make_results, passing_run

from gate.github.api import Api
from gate.github.comment import AUTHOR, SIZE_CAP, comment
from gate.judge.verify import verify
from gate.report.caps import COMMENT_LIMIT
from gate.report.markdown import STICKY, render_comment
from gate.results.document import Results, publish, text

HEAD = "c" * 40
Json = dict[str, Any]


@pytest.fixture
def github() -> Iterator[GitHub]:
    with serving() as api:
        yield api


@pytest.fixture
def document(tmp_path: Path) -> Path:
    _, path = publish(failing_run(), tmp_path / "out", verify)
    return path


def pull_request(head: int = 1, number: object = 7) -> Json:
    base, source = {"repo": {"id": 1}}, {"repo": {"id": head}}
    return {"number": number, "pull_request": {"base": base, "head": source}}


def workflow_run(**fields: Any) -> Json:
    defaults = {
        "id": 99,
        "event": "pull_request",
        "head_sha": HEAD,
        "head_branch": "a b&c",
        "head_repository": {"id": 2, "owner": {"login": "stranger"}},
    }
    return {"workflow_run": {**defaults, **fields}}


def pull(number: int = 7, sha: str = HEAD, repository: int = 2) -> Json:
    user = {"login": "stranger"}
    return {
        "number": number,
        "head": {"sha": sha, "ref": "a b&c", "repo": {"id": repository}, "user": user},
    }


def write(
    document: Path, github: GitHub, event: str = "pull_request", payload: object = None, **more: str
) -> None:
    """Write the comment of a job, as its step does."""
    file = document.parent / "event.json"
    file.write_text(json.dumps(pull_request() if payload is None else payload))
    environ = {
        "GITHUB_REPOSITORY": "o/r",
        "GITHUB_EVENT_NAME": event,
        "GITHUB_EVENT_PATH": str(file),
        **more,
    }
    comment(document, AUTHOR, environ, Api(github.url, "token", lambda _: None))


def test_the_comment_is_new_once_and_written_again_after_that(
    document: Path, github: GitHub, tmp_path: Path
) -> None:
    write(document, github)
    _, passing = publish(passing_run(), tmp_path / "second", verify)
    write(passing, github)
    [body] = github.own()
    assert body.startswith(f"{STICKY}\n## gate: PASS")
    assert github.methods == ["GET", "POST", "GET", "PATCH"]


def test_the_marker_of_another_author_is_not_ours_nor_is_ours_without_its_marker(
    document: Path, github: GitHub
) -> None:
    forged = github.say(f"{STICKY}\n## gate: PASS", "somebody")
    other = github.say("another tool's comment, which quotes " + STICKY)
    write(document, github)
    assert forged["body"].endswith("PASS")
    assert other["body"].startswith("another")
    assert len(github.comments) == 3


def test_the_comment_is_found_on_the_last_of_many_pages(document: Path, github: GitHub) -> None:
    for number in range(2 * PAGE):
        github.say(str(number), "somebody")
    ours = github.say(f"{STICKY}\nold")
    write(document, github)
    assert "gate: FAIL" in ours["body"]
    assert github.methods == ["GET", "GET", "GET", "PATCH"]


@pytest.mark.parametrize("bad", [(500, {}), (429, {}), (403, {"retry-after": "1"}), None])
@pytest.mark.parametrize("before", [0, 1])
def test_a_try_that_failed_is_no_reason_for_a_second_comment(
    bad: Bad, before: int, document: Path, github: GitHub
) -> None:
    class Late(list[Bad]):
        """Answers well so many times first."""

        def __bool__(self) -> bool:
            return len(github.asked) > before and len(self) > 0

    github.bad = Late([bad])
    write(document, github)
    assert len(github.own()) == 1


@pytest.mark.parametrize("status", [401, 403, 404, 422])
def test_a_refusal_is_one_warning(
    status: int, document: Path, github: GitHub, capsys: pytest.CaptureFixture[str]
) -> None:
    github.bad = [(status, {})]
    write(document, github)
    [line] = capsys.readouterr().out.splitlines()
    assert line.startswith("::warning title=gate::no comment could be written: the API answers")
    assert github.methods == ["GET"]


def test_answers_of_another_shape_are_a_warning(
    document: Path, github: GitHub, capsys: pytest.CaptureFixture[str]
) -> None:
    for garbage in (b"{}", b"null", b"<html>"):
        github.garbage = garbage
        write(document, github)
        assert capsys.readouterr().out.startswith("::warning title=gate::no comment")
    github.garbage = b'[3, null, {"id": "x", "user": 3, "body": []}]'
    write(document, github)
    assert github.own() == []


@pytest.mark.parametrize(
    ("payload", "told"),
    [
        (pull_request(head=2), "may not write"),
        ({}, "may not write"),
        (pull_request(number="7"), "names no pull request"),
        (pull_request(number=True), "names no pull request"),
        ([], "no object"),
    ],
)
def test_where_nothing_may_or_can_be_written_nothing_is_asked(
    payload: object,
    told: str,
    document: Path,
    github: GitHub,
    capsys: pytest.CaptureFixture[str],
) -> None:
    write(document, github, payload=payload)
    [line] = capsys.readouterr().out.splitlines()
    assert line.startswith("gate: no comment: ")
    assert told in line
    assert github.asked == []


@pytest.mark.parametrize("event", ["push", "merge_group", "schedule", ""])
def test_other_events_are_about_no_pull_request(
    event: str, document: Path, github: GitHub, capsys: pytest.CaptureFixture[str]
) -> None:
    write(document, github, event)
    assert "is about no pull request" in capsys.readouterr().out
    assert github.asked == []


def test_without_a_token_or_a_repository_nothing_is_asked(
    document: Path, github: GitHub, capsys: pytest.CaptureFixture[str]
) -> None:
    comment(document, AUTHOR, {"GITHUB_REPOSITORY": "o/r", "GITHUB_API_URL": github.url})
    write(document, github, GITHUB_REPOSITORY="o/r/../../x")
    first, second = capsys.readouterr().out.splitlines()
    assert "GITHUB_TOKEN is not set" in first
    assert "names no repository" in second
    assert github.asked == []


def test_the_pull_request_of_a_run_is_the_open_one_with_that_last_commit(
    document: Path, github: GitHub
) -> None:
    github.pulls = [pull(8, sha="d" * 40), pull(9, repository=3), pull(7)]
    write(document, github, "workflow_run", workflow_run())
    assert len(github.own()) == 1
    assert github.asked[0][1] == (
        "/repos/o/r/pulls?state=open&per_page=100&head=stranger%3Aa%20b%26c"
    )
    # The document names commits too; it is not asked.
    assert HEAD not in document.read_text()


@pytest.mark.parametrize(
    ("run", "pulls", "told"),
    [
        ({}, [], "no open pull request has cccccccccc as the last commit"),
        ({}, [pull(sha="d" * 40)], "no open pull request has"),
        ({}, [pull(7), pull(8)], "2 open pull requests have"),
        ({"event": "push"}, [pull()], "did not run for a pull request"),
        ({"head_repository": None}, [pull()], "names no head"),
        ({"head_sha": "main"}, [pull()], "names no head"),
        ({"head_branch": None}, [pull()], "names no head"),
    ],
)
def test_a_run_without_exactly_one_pull_request_gets_no_comment(
    run: Json,
    pulls: list[Json],
    told: str,
    document: Path,
    github: GitHub,
    capsys: pytest.CaptureFixture[str],
) -> None:
    github.pulls = pulls
    write(document, github, "workflow_run", workflow_run(**run))
    assert told in capsys.readouterr().out
    assert github.own() == []


def edited(document: Path) -> None:
    document.write_text(document.read_text().replace('"fail"', '"pass"'))


def truncated(document: Path) -> None:
    document.write_bytes(document.read_bytes()[:-200])


def of_another_version(document: Path) -> None:
    document.write_text(document.read_text().replace("testproof-results/2", "testproof-results/3"))


def huge(document: Path) -> None:
    os.truncate(document, 200 * 1024 * 1024)


def a_link(document: Path) -> None:
    document.rename(document.with_name("elsewhere"))
    document.symlink_to("elsewhere")


def a_pipe(document: Path) -> None:
    document.unlink()
    os.mkfifo(document)


def missing(document: Path) -> None:
    document.unlink()


def with_a_key_of_markup(document: Path) -> None:
    whole = json.loads(document.read_bytes())
    document.write_text(json.dumps({"<script>x</script> @team #1 ::error::": 1, **whole}))


@pytest.mark.parametrize(
    "spoil",
    [
        edited,
        truncated,
        of_another_version,
        huge,
        a_link,
        a_pipe,
        missing,
        with_a_key_of_markup,
    ],
)
def test_a_document_that_does_not_hold_is_replaced_by_the_news_that_there_is_no_verdict(
    spoil: Callable[[Path], None],
    document: Path,
    github: GitHub,
    capsys: pytest.CaptureFixture[str],
) -> None:
    old = github.say(f"{STICKY}\n## gate: PASS")
    github.pulls = [pull()]
    spoil(document)
    write(document, github, "workflow_run", workflow_run())
    assert old["body"].startswith(
        f"{STICKY}\n## gate: no verdict\n\nRun 99 left no results to show"
    )
    for forbidden in ("<script>", "@team", "#1", "PASS"):
        assert forbidden not in old["body"].removeprefix(STICKY)
    assert not any(line.startswith("::") for line in capsys.readouterr().out.splitlines())


def test_a_document_past_the_limit_is_refused_without_being_read(
    document: Path, github: GitHub
) -> None:
    # There is less memory than this, and on no disk that much.
    os.truncate(document, 1 << 42)
    write(document, github)
    assert f"larger than {SIZE_CAP // 1024 // 1024} MiB" in github.own()[0]


def big_run() -> Results:
    """A run with ten thousand findings, which its evidence does not bear out."""
    findings = tuple(make_finding_entry(number) for number in range(1, 10_001))
    return replace(failing_run(), findings=findings)


def test_ten_thousand_findings_that_nothing_bears_out_are_refused(
    document: Path, github: GitHub
) -> None:
    document.write_text(text(big_run()))
    write(document, github)
    assert "no verdict" in github.own()[0]


def test_a_comment_of_ten_thousand_findings_keeps_its_limit(tmp_path: Path, github: GitHub) -> None:
    red = [
        make_outcome(f"tests/test_a.py::test_{n}", "failed", cause=make_cause(f"Error {n}"))
        for n in range(10_000)
    ]
    results = make_results(evidence=make_evidence(make_suite(*red)))
    assert len(results.findings) >= 10_000
    _, path = publish(results, tmp_path / "out", verify)
    write(path, github)
    [body] = github.own()
    assert 1_000 < len(body) <= COMMENT_LIMIT
    assert "gate: FAIL" in body
    assert "more reasons, below" in body


def test_hostile_text_arrives_as_our_own_renderer_escapes_it(
    tmp_path: Path, github: GitHub
) -> None:
    results, path = publish(hostile_run(), tmp_path / "out", verify)
    write(path, github)
    assert github.own() == [render_comment(results)]
