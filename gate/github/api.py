"""The REST API of GitHub, as far as a comment needs it (urllib enters here).

Few tries, short waits, an end: no verdict depends on an answer. The token is sent to the address of the API
alone, never to where that redirects, and stands in no message.
"""

from __future__ import annotations

import http.client
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from email.message import Message
from typing import Any, TypeVar

from gate import __version__

TRIES = 3
# Seconds: of silence in one request, between two tries, at most between two tries, of everything.
SILENCE, PAUSE, LONGEST_PAUSE, IN_ALL = 15.0, 2.0, 20.0, 120.0
ANSWER_CAP = 16 * 1024 * 1024
_SECONDARY_LIMIT = "secondary rate limit"
T = TypeVar("T")


class ApiError(Exception):
    """No answer, or a refusal; `again` is after how many seconds another try is worth it, if ever."""

    def __init__(self, message: str, again: float | None = None) -> None:
        super().__init__(message)
        self.again = again


@dataclass(frozen=True, slots=True)
class Answer:
    """What the API said: JSON, and whether there is another page."""

    content: Any
    more: bool = False


class Api:
    """The API at one address, with one token, for two minutes at most."""

    def __init__(self, url: str, token: str, wait: Callable[[float], None] = time.sleep) -> None:
        """`wait` lets so many seconds pass."""
        self._url, self._token, self._wait = url.rstrip("/"), token, wait
        self._end = time.monotonic() + IN_ALL

    def get(self, path: str) -> Answer:
        """Ask, again where that may help; raises ApiError."""
        return self.repeat(lambda: self.send("GET", path))

    def send(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Answer:
        """Send one request and read the answer; raises ApiError."""
        headers = {
            "Authorization": f"Bearer {self._token}",
            "Accept": "application/vnd.github+json",
            "Content-Type": "application/json",
            "User-Agent": f"testproof/{__version__}",
            "X-GitHub-Api-Version": "2022-11-28",
        }
        data = None if body is None else json.dumps(body).encode()
        try:
            request = urllib.request.Request(f"{self._url}{path}", data, headers, method=method)
            with _OPENER.open(request, timeout=SILENCE) as response:
                content = json.loads(self._read(response))
                return Answer(content, 'rel="next"' in response.headers.get("Link", ""))
        except urllib.error.HTTPError as error:
            raise _refusal(error) from None
        except (OSError, http.client.HTTPException) as error:
            raise ApiError(f"the API gives no answer: {_reason(error)}", PAUSE) from None
        except (ValueError, RecursionError):
            # Its message may hold a header.
            raise ApiError("the API cannot be asked, or its answer cannot be read") from None

    def repeat(self, ask: Callable[[], T]) -> T:
        """Do something, at most three times in all, until it is done; raises the ApiError of the last try."""
        for _ in range(TRIES - 1):
            try:
                return ask()
            except ApiError as error:
                if error.again is None or time.monotonic() + error.again > self._end:
                    raise
                self._wait(error.again)
        return ask()

    def _read(self, response: http.client.HTTPResponse) -> bytes:
        """Read an answer that comes in time and is not too long."""
        data = b""
        while chunk := response.read1(1 << 16):
            data += chunk
            if len(data) > ANSWER_CAP or time.monotonic() > self._end:
                raise ValueError("too long")
        return data


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirect would take the token to another address."""

    def redirect_request(self, *_arguments: Any, **_more: Any) -> None:
        """Follow none."""


_OPENER = urllib.request.build_opener(_NoRedirects)


def _refusal(error: urllib.error.HTTPError) -> ApiError:
    """Say why the API refused, and whether it may be asked again.

    https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api has the rules: 403 and
    429 with a header that tells the time.
    """
    told = ""
    with suppress(OSError, http.client.HTTPException, ValueError, AttributeError, RecursionError):
        told = str(json.loads(error.read(1 << 16)).get("message", ""))
    message = f"the API answers {error.code}{f': {told}' if told else ''}"
    if error.code >= 500:
        return ApiError(message, _told_pause(error.headers) or PAUSE)
    if error.code not in {403, 429}:
        return ApiError(message)
    pause = _told_pause(error.headers)
    if pause is None and (error.code == 429 or _SECONDARY_LIMIT in told):
        pause = PAUSE
    if pause is not None and pause > LONGEST_PAUSE:
        return ApiError(f"{message}; the limit holds for {pause:.0f} s more")
    return ApiError(message, pause)


def _told_pause(headers: Message) -> float | None:
    """Read after how many seconds to ask again, from `retry-after` or from the end of a used-up limit."""
    with suppress(ValueError):
        if "retry-after" in headers:
            return max(0.0, float(int(headers["retry-after"])))
        if headers.get("x-ratelimit-remaining") == "0" and "x-ratelimit-reset" in headers:
            return max(0.0, int(headers["x-ratelimit-reset"]) - time.time())
    return None


def _reason(error: Exception) -> str:
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(reason, OSError) and reason.strerror:
        return reason.strerror
    return type(reason).__name__ if isinstance(reason, Exception) else str(reason)
