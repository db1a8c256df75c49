from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from gate.errors import SetupError
from gate.source.export import export
from gate.source.git import tree_at


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "repository"
    root.mkdir()
    git(root, "init", "-q", "-b", "main")
    return root


def git(root: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=n", "-c", "user.email=e@example.org", "-c", "core.autocrlf=false")
    subprocess.run(["git", *identity, "-C", str(root), *arguments], check=True, capture_output=True)


def write(root: Path, path: str, text: bytes = b"x = 1\n") -> Path:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_bytes(text)
    return root / path


def commit(root: Path) -> None:
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "all")


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_commit_is_on_disk_as_git_holds_it_whatever_attributes_say(root: Path) -> None:
    odd = os.fsdecode(b"odd \xff\n name.py")
    held = {
        ".gitattributes": b"* text eol=crlf\ntests export-ignore\n*.py export-subst\n",
        "pkg/a.py": b"# $Format:%H$\n",
        "tests/test_a.py": b"a\r\nb\n",
        "empty": b"",
        odd: b"x",
    }
    for path, data in held.items():
        write(root, path, data)
    # As the blobs are, not as they would be normalised.
    git(root, "config", "core.attributesFile", os.devnull)
    commit(root)
    for path in held:
        (root / path).unlink()
    into = root.parent / "base"
    export(root, "HEAD", into)
    assert files(into) == {**held, "tests/test_a.py": b"a\nb\n"}


def test_modes_and_links_are_kept(root: Path) -> None:
    write(root, "run.sh").chmod(0o755)
    write(root, "pkg/a.py")
    (root / "link.py").symlink_to("pkg/a.py")
    commit(root)
    into = root.parent / "base"
    export(root, "HEAD", into)
    assert os.access(into / "run.sh", os.X_OK)
    assert not os.access(into / "pkg/a.py", os.X_OK)
    assert os.readlink(into / "link.py") == "pkg/a.py"


def test_what_git_ignores_is_linked_to_where_the_commit_has_the_folder(root: Path) -> None:
    write(root, ".gitignore", b"_version.py\nbuilt/\n.venv/\n__pycache__/\nelsewhere/\n")
    write(root, "pkg/a.py")
    commit(root)
    for path in ("pkg/_version.py", "pkg/built/x.so", ".venv/y.py", "pkg/__pycache__/a.pyc"):
        write(root, path, b"ignored")
    write(root, "new/tracked.py")
    write(root, "new/_version.py", b"ignored")
    write(root, "pkg/untracked.py")
    into = root.parent / "base"
    export(root, "HEAD", into)
    links = {p.relative_to(into).as_posix() for p in into.rglob("*") if p.is_symlink()}
    assert links == {"pkg/_version.py", "pkg/built"}
    assert (into / "pkg/_version.py").read_bytes() == b"ignored"
    assert not (into / "pkg/untracked.py").exists()


def test_a_repository_is_left_as_it_is(root: Path) -> None:
    write(root, "a.py")
    commit(root)
    before = {str(p): p.stat().st_mtime_ns for p in root.rglob("*")}
    export(root, "HEAD", root.parent / "base")
    assert {str(p): p.stat().st_mtime_ns for p in root.rglob("*")} == before


def test_more_files_than_are_read_at_once_are_all_there(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gate.source.export.AT_ONCE", 3)
    for number in range(10):
        write(root, f"f{number}.py", b"%d" % number)
    commit(root)
    export(root, "HEAD", root.parent / "base")
    assert len(files(root.parent / "base")) == 10
    assert len(list(tree_at(root, "HEAD"))) == 10


def test_a_missing_object_and_an_unwritable_place_are_refused(root: Path) -> None:
    file = write(root, "a.py", b"to be lost")
    commit(root)
    into = root.parent / "base"
    with pytest.raises(SetupError, match="cannot be written"):
        export(root, "HEAD", file / "below")
    (_, name, _) = next(tree_at(root, "HEAD"))
    (root / ".git/objects" / name[:2] / name[2:]).unlink()
    with pytest.raises(SetupError, match=f"the object {name} is not here"):
        export(root, "HEAD", into)
