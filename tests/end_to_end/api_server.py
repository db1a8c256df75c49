"""A real HTTP server in the place of GitHub's API: pull requests, comments, and every bad answer."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from gate.github.comment import AUTHOR

PAGE = 100
# A status alone, or with headers; None closes the connection without a word.
Bad = tuple[int, dict[str, str]] | None


@dataclass
class GitHub:
    """What the API holds, what it has been asked, and how it answers badly first."""

    url: str = ""
    comments: list[dict[str, Any]] = field(default_factory=list)
    pulls: list[dict[str, Any]] = field(default_factory=list)
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    bad: list[Bad] = field(default_factory=list)
    # In the place of every answer, where it is not empty.
    garbage: bytes = b""

    def say(self, body: str, author: str = AUTHOR) -> dict[str, Any]:
        """Write a comment as somebody."""
        comment = {"id": 1000 + len(self.comments), "body": body, "user": {"login": author}}
        self.comments.append(comment)
        return comment

    @property
    def methods(self) -> list[str]:
        return [method for method, _, _ in self.asked]

    def own(self) -> list[str]:
        """The bodies of what we wrote."""
        return [each["body"] for each in self.comments if each["user"]["login"] == AUTHOR]


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        if self._is_good():
            parts = urlsplit(self.path)
            query = parse_qs(parts.query)
            if parts.path == "/repos/o/r/pulls":
                self._answer(
                    200, [each for each in self.server.github.pulls if _asked(each, query)]
                )
            elif parts.path == "/repos/o/r/issues/7/comments":
                page = int(query["page"][0])
                last = page * PAGE >= len(self.server.github.comments)
                held = self.server.github.comments[(page - 1) * PAGE : page * PAGE]
                self._answer(200, held, {} if last else {"Link": '<https://next>; rel="next"'})
            else:
                self._answer(404, {"message": "Not Found"})

    def do_POST(self) -> None:
        body = self._body()
        if self._is_good():
            assert self.path == "/repos/o/r/issues/7/comments"
            self._answer(201, self.server.github.say(body["body"]))

    def do_PATCH(self) -> None:
        body = self._body()
        if self._is_good():
            number = int(self.path.rpartition("/")[2])
            [comment] = [each for each in self.server.github.comments if each["id"] == number]
            comment["body"] = body["body"]
            self._answer(200, comment)

    def log_message(self, *_arguments: Any) -> None:
        """Stay silent."""

    def _body(self) -> Any:
        return json.loads(self.rfile.read(int(self.headers["Content-Length"])))

    def _is_good(self) -> bool:
        """Note the request, and answer badly where it is time to."""
        github = self.server.github
        github.asked.append((self.command, self.path, self.headers.get("Authorization", "")))
        if github.bad:
            match github.bad.pop(0):
                case None:
                    self.close_connection = True
                case status, headers:
                    self._answer(status, {"message": "no, ::error::not @you"}, headers)
            return False
        if github.garbage:
            self._send(200, github.garbage, {})
        return not github.garbage

    def _answer(self, status: int, content: Any, headers: dict[str, str] | None = None) -> None:
        self._send(status, json.dumps(content).encode(), headers or {})

    def _send(self, status: int, data: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(data))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, github: GitHub) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.github = github


def _asked(pull: dict[str, Any], query: dict[str, list[str]]) -> bool:
    head = pull["head"]
    return query["head"] == [f"{head['user']['login']}:{head['ref']}"]


@contextmanager
def serving() -> Iterator[GitHub]:
    """Serve an API until the end of the block."""
    github = GitHub()
    with Server(github) as server:
        github.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield github
        finally:
            server.shutdown()
            thread.join()
