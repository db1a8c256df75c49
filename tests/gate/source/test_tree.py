from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from gate.errors import SetupError
from gate.source import tree
from gate.source.tree import tree_digest


def git(folder: Path, *arguments: str) -> None:
    settings = ("user.name=n", "user.email=e@example.org", "protocol.file.allow=always")
    options = [part for setting in settings for part in ("-c", setting)]
    command = ["git", *options, "-C", str(folder), *arguments]
    subprocess.run(command, check=True, capture_output=True)


def write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def commit(folder: Path) -> None:
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "more")


def make_repository(root: Path) -> Path:
    root.mkdir(parents=True)
    git(root, "init", "--quiet", "--initial-branch=main")
    write(root / "README", "a text\n")
    write(root / "pkg/a.py", "one = 1\ntwo = 2\n")
    commit(root)
    return root


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "repository")


def test_every_change_on_disk_is_noticed(root: Path) -> None:
    seen = {tree_digest(root)}
    changes = [
        lambda: write(root / "pkg/a.py", "one = 1\n"),
        lambda: write(root / "pkg/a.py", "one = 2\n"),
        lambda: (root / "pkg/a.py").chmod(0o755),
        lambda: write(root / "new.txt", "x\n"),
        lambda: write(root / "new.txt", "y\n"),
        lambda: (root / "new.txt").rename(root / "newer.txt"),
        lambda: (root / "link").symlink_to("pkg"),
        lambda: ((root / "link").unlink(), (root / "link").symlink_to("README")),
        lambda: ((root / "link").unlink(), write(root / "link", "README")),
        (root / "README").unlink,
        (root / os.fsdecode(b"\xff\n")).touch,
    ]
    for number, change in enumerate(changes, start=2):
        change()
        seen.add(tree_digest(root))
        assert len(seen) == number, f"change {number - 2} went unnoticed"


def test_staging_and_committing_change_nothing_on_disk(root: Path) -> None:
    write(root / "pkg/a.py", "one = 2\n")
    for name in ("a.txt", "new.txt", "z.txt"):
        write(root / name, "x\n")
    (root / "README").unlink()
    before = tree_digest(root)
    git(root, "add", "--all")
    assert tree_digest(root) == before
    git(root, "commit", "--quiet", "--message", "all")
    assert tree_digest(root) == before


def test_a_change_back_gives_the_first_digest_again(root: Path) -> None:
    before = tree_digest(root)
    write(root / "pkg/a.py", "one = 2\n")
    write(root / "pkg/a.py", "one = 1\ntwo = 2\n")
    os.utime(root / "README", (1, 1))
    assert tree_digest(root) == before


def test_a_checkout_elsewhere_has_the_same_digest(root: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "--quiet", str(root), str(tmp_path / "clone"))
    assert tree_digest(tmp_path / "clone") == tree_digest(root)


def test_an_edit_that_git_was_told_to_overlook_is_noticed(root: Path) -> None:
    before = tree_digest(root)
    git(root, "update-index", "--assume-unchanged", "pkg/a.py")
    write(root / "pkg/a.py", "one = 3\n")
    assert tree_digest(root) != before


def test_an_edit_that_keeps_size_and_time_is_noticed(root: Path) -> None:
    before, stamp = tree_digest(root), (root / "pkg/a.py").stat()
    write(root / "pkg/a.py", "one = 1\ntwo = 3\n")
    os.utime(root / "pkg/a.py", ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert tree_digest(root) != before


def test_a_link_that_spells_out_another_file_is_no_such_file(root: Path) -> None:
    file = root / "b"
    text = next(t for t in map(str, range(9999)) if 0 not in hashlib.sha256(t.encode()).digest())
    write(file, text)
    (root / "a").symlink_to("target")
    before = tree_digest(root)
    spelled = b"b%o %s" % (file.stat().st_mode, hashlib.sha256(text.encode()).digest())
    file.unlink()
    (root / "a").unlink()
    (root / "a").symlink_to("target" + os.fsdecode(spelled))
    assert tree_digest(root) != before


def test_a_merge_in_conflict_counts_what_is_on_disk(root: Path) -> None:
    git(root, "checkout", "--quiet", "-b", "other")
    write(root / "pkg/a.py", "one = 2\n")
    commit(root)
    git(root, "checkout", "--quiet", "main")
    write(root / "pkg/a.py", "one = 3\n")
    commit(root)
    with pytest.raises(subprocess.CalledProcessError):
        git(root, "merge", "other")
    in_conflict = tree_digest(root)
    git(root, "add", "pkg/a.py")
    assert tree_digest(root) == in_conflict


@pytest.mark.parametrize("excluding", [("out", "report.json"), ("out/", "report.json")])
def test_ignored_files_the_out_folder_and_bytecode_do_not_count(
    root: Path, excluding: tuple[str, ...]
) -> None:
    write(root / ".gitignore", "ignored\n")
    before = tree_digest(root, excluding)
    write(root / "ignored", "x\n")
    write(root / "out/results.json", "x\n")
    write(root / "report.json", "x\n")
    write(root / "pkg/__pycache__/m.cpython-311.pyc", "x\n")
    assert tree_digest(root, excluding) == before
    write(root / "outer/results.json", "x\n")
    assert tree_digest(root, excluding) != before


def test_a_file_that_is_ignored_and_tracked_counts(root: Path) -> None:
    write(root / ".gitignore", "data.bin\n")
    write(root / "data.bin", "x\n")
    git(root, "add", "--force", "data.bin")
    before = tree_digest(root)
    write(root / "data.bin", "y\n")
    assert tree_digest(root) != before


def test_a_huge_file_counts_by_size_and_time(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree, "HASHED_BYTES", 10)
    huge = root / "huge.bin"
    write(huge, "x" * 11)
    os.utime(huge, ns=(0, 5))
    before = tree_digest(root)
    write(huge, "y" * 11)
    os.utime(huge, ns=(0, 5))
    assert tree_digest(root) == before
    os.utime(huge, ns=(0, 6))
    assert tree_digest(root) != before
    write(huge, "y" * 12)
    os.utime(huge, ns=(0, 5))
    assert tree_digest(root) != before
    write(huge, "y" * 10)
    os.utime(huge, ns=(0, 6))
    small = tree_digest(root)
    write(huge, "x" * 10)
    os.utime(huge, ns=(0, 6))
    assert tree_digest(root) != small


def add_submodule(root: Path, tmp_path: Path) -> Path:
    other = make_repository(tmp_path / "other")
    git(root, "submodule", "--quiet", "add", str(other), "vendor/inner")
    commit(root)
    return root / "vendor/inner"


def test_an_edit_inside_a_submodule_is_noticed(root: Path, tmp_path: Path) -> None:
    inner = add_submodule(root, tmp_path)
    write(inner / ".gitignore", "ignored\n")
    before = tree_digest(root)
    write(inner / "ignored", "x\n")
    assert tree_digest(root) == before
    write(inner / "pkg/a.py", "one = 3\n")
    assert tree_digest(root) != before


@pytest.mark.parametrize("broken", [False, True], ids=["empty", "lost"])
def test_a_submodule_without_its_repository_counts_by_its_files(
    root: Path, tmp_path: Path, broken: bool
) -> None:
    inner = add_submodule(root, tmp_path)
    (inner / ".git").unlink()
    if broken:
        write(inner / ".git", "gitdir: ../../nowhere\n")
    before = tree_digest(root)
    if broken:
        write(inner / ".git", "gitdir: ../../elsewhere\n")
        assert tree_digest(root) == before
    write(inner / "pkg/a.py", "one = 3\n")
    changed = tree_digest(root)
    assert changed != before
    shutil.rmtree(inner)
    inner.mkdir()
    assert tree_digest(root) not in {before, changed}


def test_an_edit_inside_an_embedded_repository_is_noticed(root: Path) -> None:
    inner = make_repository(root / "tools/inner")
    before = tree_digest(root)
    git(root, "add", "tools/inner")
    assert tree_digest(root) == before
    write(inner / "pkg/a.py", "one = 3\n")
    assert tree_digest(root) != before
    assert tree_digest(root, excluding=["tools"]) == tree_digest(root, excluding=["tools/inner"])


def test_a_link_to_a_folder_is_not_followed(root: Path, tmp_path: Path) -> None:
    write(tmp_path / "outside/file", "x\n")
    (root / "link").symlink_to(tmp_path / "outside")
    (root / "loop").symlink_to(".")
    before = tree_digest(root)
    write(tmp_path / "outside/file", "y\n")
    assert tree_digest(root) == before


def test_taking_the_digest_writes_nothing(root: Path) -> None:
    os.utime(root / "README", (1, 1))
    index = (root / ".git/index").read_bytes()
    tree_digest(root)
    assert (root / ".git/index").read_bytes() == index


def test_a_folder_that_is_no_repository_is_a_setup_error(tmp_path: Path) -> None:
    with pytest.raises(SetupError):
        tree_digest(tmp_path)
