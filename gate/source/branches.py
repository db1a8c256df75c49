"""The branches of a repository: the one that changes are merged into, and where it comes from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from gate.source.git import ask

FALLBACK = "main"


@dataclass(frozen=True, slots=True)
class DefaultBranch:
    """The branch that changes are merged into, and how it is known."""

    name: str
    why: str


def default_branch(root: Path) -> DefaultBranch:
    """Name the default branch: origin's, else the one checked out, else `main`."""
    remote = ask(root, "symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD")
    if remote:
        return DefaultBranch(remote.removeprefix("origin/"), "origin's default branch")
    current = ask(root, "symbolic-ref", "--quiet", "--short", "HEAD")
    if current:
        return DefaultBranch(current, "the branch that is checked out, as origin names no default")
    return DefaultBranch(FALLBACK, "a guess: origin names no default, and no branch is checked out")


def tip_of(root: Path, branch: str) -> str | None:
    """Give the name by which git knows a branch here, origin's before one's own; None for neither."""
    for name in (f"refs/remotes/origin/{branch}", f"refs/heads/{branch}"):
        if ask(root, "rev-parse", "--verify", "--quiet", "--end-of-options", name):
            return name.removeprefix("refs/remotes/").removeprefix("refs/heads/")
    return None
