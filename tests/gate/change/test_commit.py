from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from gate.change.commit import Commit
from gate.errors import UsageError


@pytest.fixture
def commit(tmp_path: Path) -> Commit:
    """A commit with links of every kind; the working tree has moved on."""
    root = tmp_path / "repository"
    (root / "real/deep").mkdir(parents=True)
    (root / "real/a.toml").write_text("a\n")
    (root / "real/deep/b.py").write_text("b\n")
    (root / "top.py").write_text("top\n")
    for link, target in {
        "link.toml": "real/a.toml",
        "real/up.toml": "../top.py",
        "folder": "real",
        "chain": "folder/deep",
        "out.toml": "../outside.toml",
        "absolute.toml": "/etc/hostname",
        "loop": "loop",
        "dangling": "gone",
        "linked.py": "top.py",
    }.items():
        (root / link).symlink_to(target)
    for arguments in (("init", "--quiet"), ("add", "."), ("commit", "--quiet", "-m", "m")):
        identity = ("-c", "user.name=n", "-c", "user.email=e@example.org")
        subprocess.run(["git", *identity, "-C", root, *arguments], check=True)
    (root / "real/a.toml").write_text("changed since\n")
    return Commit(root, "HEAD")


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("real/a.toml", b"a\n"),
        ("link.toml", b"a\n"),
        ("real/up.toml", b"top\n"),
        ("folder/a.toml", b"a\n"),
        ("chain/b.py", b"b\n"),
        ("gone", None),
        ("real", None),
        ("real/a.toml/x", None),
        ("loop", None),
        ("dangling", None),
    ],
)
def test_files_are_read_as_they_were_and_links_are_followed(
    commit: Commit, path: str, content: bytes | None
) -> None:
    assert commit.read(path) == content


@pytest.mark.parametrize("path", ["out.toml", "absolute.toml"])
def test_a_link_that_leads_out_is_refused(commit: Commit, path: str) -> None:
    with pytest.raises(UsageError, match="leads out of the repository"):
        commit.read(path)


def test_several_files_are_read_at_once_and_remembered(commit: Commit) -> None:
    commit.fetch(("top.py", "link.toml", "gone", "top.py"))
    commit.name = "nowhere"
    assert [commit.read(path) for path in ("top.py", "link.toml", "gone")] == [
        b"top\n",
        b"a\n",
        None,
    ]


def test_python_files_are_regular_ones(commit: Commit) -> None:
    assert commit.python_files() == ("real/deep/b.py", "top.py")
