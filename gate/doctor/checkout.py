"""The checkout: a repository with its history, so that a change can be compared with its base."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from gate.doctor.checks import Check, ok, warning
from gate.errors import GateError
from gate.source.branches import DefaultBranch, tip_of
from gate.source.git import ask, merge_base
from gate.source.texts import text_or_nothing

_MOST_NAMED = 3


def check_checkout(root: Path, branch: DefaultBranch) -> Iterator[Check]:
    """Look at the depth of the history, the merge base, and at what git leaves out of a checkout."""
    yield ok("repository", str(root))
    yield _history(root)
    yield _base(root, branch)
    yield from _left_out(root)


def newest_commit(root: Path) -> float:
    """Give the time of the newest commit of any branch that is here, in seconds since 1970; 0 for none."""
    newest = ask(
        root, "for-each-ref", "--sort=-committerdate", "--count=1",
        "--format=%(committerdate:unix)", "refs/heads", "refs/remotes",
    )  # fmt: skip
    head = ask(root, "log", "-1", "--format=%ct", "HEAD")
    return max((float(each) for each in (newest, head) if each and each.isdigit()), default=0.0)


def _history(root: Path) -> Check:
    if ask(root, "rev-parse", "--is-shallow-repository") != "true":
        return ok("history", "full clone")
    return warning(
        "history",
        "this is a shallow clone: `gate check --base` needs the merge base",
        "git fetch --unshallow origin  (in a workflow: `fetch-depth: 0` for actions/checkout)",
    )


def _base(root: Path, branch: DefaultBranch) -> Check:
    tip = tip_of(root, branch.name)
    if tip is None:
        return warning(
            "base",
            f"there is no branch {branch.name} here ({branch.why})",
            f"git fetch origin {branch.name}:refs/remotes/origin/{branch.name}",
        )
    try:
        found = merge_base(root, tip)
    except GateError as error:
        return warning("base", error.message, error.hint)
    return ok("base", f"merge base with {tip}: {found[:12]}; gate check --base {tip}")


def _left_out(root: Path) -> Iterator[Check]:
    if (root / ".gitmodules").is_file():
        yield warning(
            "submodules",
            "there are submodules: their code is not measured, and the base is exported without them",
            "where tests need them, give actions/checkout `submodules: true`",
        )
    filtered = [path for path in _attributes(root) if "filter=lfs" in text_or_nothing(root / path)]
    if filtered:
        yield warning(
            "lfs",
            f"files are kept by git-lfs ({', '.join(filtered[:_MOST_NAMED])}): of the base they are what git "
            "holds, a pointer",
            "give actions/checkout `lfs: true`; tests that read such files are red on the base",
        )


def _attributes(root: Path) -> list[str]:
    listed = ask(root, "ls-files", "--cached", "--others", "--exclude-standard", "*.gitattributes")
    return (listed or "").splitlines()
