from __future__ import annotations

import json
from importlib.metadata import Distribution
from os import PathLike
from pathlib import Path
from typing import Any

import pytest

from gate import __version__
from gate.init.package import PLACEHOLDER, gate_requirement

COMMIT = "0123456789abcdef" * 2 + "01234567"


class Installed(Distribution):
    """A distribution whose direct_url.json holds this."""

    def __init__(self, origin: Any) -> None:
        self._origin = origin

    def read_text(self, filename: str) -> str | None:
        assert filename == "direct_url.json"
        return self._origin if self._origin is None else json.dumps(self._origin)

    def locate_file(self, path: str | PathLike[str]) -> Path:
        raise NotImplementedError(path)


def git(url: str, commit: str = COMMIT) -> dict[str, Any]:
    return {"url": url, "vcs_info": {"vcs": "git", "commit_id": commit}}


def test_a_gate_that_came_from_a_repository_is_installed_from_the_same_commit() -> None:
    found = gate_requirement(Installed(git("https://example.org/owner/gate.git")))
    assert found == f"testproof @ git+https://example.org/owner/gate.git@{COMMIT}"


def test_a_gate_that_came_from_an_index_is_installed_in_the_same_version() -> None:
    assert gate_requirement(Installed(None)) == f"testproof=={__version__}"


@pytest.mark.parametrize(
    "origin",
    [
        {"url": "file:///srv/gate", "dir_info": {"editable": True}},
        {"url": "https://example.org/gate.whl", "archive_info": {}},
        git("https://user:secret@example.org/owner/gate"),
        git("file:///srv/gate"),
        git('https://example.org/a" # b'),
        git("https://example.org/owner/gate", "main"),
        ["no", "table"],
    ],
)
def test_a_gate_of_which_nobody_else_knows_the_place_has_a_placeholder(origin: Any) -> None:
    assert gate_requirement(Installed(origin)) == PLACEHOLDER
