from __future__ import annotations

import time
from pathlib import Path

from repositories import commit, git, make_repository, write_files

from gate.doctor.checkout import check_checkout, newest_commit
from gate.doctor.checks import Check
from gate.source.branches import default_branch


def checks(root: Path) -> dict[str, Check]:
    return {check.name: check for check in check_checkout(root, default_branch(root))}


def clone(tmp_path: Path, *options: str) -> Path:
    origin = make_repository(tmp_path / "origin", {"a.py": "a = 1\n"})
    for _ in range(3):
        commit(origin)
    git(tmp_path, "clone", "--quiet", *options, f"file://{origin}", "clone")
    return tmp_path / "clone"


def test_a_whole_clone_is_ok_and_names_the_base(tmp_path: Path) -> None:
    found = checks(clone(tmp_path))
    assert {check.status for check in found.values()} == {"ok"}
    assert "--base origin/main" in found["base"].message


def test_a_shallow_clone_is_a_warning_with_the_command(tmp_path: Path) -> None:
    check = checks(clone(tmp_path, "--depth=1"))["history"]
    assert check.status == "warning"
    assert "git fetch --unshallow" in check.remedy
    assert "fetch-depth: 0" in check.remedy


def test_a_shallow_clone_that_ends_before_the_merge_base_is_told(tmp_path: Path) -> None:
    origin = make_repository(tmp_path / "origin", {"a.py": "a = 1\n"})
    git(origin, "checkout", "--quiet", "-b", "work")
    write_files(origin, {"b.py": ""})
    commit(origin)
    git(origin, "checkout", "--quiet", "main")
    commit(origin)
    git(
        tmp_path, "clone", "--quiet", "--depth=1", "--no-single-branch", f"file://{origin}", "clone"
    )
    git(tmp_path / "clone", "checkout", "--quiet", "work")
    check = checks(tmp_path / "clone")["base"]
    assert check.status == "warning"
    assert "merge base" in check.message
    assert "git fetch" in check.remedy


def test_a_default_branch_that_is_not_here_is_a_warning(tmp_path: Path) -> None:
    root = make_repository(tmp_path, {})
    git(root, "checkout", "--quiet", "--detach")
    git(root, "branch", "--quiet", "--delete", "--force", "main")
    check = checks(root)["base"]
    assert check.status == "warning"
    assert "git fetch origin main" in check.remedy


def test_submodules_and_files_of_git_lfs_are_named(tmp_path: Path) -> None:
    root = make_repository(tmp_path, {})
    write_files(root, {".gitmodules": "", "data/.gitattributes": "*.bin filter=lfs diff=lfs\n"})
    found = checks(root)
    assert found["submodules"].status == found["lfs"].status == "warning"
    assert "data/.gitattributes" in found["lfs"].message


def test_the_newest_commit_of_any_branch_counts(tmp_path: Path) -> None:
    root = make_repository(tmp_path, {})
    later = int(time.time()) + 1_000_000
    git(root, "checkout", "--quiet", "-b", "other")
    stamp = {"GIT_COMMITTER_DATE": f"{later} +0000"}
    git(root, "commit", "--quiet", "--allow-empty", "-m", "later", **stamp)
    git(root, "checkout", "--quiet", "main")
    assert newest_commit(root) == later
    git(root, "update-ref", "refs/remotes/origin/other", "other")
    git(root, "branch", "--quiet", "--delete", "--force", "other")
    assert newest_commit(root) == later
