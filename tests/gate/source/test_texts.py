from __future__ import annotations

import hashlib
import os
import subprocess
from pathlib import Path

import pytest

from gate.source.texts import read_texts, text_or_nothing


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    (folder / "pkg").mkdir(parents=True)
    (folder / "pkg" / "a.py").write_bytes(b"one = 1\r\ntwo = 2\n")
    identity = ["-c", "user.name=n", "-c", "user.email=e@example.org"]
    for arguments in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "-m", "first"]):
        subprocess.run(["git", *identity, "-C", str(folder), *arguments], check=True)
    return folder


def test_files_are_read_as_they_are_from_any_folder_inside(root: Path) -> None:
    assert read_texts(root / "pkg", {"pkg/a.py": ""}) == {"pkg/a.py": "one = 1\r\ntwo = 2\n"}


def test_a_file_that_is_no_longer_the_one_that_was_measured_is_left_out(root: Path) -> None:
    path = root / "pkg" / "a.py"
    digests = {"pkg/a.py": hashlib.sha256(path.read_bytes()).hexdigest()}
    assert set(read_texts(root, digests)) == {"pkg/a.py"}
    path.write_bytes(b"one = 1\ntwo = 2\n")
    assert read_texts(root, digests) == {}


def test_nothing_is_read_that_git_does_not_list_as_python(root: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.py"
    secret.write_text("PASSWORD = 1\n")
    (root / "notes.txt").write_text("a text\n")
    (root / ".gitignore").write_text("ignored.py\n")
    (root / "ignored.py").write_text("x = 1\n")
    os.symlink(secret, root / "link.py")
    asked = [
        str(secret),
        "../secret.py",
        "pkg/../../secret.py",
        "notes.txt",
        "ignored.py",
        "link.py",
    ]
    assert read_texts(root, dict.fromkeys(asked, "")) == {}


def test_a_file_is_decoded_by_its_own_cookie(root: Path) -> None:
    (root / "latin.py").write_bytes("# coding: latin-1\nname = 'é'\n".encode("latin-1"))
    (root / "mark.py").write_bytes(b"\xef\xbb\xbfx = 1\n")
    (root / "broken.py").write_bytes(b"name = '\xff'\n")
    read = read_texts(root, dict.fromkeys(["latin.py", "mark.py", "broken.py"], ""))
    assert read == {"latin.py": "# coding: latin-1\nname = 'é'\n", "mark.py": "x = 1\n"}


def test_outside_a_repository_there_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\n")
    assert read_texts(tmp_path, {"a.py": ""}) == {}


def test_what_cannot_be_decoded_is_replaced_and_what_is_not_there_is_nothing(root: Path) -> None:
    (root / "notes.txt").write_bytes(b"a\xffb\n")
    assert text_or_nothing(root / "notes.txt") == "a\ufffdb\n"
    assert text_or_nothing(root / "gone.txt") == text_or_nothing(root) == ""
