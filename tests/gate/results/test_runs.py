from __future__ import annotations

import os
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from samples import passing_run

from gate.errors import GateError, SetupError
from gate.results.document import FILE_NAME, publish
from gate.results.runs import documents, folder_of_run, forget_old_runs, promote

FOLDER = "runs"
MOMENT = datetime(2026, 12, 1, 4, 30, tzinfo=timezone(-timedelta(hours=2)))
ELSEWHERE = "remove it, or name a folder that can be written to with --out"


def kept(out: Path, after: timedelta = timedelta()) -> Path:
    """A run of the past, with its document."""
    with folder_of_run(out, MOMENT + after) as folder:
        publish(passing_run(), folder, lambda results: None)
    return folder / FILE_NAME


def test_a_run_has_a_folder_of_its_own_named_after_its_moment(tmp_path: Path) -> None:
    with folder_of_run(tmp_path, MOMENT) as one, folder_of_run(tmp_path, MOMENT) as other:
        assert one.is_dir()
        assert one != other
        assert one.parent == tmp_path / FOLDER
        assert one.name.startswith("20261201T063000Z-")


def test_a_run_that_leaves_nothing_leaves_no_folder(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), folder_of_run(tmp_path, MOMENT):
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


def test_the_newest_complete_document_is_a_copy_of_its_own(tmp_path: Path) -> None:
    document = kept(tmp_path)
    newest = promote(document, tmp_path)
    assert newest == tmp_path / FILE_NAME
    assert newest.read_bytes() == document.read_bytes()
    newest.write_text("edited")
    assert document.read_text() != "edited"
    assert sorted(os.listdir(tmp_path)) == [FILE_NAME, FOLDER]


def test_documents_come_newest_first_behind_the_complete_one(tmp_path: Path) -> None:
    old, new = kept(tmp_path), kept(tmp_path, timedelta(seconds=1))
    promote(old, tmp_path)
    assert [place for place, _ in documents(tmp_path)] == [tmp_path / FILE_NAME, new, old]


def test_a_document_of_a_run_that_cannot_be_read_is_left_out(tmp_path: Path) -> None:
    broken = kept(tmp_path)
    broken.write_text("{")
    new = kept(tmp_path, timedelta(seconds=1))
    assert [place for place, _ in documents(tmp_path)] == [new]


def test_without_any_document_the_error_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(GateError, match="there is no results document") as caught:
        list(documents(tmp_path))
    assert caught.value.hint == "make one with: gate check"


def test_the_last_ten_runs_are_kept_and_what_is_no_run_too(tmp_path: Path) -> None:
    runs = [kept(tmp_path, timedelta(seconds=second)).parent for second in range(13)]
    other = tmp_path / FOLDER / "notes"
    other.mkdir()
    forget_old_runs(tmp_path)
    assert [run for run in runs if run.exists()] == runs[3:]
    assert other.is_dir()


def test_nothing_is_written_or_removed_behind_a_link(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    for second in range(11):
        (elsewhere / f"2026120{second % 9 + 1}T000000Z-{second:08x}").mkdir(parents=True)
    out = tmp_path / "out"
    out.mkdir()
    (out / FOLDER).symlink_to(elsewhere)
    with pytest.raises(SetupError, match="is a link") as caught, folder_of_run(out, MOMENT):
        raise AssertionError
    assert caught.value.hint == ELSEWHERE
    forget_old_runs(out)
    assert len(os.listdir(elsewhere)) == 11


def test_a_folder_of_runs_that_is_a_file_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / FOLDER).write_text("")
    with pytest.raises(SetupError) as caught, folder_of_run(tmp_path, MOMENT):
        raise AssertionError
    assert caught.value.message == (f"results cannot be written to {tmp_path}/runs: File exists")
    assert caught.value.hint == ELSEWHERE


def test_a_document_that_cannot_take_its_place_leaves_the_one_before(tmp_path: Path) -> None:
    document = kept(tmp_path)
    (tmp_path / FILE_NAME).mkdir()
    with pytest.raises(SetupError) as caught:
        promote(document, tmp_path)
    assert caught.value.message == (
        f"the results could not be written to {tmp_path}/results.json: Is a directory"
    )
    assert caught.value.hint == (
        "free some space there or make the folder writable, or choose another with --out"
    )
    assert sorted(os.listdir(tmp_path)) == [FILE_NAME, FOLDER]
