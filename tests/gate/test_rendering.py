from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from builders import make_evidence, make_mutant, make_mutation, make_result
from samples import failing_run, make_results

from gate.errors import SetupError, UsageError
from gate.rendering import AUDIENCES, FORMATS, render, write_whole
from gate.report.markdown import STICKY


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "repository"
    (root / "pkg").mkdir(parents=True)
    (root / "pkg" / "a.py").write_bytes(b"\xef\xbb\xbf    return a + b\r\n# \xc3\xbc\r\n")
    (tmp_path / "secret.py").write_text("SECRET")
    for command in (
        ["init", "-q"],
        ["add", "."],
        ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "first"],
    ):
        subprocess.run(["git", *command], cwd=root, check=True)
    monkeypatch.chdir(root)
    return root


def test_every_format_renders_a_run() -> None:
    results = failing_run()
    for form in FORMATS:
        text, _ = render(results, form, None)
        assert text.endswith("\n")
    for audience in AUDIENCES:
        text, notes = render(results, "markdown", audience)
        assert text.startswith(STICKY) is (audience == "comment")
        assert notes == []


def test_only_markdown_has_an_audience() -> None:
    with pytest.raises(UsageError, match="--audience agent says nothing of --format sarif"):
        render(failing_run(), "sarif", "agent")


def test_each_log_is_ended_by_a_token_of_its_own() -> None:
    first, second = (render(failing_run(), "github", None)[0] for _ in range(2))
    assert "::stop-commands::" in first
    assert first != second


def test_the_viewer_gets_the_source_and_the_user_hears_of_a_file_that_has_changed(
    repository: Path,
) -> None:
    run = make_mutation(results=(make_result(1, mutant=make_mutant(1)),))
    results = make_results(evidence=make_evidence(mutation=run))
    text, notes = render(results, "stryker", None)
    assert json.loads(text)["files"]["pkg/a.py"]["source"] == "    return a + b\n# ü\n"
    assert notes == []
    (repository / "pkg" / "a.py").write_text("# moved\n    return a + b\n")
    text, (note,) = render(results, "stryker", None)
    assert json.loads(text)["files"]["pkg/a.py"]["source"] == "    return a + b"
    assert note.startswith("pkg/a.py: not as it was when it was mutated")


def test_a_file_is_written_whole_and_keeps_its_mode(tmp_path: Path) -> None:
    target, link = tmp_path / "report.md", tmp_path / "link.md"
    target.write_text("a longer text than the new one")
    target.chmod(0o640)
    link.symlink_to(target)
    write_whole(link, "ü\udcff\n")
    assert target.read_bytes() == b"\xc3\xbc\\udcff\n"
    assert target.stat().st_mode & 0o777 == 0o640
    assert link.is_symlink()
    assert sorted(os.listdir(tmp_path)) == ["link.md", "report.md"]


def test_a_write_that_fails_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "report.md"
    target.write_text("old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(SetupError, match="cannot be written: No space left"):
        write_whole(target, "new")
    assert target.read_text() == "old"
    assert os.listdir(tmp_path) == ["report.md"]


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="No such file or directory"):
        write_whole(tmp_path / "none" / "report.md", "new")


def test_a_device_is_written_to_as_it_is() -> None:
    write_whole(Path(os.devnull), "gone")
    assert not Path(os.devnull).is_file()
