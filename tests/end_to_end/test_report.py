"""`gate report` on a document that is there: formats, audiences, files, and what it refuses."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from samples import failing_run, passing_run

from gate.errors import ExitCode
from gate.judge.verify import verify
from gate.results.document import publish


@pytest.fixture
def document(tmp_path: Path) -> Path:
    _, path = publish(failing_run(), tmp_path / "out", verify)
    return path


def report(
    *arguments: object, cwd: Path, locale: str = "C", **variables: str
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "gate", "report", *map(str, arguments)],
        cwd=cwd,
        env={
            "PATH": "",
            "LC_ALL": locale,
            "PYTHONIOENCODING": "ascii",
            "PYTHONPATH": ":".join(sys.path),
            **variables,
        },
        capture_output=True,
        check=False,
    )


def test_a_report_in_a_file_is_what_is_printed_and_utf_8_in_any_locale(
    document: Path, tmp_path: Path
) -> None:
    printed = report(document, "--format", "junit", cwd=tmp_path)
    written = report(document, "--format", "junit", "--output", "r.xml", cwd=tmp_path)
    assert (printed.returncode, written.returncode, written.stdout) == (0, 0, b"")
    assert (tmp_path / "r.xml").read_bytes() == printed.stdout
    assert ElementTree.fromstring(printed.stdout.decode("utf-8")).get("name") == "gate: FAIL"


def test_the_viewer_gets_what_is_known_where_there_is_no_repository(
    document: Path, tmp_path: Path
) -> None:
    finished = report(document, "--format", "stryker", cwd=tmp_path)
    assert finished.returncode == 0
    assert b"note: training/" in finished.stderr
    files = json.loads(finished.stdout)["files"]
    assert "return divergence * temperature**2" in files["training/losses.py"]["source"]


def test_an_agent_is_told_what_is_data(document: Path, tmp_path: Path) -> None:
    finished = report(document, "--format", "markdown", "--audience", "agent", cwd=tmp_path)
    assert b"untrusted data" in finished.stdout
    refused = report(document, "--format", "sarif", "--audience", "agent", cwd=tmp_path)
    assert refused.returncode == 2
    assert b"says nothing of --format sarif" in refused.stderr


def test_a_document_that_is_truncated_edited_or_of_another_version_leaves_no_report(
    document: Path, tmp_path: Path
) -> None:
    whole = document.read_text()
    for text, told in [
        (whole[:-200], b"is not a results document of this gate"),
        (whole.replace('"testproof-results/2"', '"testproof-results/9"', 1), b"schema:"),
        (whole.replace('"verdict": "fail"', '"verdict": "pass"', 1), b"verdict is 'pass'"),
    ]:
        document.write_text(text)
        finished = report(document, "--format", "sarif", "--output", "r.sarif", cwd=tmp_path)
        assert finished.returncode == 5
        assert told in finished.stderr
        assert not (tmp_path / "r.sarif").exists()


def test_a_report_that_cannot_be_written_leaves_the_one_before(
    document: Path, tmp_path: Path
) -> None:
    (tmp_path / "folder").mkdir()
    finished = report(document, "--output", "folder/none/r.md", cwd=tmp_path)
    assert finished.returncode == 2
    assert b"cannot be written: No such file or directory" in finished.stderr
    _, passing = publish(passing_run(), tmp_path / "second", verify)
    for source in (document, passing):
        assert (
            report(source, "--format", "markdown", "--output", "r.md", cwd=tmp_path).returncode == 0
        )
    assert (tmp_path / "r.md").read_text().startswith("## gate: PASS")


@pytest.mark.parametrize(
    ("options", "variables", "in_color"),
    [
        ((), {}, False),
        ((), {"FORCE_COLOR": "1"}, True),
        ((), {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        (("--color", "always"), {"NO_COLOR": "1"}, True),
        (("--color", "never"), {"FORCE_COLOR": "1"}, False),
    ],
)
def test_a_report_is_in_colour_as_it_is_asked_for(
    document: Path,
    tmp_path: Path,
    options: tuple[str, ...],
    variables: dict[str, str],
    in_color: bool,
) -> None:
    shown = report(document, *options, cwd=tmp_path, **variables)
    assert shown.returncode == 0
    assert (b"\x1b[" in shown.stdout) is in_color


def test_a_report_is_as_wide_as_it_is_asked_for_and_tells_more_when_asked(
    document: Path, tmp_path: Path
) -> None:
    short = report(document, cwd=tmp_path, COLUMNS="80").stdout.decode()
    assert max(map(len, short.splitlines())) <= 80
    whole = report(document, "--verbose", cwd=tmp_path, COLUMNS="120").stdout.decode()
    assert 80 < max(map(len, whole.splitlines())) <= 120
    assert "How this was measured" in whole
    assert "How this was measured" not in short
    refused = report(document, "-v", "--format", "junit", cwd=tmp_path)
    assert refused.returncode == ExitCode.USAGE
