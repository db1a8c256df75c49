"""The only door to git: the files of a repository, its state, and the lines that a change adds.

The user's git configuration has no say: the same commit gives the same answer on every machine.
Paths are POSIX, relative to the root; bytes that are no UTF-8 are kept as surrogates.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from io import BytesIO
from pathlib import Path
from shlex import split
from shutil import copy2
from tempfile import TemporaryDirectory
from typing import Literal

from gate.errors import GateError, MissingEvidenceError, SetupError, UsageError
from gate.model import ChangedFile, ChangedLines
from gate.source.code import as_python_counts, count_lines
from gate.source.patch import added_lines, unquoted

SECONDS = 300

# git's guard against a stranger's configuration protects nothing here: whoever gates a
# repository runs its tests. The user's own list of exceptions is not read.
_HARDENED = split(
    "git --no-pager --no-optional-locks -c core.quotepath=off -c core.fsmonitor=false "
    "-c core.excludesFile=/dev/null -c core.attributesFile=/dev/null -c diff.external= "
    "-c diff.autoRefreshIndex=true -c diff.orderFile=/dev/null -c safe.directory=*"
)
# Without --text, a line `*.py -diff` in .gitattributes would hide every change.
_DIFF = split(
    "diff --no-ext-diff --no-textconv --text --no-color --src-prefix=a/ "
    "--dst-prefix=b/ --diff-algorithm=histogram --indent-heuristic --find-renames -l1000 "
    "--ignore-submodules=all --inter-hunk-context=0 -U0"
)
_DIRT = split("status --porcelain=v2 -z --untracked-files=no --no-renames --ignore-submodules=all")
_PYTHON = ":(glob)**/*.py"
_LISTING = ("ls-files", "-z", "--exclude-standard")
_SHA = re.compile(r"[0-9a-f]{7,64}", re.IGNORECASE)
_STATUS: Mapping[str, Literal["added", "deleted", "renamed"]] = {
    "A": "added",
    "D": "deleted",
    "R": "renamed",
}


def repository_root(start: Path) -> Path:
    """Find the root of the working tree around `start`, a folder or a file.

    Raises SetupError: no git on the PATH, not a repository, no working tree, no commit yet.
    """
    folder = start.parent if start.is_file() else start
    finished = _run(folder, "rev-parse", "--show-toplevel")
    if finished.returncode != 0 or not finished.stdout.strip():
        raise _no_root(folder, _text(finished.stderr))
    root = Path(os.fsdecode(finished.stdout.removesuffix(b"\n"))).resolve()
    _head(root)
    return root


def python_files(root: Path) -> tuple[str, ...]:
    """List the Python files, sorted: tracked or untracked, not ignored, and on disk.

    A symbolic link is not listed; a file of the repository that it leads to is, once.
    """
    tracked = _names(_git(root, *_LISTING, "--cached", "--", _PYTHON))
    untracked = (path for path in _others(root) if path.endswith(".py"))
    real_root = os.path.realpath(root)
    listed = {*tracked, *untracked}
    return tuple(sorted(path for path in listed if _is_own_file(real_root, path)))


def listed_files(root: Path) -> tuple[str, ...]:
    """List what git does not ignore, tracked (deleted or not) and untracked, in no order, some twice.

    A submodule or a repository inside is listed as its folder, whose name may end in a slash.
    """
    return (*_names(_git(root, *_LISTING, "--cached")), *_others(root))


def changed_lines(root: Path, base: str) -> ChangedLines:
    """Compare the working tree with the merge base of `base` (branch, tag or SHA) and HEAD.

    Lines are those that Python counts; only `.py` files have any, other files are named alone.
    Raises UsageError (unknown base, unrelated histories) and MissingEvidenceError (a shallow
    clone that ends before the merge base).
    """
    head, dirty = head_state(root)
    merge_base = _merge_base(root, base, head)
    files = _tracked_changes(root, merge_base) | _untracked(root)
    return ChangedLines(
        base=base,
        merge_base=merge_base,
        head=head,
        dirty=dirty,
        files=tuple(files[path] for path in sorted(files)),
    )


def merge_base(root: Path, base: str) -> str:
    """Give the full name of the commit that the work on HEAD started from; errors as `changed_lines`."""
    return _merge_base(root, base, _head(root))


def head_state(root: Path) -> tuple[str, bool]:
    """Give the full name of HEAD, and whether the working tree or the index differ from it.

    Untracked files that are not ignored count as a difference, those of a virtual environment do not.
    """
    return _head(root), bool(_git(root, *_DIRT) or _others(root))


def file_at(root: Path, rev: str, path: str) -> bytes | None:
    """Read a regular file as it was at `rev`; None when there is none at that path.

    Raises UsageError when `rev` is unknown.
    """
    mode, blob = entries_at(root, rev, (path,)).get(path, ("", ""))
    return read_blob(root, blob) if mode.startswith("100") else None


def entries_at(root: Path, rev: str, paths: Sequence[str] = ()) -> dict[str, tuple[str, str]]:
    """Map those of the paths that `rev` has, or all, to their mode in git and the name of their object.

    Raises UsageError when `rev` is unknown.
    """
    commit = _commit(root, rev)
    if commit is None:
        raise _unknown(root, rev)
    everything = () if paths else ("-r",)
    listing = ("ls-tree", "-z", "--full-tree", *everything, commit, "--", *paths)
    entries = {}
    for entry in _git(root, "--literal-pathspecs", *listing).split(b"\0"):
        fields, _, name = entry.partition(b"\t")
        if name:
            mode, _, blob = _text(fields).split(" ")
            entries[os.fsdecode(name)] = mode, blob
    return entries


def read_blob(root: Path, blob: str) -> bytes:
    """Read an object by its full name."""
    return _git(root, "cat-file", "blob", blob)


def tree_at(root: Path, rev: str) -> Iterator[tuple[str, str, str]]:
    """Yield mode (six octal digits), object name and path of all that a commit holds."""
    listed = _git(root, "ls-tree", "-r", "-z", "--full-tree", rev)
    for entry in filter(None, listed.split(b"\0")):
        fields, _, name = entry.partition(b"\t")
        mode, _, found = _text(fields).split(" ")
        yield mode, found, os.fsdecode(name)


def blobs(root: Path, names: Sequence[str]) -> Iterator[bytes]:
    """Yield what each of these objects holds, in their order; raises SetupError when one is missing."""
    asked = "".join(f"{name}\n" for name in names).encode()
    finished = _run(root, "cat-file", "--batch", data=asked)
    stream = BytesIO(finished.stdout)
    for name in names:
        head = _text(stream.readline()).split(" ")
        if head[:2] != [name, "blob"]:
            raise SetupError(f"the object {name} is not here: {' '.join(head)}", "Run `git fsck`.")
        yield stream.read(int(head[2]))
        stream.read(1)


def ignored_files(root: Path) -> tuple[str, ...]:
    """List what git ignores; a folder of which all is ignored is one entry, which ends in a slash."""
    arguments = (*_LISTING, "--others", "--ignored", "--directory")
    return tuple(_names(_git(root, *arguments)))


def is_tracked(root: Path, paths: Sequence[str]) -> bool:
    """Tell whether git tracks any of these paths, or something below one of them."""
    if not paths:
        return False
    return bool(_git(root, "--literal-pathspecs", "ls-files", "-z", "--cached", "--", *paths))


def ask(root: Path, *arguments: str) -> str | None:
    """Ask git one thing about the repository; None when it has no answer."""
    finished = _run(root, *arguments)
    return _text(finished.stdout) if finished.returncode == 0 else None


def _run(
    folder: Path, *arguments: str, index: Path | None = None, data: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    """Run git in `folder`, without a terminal, in English, with the repository's own rules only."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    environment |= {
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "LC_ALL": "C",
        "LANGUAGE": "",
    }
    environment |= {"GIT_INDEX_FILE": str(index)} if index else {}
    command = [*_HARDENED, "-C", os.fspath(folder), *arguments]
    try:
        return subprocess.run(
            command,
            env=environment,
            input=data,
            capture_output=True,
            check=False,
            timeout=SECONDS,
        )
    except (FileNotFoundError, PermissionError) as error:
        raise SetupError(
            "There is no git on the PATH.", "Install git, or add its folder to PATH."
        ) from error
    except subprocess.TimeoutExpired as error:
        raise SetupError(
            f"git {arguments[0]} gave no answer within {SECONDS} s in {folder}.",
            "Run the command by hand: is the disk, or the remote of a partial clone, in reach?",
        ) from error


def _git(root: Path, *arguments: str, index: Path | None = None) -> bytes:
    finished = _run(root, *arguments, index=index)
    if finished.returncode != 0:
        reason = _text(finished.stderr) or f"exit status {finished.returncode}"
        hint = "Run `git fsck` and `git status` there."
        raise SetupError(f"git {arguments[0]} failed in {root}: {reason}", hint)
    return finished.stdout


def _text(raw: bytes) -> str:
    return raw.decode(errors="replace").strip()


def _no_root(folder: Path, reason: str) -> SetupError:
    if not folder.is_dir():
        return SetupError(f"There is no folder {folder}.", "Name a folder inside a git repository.")
    if "not a git repository" in reason:
        hint = "Change into a checkout, or run `git init` and commit."
        return SetupError(f"{folder} is not in a git repository.", hint)
    if "work tree" in reason or not reason:
        return SetupError(f"{folder} has no working tree.", "Run the gate in a checkout.")
    return SetupError(f"git cannot read the repository at {folder}: {reason}", "Run `git status`.")


def _head(root: Path) -> str:
    if head := _commit(root, "HEAD"):
        return head
    hint = "Commit something first: `git add -A && git commit`."
    raise SetupError(f"The repository at {root} has no commit yet.", hint)


def _commit(root: Path, name: str) -> str | None:
    """Resolve a name to the full name of a commit that is here."""
    if not name or "\0" in name:
        return None
    finished = _run(
        root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}"
    )
    return _text(finished.stdout) if finished.returncode == 0 else None


def _names(listed: bytes) -> Iterator[str]:
    return (os.fsdecode(name) for name in listed.split(b"\0") if name)


def _is_own_file(real_root: str, path: str) -> bool:
    """Say whether a path is a regular file in the tree, reached without a symbolic link."""
    absolute = os.path.join(real_root, path)
    return os.path.isfile(absolute) and os.path.realpath(absolute) == absolute


def _merge_base(root: Path, base: str, head: str) -> str:
    commit = _commit(root, base)
    shallow = _text(_git(root, "rev-parse", "--is-shallow-repository")) == "true"
    if commit is None and shallow and _SHA.fullmatch(base):
        raise _too_shallow(root, f"The commit {base} is not in this shallow clone.")
    if commit is None:
        raise _unknown(root, base)
    finished = _run(root, "merge-base", commit, head)
    if finished.returncode == 0:
        return _text(finished.stdout)
    if shallow:
        message = f"This shallow clone ends before the merge base of {base!r} and HEAD."
        raise _too_shallow(root, message)
    hint = "Name the branch that this work started from."
    raise UsageError(f"{base!r} and HEAD have no common history.", hint)


def _too_shallow(root: Path, message: str) -> GateError:
    remotes = _text(_git(root, "remote")).split()
    if not remotes:
        return MissingEvidenceError(message, "Clone the repository again without --depth.")
    remote = "origin" if "origin" in remotes else remotes[0]
    return MissingEvidenceError(
        message,
        f"Run `git fetch --unshallow {remote}`, or `git fetch --deepen=200 {remote}` "
        "until the merge base is here.",
    )


def _unknown(root: Path, base: str) -> UsageError:
    listed = _git(
        root, "for-each-ref", "--format=%(refname:short)", "refs/heads", "refs/tags", "refs/remotes"
    )
    refs = [ref for ref in listed.decode(errors="replace").split("\n") if ref]
    same = [ref for ref in refs if base and ref.endswith(f"/{base}")]
    near = dict.fromkeys([*same, *get_close_matches(base, refs, n=5, cutoff=0.5)])
    meant = f"Did you mean {', '.join(list(near)[:5])}? " if near else ""
    return UsageError(
        f"There is no branch, tag or commit {base!r} here.",
        f"{meant}If it exists elsewhere, bring it here with `git fetch origin`.",
    )


def _tracked_changes(root: Path, merge_base: str) -> dict[str, ChangedFile]:
    """Name every tracked file that differs; Python files come with their lines.

    Renames are looked for among Python files alone, so text that becomes code is all new.
    """
    with TemporaryDirectory(prefix="gate-git-") as scratch:
        index = _copy_of_index(root, Path(scratch))
        every = _git(
            root, *_DIFF, "--no-renames", "--name-status", "-z", merge_base, "--", index=index
        )
        python = _git(root, *_DIFF, "--raw", "-p", merge_base, "--", _PYTHON, index=index)
    names = _names(every)
    others = {
        path: ChangedFile(path, frozenset(), _STATUS.get(letter, "modified"))
        for letter, path in zip(names, names, strict=True)
        if not path.endswith(".py")
    }
    return others | {file.path: file for file in _read_patch(root, python)}


def _copy_of_index(root: Path, folder: Path) -> Path:
    """Copy the index with its time stamp: `git diff` refreshes the one it reads, on disk."""
    index = root / _text(_git(root, "rev-parse", "--git-path", "index"))
    if index.is_file():
        copy2(index, folder)
    return folder / "index"


def _read_patch(root: Path, output: bytes) -> Iterator[ChangedFile]:
    """Join the entries of `git diff --raw` with the lines that the patch below them adds."""
    raw, _, patch = output.partition(b"\n\n")
    added = added_lines(patch.split(b"\n"))
    for entry in raw.removesuffix(b"\n").split(b"\n") if raw else ():
        fields, *names = entry.split(b"\t")
        _, mode, _, _, status = fields.split(b" ")
        *old, path = map(unquoted, names)
        is_file = mode.startswith(b"100")
        lines = added.get(path, frozenset()) if is_file else frozenset()
        yield ChangedFile(
            path=path,
            lines=as_python_counts(_bytes(root / path), lines) if lines else lines,
            status=_STATUS.get(chr(status[0]), "modified"),
            old_path=old[0] if old else None,
        )


def _untracked(root: Path) -> dict[str, ChangedFile]:
    real_root = os.path.realpath(root)
    return {
        path: ChangedFile(path, _every_line(root / path), "untracked")
        for path in _others(root)
        if _is_own_file(real_root, path)
    }


def _others(root: Path) -> list[str]:
    """List what is untracked and not ignored, without virtual environments: these are not the project's."""
    paths = list(_names(_git(root, *_LISTING, "--others")))
    environments = tuple(
        path.removesuffix("pyvenv.cfg") for path in paths if path.endswith("/pyvenv.cfg")
    )
    return [path for path in paths if not path.startswith(environments)]


def _every_line(path: Path) -> frozenset[int]:
    if not path.name.endswith(".py"):
        return frozenset()
    return frozenset(range(1, count_lines(_bytes(path)) + 1))


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise SetupError(f"{path} cannot be read: {error.strerror}", "Check its rights.") from error
