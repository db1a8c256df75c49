from __future__ import annotations

import stat
import subprocess
from pathlib import Path

import pytest

from gate.errors import SetupError, UsageError
from gate.model import Mutant
from gate.mutate import applied
from gate.mutate.generate import generate

PATH = "pkg/a.py"
# Bytes that a careless writer changes: a byte order mark, CRLF, no newline at the end.
SOURCES = {
    "plain": b"def f(a):\n    return a + 1\n",
    "windows": b"\xef\xbb\xbfdef f(a):\r\n    return a + 1",
    "latin-1": b"# coding: latin-1\n# \xe9\ndef f(a):\n    return a + 1\n",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "pkg").mkdir()
    (tmp_path / "out").mkdir()
    commit(tmp_path, SOURCES["plain"])
    return tmp_path


def commit(root: Path, source: bytes) -> None:
    (root / PATH).write_bytes(source)
    (root / ".gitignore").write_text("out/\n")
    identity = ("-c", "user.name=n", "-c", "user.email=e@example.org")
    for arguments in (("init", "--quiet"), ("add", "."), ("commit", "--quiet", "-m", "one")):
        subprocess.run(["git", *identity, "-C", root, *arguments], check=True)


def mutant_of(source: bytes) -> Mutant:
    return next(each for each in generate(PATH, source) if each.replacement.endswith("a - 1"))


@pytest.mark.parametrize("name", SOURCES)
def test_a_mutant_is_written_and_the_file_put_back_byte_for_byte(tmp_path: Path, name: str) -> None:
    source = SOURCES[name]
    (tmp_path / "pkg").mkdir()
    (tmp_path / "out").mkdir()
    commit(tmp_path, source)
    file, out = tmp_path / PATH, tmp_path / "out"
    file.chmod(0o755)
    subprocess.run(["git", "-C", tmp_path, "config", "core.fileMode", "false"], check=True)
    applied.apply(tmp_path, out, mutant_of(source))
    assert file.read_bytes() == source.replace(b"a + 1", b"a - 1")
    assert stat.S_IMODE(file.stat().st_mode) == 0o755
    applied.undo(tmp_path, out)
    assert file.read_bytes() == source
    assert applied.applied(out) is None
    assert list(out.iterdir()) == []


def test_one_mutant_stands_at_a_time(root: Path) -> None:
    mutant = mutant_of(SOURCES["plain"])
    applied.apply(root, root / "out", mutant)
    with pytest.raises(UsageError, match=f"mutant {mutant.id} stands in {PATH} already") as caught:
        applied.apply(root, root / "out", mutant)
    assert "--undo" in caught.value.hint


@pytest.mark.parametrize("state", ["edited", "staged", "untracked"])
def test_a_file_with_changes_that_are_not_committed_is_refused(root: Path, state: str) -> None:
    if state == "untracked":
        subprocess.run(["git", "-C", root, "rm", "--quiet", "--cached", PATH], check=True)
    else:
        (root / PATH).write_bytes(SOURCES["plain"] + b"# mine\n")
    if state == "staged":
        subprocess.run(["git", "-C", root, "add", "."], check=True)
    before = (root / PATH).read_bytes()
    with pytest.raises(UsageError, match="has changes that are not committed"):
        applied.apply(root, root / "out", mutant_of(SOURCES["plain"]))
    assert (root / PATH).read_bytes() == before


def test_without_a_mutant_there_is_nothing_to_undo(root: Path) -> None:
    with pytest.raises(UsageError, match="nothing to undo"):
        applied.undo(root, root / "out")


@pytest.mark.parametrize("writes", [1, 2])
def test_an_apply_that_ends_half_way_loses_nothing(
    root: Path, writes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It writes the original, the note, and the file, in this order."""
    left, write = [writes], applied._write

    def few(path: Path, data: bytes) -> None:
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1
        write(path, data)

    monkeypatch.setattr(applied, "_write", few)
    with pytest.raises(KeyboardInterrupt):
        applied.apply(root, root / "out", mutant_of(SOURCES["plain"]))
    monkeypatch.undo()
    assert (root / PATH).read_bytes() == SOURCES["plain"]
    if writes == 2:
        applied.undo(root, root / "out")
    applied.apply(root, root / "out", mutant_of(SOURCES["plain"]))
    applied.undo(root, root / "out")
    assert (root / PATH).read_bytes() == SOURCES["plain"]


def test_a_file_that_was_edited_since_is_not_overwritten(root: Path) -> None:
    applied.apply(root, root / "out", mutant_of(SOURCES["plain"]))
    (root / PATH).write_bytes(b"mine")
    with pytest.raises(UsageError, match="was edited after mutant") as caught:
        applied.undo(root, root / "out")
    assert "out/applied/original" in caught.value.message + caught.value.hint
    assert (root / PATH).read_bytes() == b"mine"
    assert (root / "out/applied/original").read_bytes() == SOURCES["plain"]


def test_an_original_that_is_another_by_now_is_not_put_back(root: Path) -> None:
    applied.apply(root, root / "out", mutant_of(SOURCES["plain"]))
    (root / "out/applied/original").write_bytes(b"other")
    with pytest.raises(UsageError, match="no longer the original") as caught:
        applied.undo(root, root / "out")
    assert f"git checkout -- {PATH}" in caught.value.hint


def test_a_file_that_is_gone_is_put_back(root: Path) -> None:
    applied.apply(root, root / "out", mutant_of(SOURCES["plain"]))
    (root / PATH).unlink()
    applied.undo(root, root / "out")
    assert (root / PATH).read_bytes() == SOURCES["plain"]


def test_a_note_that_cannot_be_read_is_a_clear_error(root: Path) -> None:
    (root / "out/applied").mkdir()
    (root / "out/applied/state.json").write_text("[]")
    with pytest.raises(UsageError, match=r"state\.json cannot be read"):
        applied.undo(root, root / "out")


def test_nothing_is_kept_behind_a_link(root: Path, tmp_path: Path) -> None:
    (root / "out/applied").symlink_to(tmp_path)
    with pytest.raises(SetupError, match="is a link"):
        applied.apply(root, root / "out", mutant_of(SOURCES["plain"]))
    assert (root / PATH).read_bytes() == SOURCES["plain"]


def test_an_encoding_that_lacks_a_character_of_the_change_is_named(root: Path) -> None:
    from dataclasses import replace

    commit(root, SOURCES["latin-1"])
    mutant = replace(mutant_of(SOURCES["latin-1"]), replacement="a + '€'")
    with pytest.raises(UsageError, match=f"the encoding of {PATH} cannot hold the change"):
        applied.apply(root, root / "out", mutant)
