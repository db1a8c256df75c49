from __future__ import annotations

import os
from pathlib import Path

import pytest

from training.atomic_file import replace_file


def test_a_file_is_written_where_none_was_and_over_another(tmp_path):
    path = tmp_path / "rows.jsonl"
    replace_file(path, b"first")
    assert path.read_bytes() == b"first"
    replace_file(path, b"2")
    assert path.read_bytes() == b"2"
    assert os.listdir(tmp_path) == ["rows.jsonl"]


def test_the_draft_is_synced_before_it_is_renamed_and_its_folder_after(tmp_path, monkeypatch):
    path, synced, sync = tmp_path / "rows.jsonl", [], os.fsync

    def record(descriptor: int) -> None:
        synced.append((descriptor, os.fstat(descriptor).st_ino, path.exists()))
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", record)
    replace_file(path, b"content")
    (draft, *of_draft), (folder, *of_folder) = synced
    assert of_draft == [path.stat().st_ino, False]
    assert of_folder == [tmp_path.stat().st_ino, True]
    for descriptor in (draft, folder):
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(descriptor)


def test_the_draft_has_the_files_name_in_a_hidden_folder_beside_it(tmp_path, monkeypatch):
    path, drafts, replace = tmp_path / "rows.jsonl", [], Path.replace

    def record(draft: Path, target: Path) -> None:
        drafts.append(draft)
        replace(draft, target)

    monkeypatch.setattr(Path, "replace", record)
    replace_file(path, b"content")
    (draft,) = drafts
    assert draft.name == "rows.jsonl"
    assert draft.parent.name.startswith(".rows.jsonl.")
    assert draft.parent.parent == tmp_path


def test_a_write_that_fails_leaves_the_old_file_alone(tmp_path, monkeypatch):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b"old")

    def disk_is_full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", disk_is_full)
    with pytest.raises(OSError, match="No space left on device"):
        replace_file(path, b"new")
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["rows.jsonl"]


def test_a_folder_that_does_not_exist_is_named(tmp_path, refusal):
    path = tmp_path / "absent" / "rows.jsonl"
    wanted = f"path must lie in a folder that exists, got {path}"
    assert refusal(lambda: replace_file(path, b"content")) == wanted
