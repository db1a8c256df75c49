from __future__ import annotations

from pathlib import Path

from repositories import git, make_repository

from gate.source.branches import default_branch, tip_of


def test_the_branch_that_origin_names_is_the_default(tmp_path: Path) -> None:
    make_repository(tmp_path / "origin", {}, branch="trunk")
    git(tmp_path, "clone", "--quiet", str(tmp_path / "origin"), "clone")
    root = tmp_path / "clone"
    git(root, "checkout", "--quiet", "-b", "feature/one")
    assert default_branch(root).name == "trunk"
    assert "origin" in default_branch(root).why
    assert tip_of(root, "trunk") == "origin/trunk"


def test_without_a_remote_the_branch_that_is_checked_out_is_the_default(tmp_path: Path) -> None:
    root = make_repository(tmp_path, {}, branch="release/2.x")
    assert default_branch(root).name == "release/2.x"
    assert tip_of(root, "release/2.x") == "release/2.x"


def test_where_no_branch_is_checked_out_the_guess_is_called_one(tmp_path: Path) -> None:
    root = make_repository(tmp_path, {})
    git(root, "checkout", "--quiet", "--detach")
    assert default_branch(root).name == "main"
    assert "guess" in default_branch(root).why


def test_a_branch_that_is_not_here_has_no_tip(tmp_path: Path) -> None:
    assert tip_of(make_repository(tmp_path, {}), "elsewhere") is None
