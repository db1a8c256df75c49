"""Real git repositories with the files that a test names."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

IDENTITY = ("-c", "user.name=n", "-c", "user.email=e@example.org")


def git(root: Path, *arguments: str, **environment: str) -> str:
    """Run git there and give what it prints."""
    finished = subprocess.run(
        ["git", *IDENTITY, "-C", str(root), *arguments],
        check=True,
        capture_output=True,
        env={**os.environ, **environment},
    )
    return finished.stdout.decode(errors="surrogateescape").strip()


def write_files(root: Path, files: Mapping[str, str]) -> None:
    """Write files by their path below the root."""
    for path, text in files.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


def make_repository(root: Path, files: Mapping[str, str], branch: str = "main") -> Path:
    """Make a repository with one commit of these files."""
    root.mkdir(parents=True, exist_ok=True)
    git(root, "init", "--quiet", f"--initial-branch={branch}")
    write_files(root, {"README": "a text\n", **files})
    commit(root)
    return root


def commit(root: Path) -> None:
    """Commit all that is there."""
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--allow-empty", "--message", "all")
