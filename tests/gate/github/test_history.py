"""A shallow clone is deepened until the merge base is here, in few tries; who gets the token."""

from __future__ import annotations

import base64
import os
import subprocess
from pathlib import Path

import pytest
from api_server import serving

from gate.github.history import bring_history


def git(where: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=n", "-c", "user.email=e@example.org")
    command = ["git", *identity, "-C", str(where), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def commits(where: Path, number: int, branch: str, parent: str = "") -> str:
    """Add empty commits to a branch, quickly, and name the last."""
    tree, name = git(where, "write-tree"), parent
    for each in range(number):
        parents = ["-p", name] if name else []
        name = git(where, "commit-tree", tree, *parents, "-m", f"{branch} {each}")
    git(where, "update-ref", f"refs/heads/{branch}", name)
    return name


@pytest.fixture
def server(tmp_path: Path) -> Path:
    """A repository with twenty commits, as GitHub's own servers serve it."""
    place = tmp_path / "server"
    git(tmp_path, "init", "--quiet", "--initial-branch=main", str(place))
    git(place, "config", "uploadpack.allowAnySHA1InWant", "true")
    commits(place, 20, "main")
    return place


def fork_off(server: Path, base: int, head: int) -> tuple[str, str]:
    """Give `main` and `topic` so many commits of their own; name the last of each."""
    start = git(server, "rev-parse", "main")
    return commits(server, base, "main", start), commits(server, head, "topic", start)


def clone(server: Path, folder: Path, commit: str) -> Path:
    git(folder, "init", "--quiet", "clone")
    git(folder / "clone", "remote", "add", "origin", f"file://{server}")
    git(folder / "clone", "fetch", "--quiet", "--depth=1", "origin", commit)
    git(folder / "clone", "checkout", "--quiet", "--detach", commit)
    return folder / "clone"


@pytest.mark.parametrize(
    ("base", "head", "told"),
    [
        (3, 3, ["git fetch --deepen=50: done"]),
        (3, 70, ["git fetch --deepen=50: done", "git fetch --deepen=500: done"]),
    ],
)
def test_history_comes_in_growing_steps(
    base: int,
    head: int,
    told: list[str],
    server: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    main, topic = fork_off(server, base, head)
    place = clone(server, tmp_path, topic)
    assert bring_history(place, main, os.environ)
    lines = capsys.readouterr().out.splitlines()
    assert lines == [*(f"gate: {each}" for each in told), "gate: the merge base is here"]
    assert git(place, "merge-base", main, "HEAD")
    assert bring_history(place, main, os.environ)
    assert capsys.readouterr().out == "gate: the merge base is here\n"


def test_a_base_that_nobody_has_ends_after_few_tries(
    server: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, topic = fork_off(server, 1, 1)
    place = clone(server, tmp_path, topic)
    assert not bring_history(place, "f" * 40, os.environ)
    told = capsys.readouterr().out
    assert told.count("git fetch") == 4
    assert "set fetch-depth: 0 in the checkout step" in told


def test_a_full_clone_lacks_one_commit_and_does_not_become_shallow(
    server: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main, _ = fork_off(server, 2, 1)
    place = tmp_path / "full"
    options = ("--quiet", "--single-branch", "--branch", "topic")
    git(tmp_path, "clone", *options, f"file://{server}", str(place))
    assert bring_history(place, main, os.environ)
    assert git(place, "rev-parse", "--is-shallow-repository") == "false"
    assert capsys.readouterr().out.count("git fetch") == 1
    assert not bring_history(place, "f" * 40, os.environ)
    assert capsys.readouterr().out.count("git fetch") == 1


def test_the_token_goes_to_the_server_once_and_into_no_log(
    server: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    _, topic = fork_off(server, 1, 1)
    place = clone(server, tmp_path, topic)
    with serving() as web:
        git(place, "remote", "set-url", "origin", f"{web.url}/o/r")
        # What a checkout that keeps its credentials leaves behind.
        git(place, "config", f"http.{web.url}/.extraheader", "AUTHORIZATION: basic b2xk")
        environ = {**os.environ, "GITHUB_TOKEN": "ghs_secret", "GITHUB_SERVER_URL": web.url}
        assert not bring_history(place, "f" * 40, environ)
        expected = base64.b64encode(b"x-access-token:ghs_secret").decode()
        assert {token for _, _, token in web.asked} == {f"basic {expected}"}
    told = capfd.readouterr()
    assert "ghs_secret" not in told.out + told.err
    assert expected not in told.out + told.err
    assert "ghs_secret" not in (place / ".git/config").read_text()


def test_no_remote_and_no_server_are_told_and_nothing_else(
    server: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, topic = fork_off(server, 1, 1)
    place = clone(server, tmp_path, topic)
    git(place, "remote", "remove", "origin")
    assert not bring_history(place, "f" * 40, os.environ)
    assert "::" not in capsys.readouterr().out
