from __future__ import annotations

import os
from pathlib import Path

import pytest

from gate.errors import ExitCode, SetupError, UsageError
from gate.init.write import existing, write_new

TEXTS = {"policies/a.toml": "a = 1\n", ".github/workflows/b.yml": "ü: 2\n"}


def content(root: Path) -> dict[str, str]:
    return {
        path.relative_to(root).as_posix(): path.read_text(encoding="utf-8")
        for path in root.rglob("*")
        if path.is_file()
    }


def test_all_files_are_written_with_their_folders(tmp_path: Path) -> None:
    write_new(tmp_path, TEXTS)
    assert content(tmp_path) == TEXTS


@pytest.mark.parametrize("kind", ["file", "folder", "link", "dangling link"])
def test_whatever_stands_in_the_way_nothing_is_written(tmp_path: Path, kind: str) -> None:
    there = tmp_path / ".github/workflows/b.yml"
    there.parent.mkdir(parents=True)
    match kind:
        case "file":
            there.write_text("mine")
        case "folder":
            there.mkdir()
        case "link":
            there.symlink_to(Path(__file__))
        case _:
            there.symlink_to(tmp_path / "nowhere")
    before = content(tmp_path)
    with pytest.raises(UsageError, match=r"b\.yml") as raised:
        write_new(tmp_path, TEXTS)
    assert raised.value.exit_code == ExitCode.USAGE
    assert content(tmp_path) == before
    assert not (tmp_path / "policies").exists()


def test_every_file_in_the_way_is_named(tmp_path: Path) -> None:
    write_new(tmp_path, TEXTS)
    assert existing(tmp_path, TEXTS) == tuple(TEXTS)
    with pytest.raises(UsageError) as raised:
        write_new(tmp_path, TEXTS)
    assert all(path in raised.value.message for path in TEXTS)


def test_a_link_that_leads_nowhere_is_there(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to(tmp_path / "nowhere")
    assert existing(tmp_path, {"a": "", "b": ""}) == ("a",)


def test_a_folder_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / ".github").write_text("mine")
    with pytest.raises(UsageError, match=r"\.github is no folder"):
        write_new(tmp_path, TEXTS)
    assert content(tmp_path) == {".github": "mine"}


def test_a_folder_that_leads_out_of_the_repository_is_not_written_to(tmp_path: Path) -> None:
    outside, root = tmp_path / "outside", tmp_path / "root"
    outside.mkdir()
    root.mkdir()
    (root / ".github").symlink_to(outside)
    with pytest.raises(UsageError, match="leads out"):
        write_new(root, TEXTS)
    assert not content(outside)
    assert not (root / "policies").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_where_a_later_file_cannot_be_written_the_earlier_are_gone_again(tmp_path: Path) -> None:
    (tmp_path / ".github").mkdir(mode=0o500)
    with pytest.raises(SetupError, match="cannot be written"):
        write_new(tmp_path, TEXTS)
    assert content(tmp_path) == {}


def test_a_name_that_is_too_long_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="cannot be written"):
        write_new(tmp_path, {**TEXTS, f"more/{'x' * 300}": ""})
    assert list(tmp_path.iterdir()) == []
