"""The client of the API beside a real server that answers in every bad way: few tries, no token told."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import pytest
from api_server import Bad, GitHub, serving

import gate.github.api
from gate.github.api import LONGEST_PAUSE, PAUSE, TRIES, Api, ApiError

TOKEN = "ghs_secret"
COMMENTS = "/repos/o/r/issues/7/comments?page=1"


@pytest.fixture
def github() -> Iterator[GitHub]:
    with serving() as api:
        yield api


def client(github: GitHub, waits: list[float] | None = None) -> Api:
    return Api(github.url, TOKEN, ([] if waits is None else waits).append)


def test_the_token_is_sent_and_the_answer_read_with_its_next_page(github: GitHub) -> None:
    for number in range(101):
        github.say(str(number))
    answer = client(github).get(COMMENTS)
    assert len(answer.content) == 100
    assert answer.more
    assert not client(github).get(COMMENTS.replace("=1", "=2")).more
    assert github.asked[0] == ("GET", COMMENTS, f"Bearer {TOKEN}")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 422])
def test_a_refusal_is_asked_once(status: int, github: GitHub) -> None:
    waits: list[float] = []
    github.bad = [(status, {})] * 9
    with pytest.raises(ApiError, match=f"the API answers {status}: no, ::error::not @you"):
        client(github, waits).get(COMMENTS)
    assert (len(github.asked), waits) == (1, [])


@pytest.mark.parametrize(
    "bad",
    [
        (500, {}),
        (502, {}),
        (503, {"Retry-After": "2"}),
        (429, {}),
        (403, {"Retry-After": "2"}),
        None,
    ],
)
def test_a_passing_failure_is_asked_three_times_in_all(bad: Bad, github: GitHub) -> None:
    waits: list[float] = []
    github.bad = [bad] * 9
    with pytest.raises(ApiError):
        client(github, waits).get(COMMENTS)
    assert len(github.asked) == TRIES
    assert waits == [PAUSE] * (TRIES - 1)

    github.asked.clear()
    github.bad = [bad] * (TRIES - 1)
    assert client(github).get(COMMENTS).content == []


def test_the_end_of_a_limit_is_waited_for_when_it_is_near(github: GitHub) -> None:
    waits: list[float] = []
    soon = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(time.time()) + 9)}
    github.bad = [(403, soon), (429, {"retry-after": "3"})]
    assert client(github, waits).get(COMMENTS).content == []
    assert 7 <= waits[0] <= 9
    assert waits[1:] == [3]


@pytest.mark.parametrize(
    "headers",
    [
        {"retry-after": "3600"},
        {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "99999999999"},
    ],
)
def test_the_end_of_a_limit_is_not_waited_for_when_it_is_far(
    headers: dict[str, str], github: GitHub
) -> None:
    waits: list[float] = []
    github.bad = [(403, headers)]
    with pytest.raises(ApiError, match="the limit holds for"):
        client(github, waits).get(COMMENTS)
    assert (len(github.asked), waits) == (1, [])


def test_a_pause_that_a_failing_server_asks_for_is_bounded(github: GitHub) -> None:
    waits: list[float] = []
    github.bad = [(503, {"Retry-After": "86400"})] * 9
    with pytest.raises(ApiError):
        client(github, waits).get(COMMENTS)
    assert max(waits, default=0) <= LONGEST_PAUSE


@pytest.mark.parametrize("garbage", [b"<html>", b"\xff", b"[" * 100_000])
def test_an_answer_that_is_no_json_is_a_failure(garbage: bytes, github: GitHub) -> None:
    github.garbage = garbage
    with pytest.raises(ApiError, match="cannot be read"):
        client(github).get(COMMENTS)


def test_a_redirect_gets_no_token(github: GitHub) -> None:
    with serving() as elsewhere:
        github.bad = [(302, {"Location": f"{elsewhere.url}{COMMENTS}"})]
        with pytest.raises(ApiError, match="the API answers 302"):
            client(github).get(COMMENTS)
        assert elsewhere.asked == []


def test_nobody_at_the_address_is_a_failure_that_tells_no_token() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    for url in (f"http://127.0.0.1:{port}", "no address", "http://[", ""):
        with pytest.raises(ApiError) as caught:
            Api(url, TOKEN, lambda _: None).get("/x")
        assert TOKEN not in str(caught.value)


def test_a_token_that_no_header_can_hold_is_not_told() -> None:
    with serving() as api, pytest.raises(ApiError) as caught:
        Api(api.url, "a\nb-secret", lambda _: None).get(COMMENTS)
    assert "secret" not in str(caught.value)


def test_silence_ends_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate.github.api, "SILENCE", 0.2)
    waits: list[float] = []
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        with pytest.raises(ApiError, match=r"the API gives no answer: (timed out|TimeoutError)"):
            Api(url, TOKEN, waits.append).get("/x")
    assert len(waits) == TRIES - 1


def test_an_answer_that_never_ends_is_not_read_to_its_end(
    github: GitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate.github.api, "ANSWER_CAP", 1 << 20)
    github.garbage = b"[" + b" " * (1 << 24) + b"]"
    with pytest.raises(ApiError, match="cannot be read"):
        client(github).get(COMMENTS)
