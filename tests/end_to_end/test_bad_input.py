"""What cannot be gated is refused in words: what, where, what next; the exit code is never that of a pass."""

from __future__ import annotations

import ctypes
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from laboratory import POLICY, Laboratory, Run

from gate.errors import ExitCode

PR_CAPBSET_DROP = 24
CAP_DAC_OVERRIDE = 1


def refused(run: Run, code: ExitCode, *words: str) -> None:
    """No document; a message with all these words, and a next step."""
    assert run.code == code, run.errors
    assert run.results is None
    told = run.errors[run.errors.index("error: ") :]
    assert [word for word in words if word not in told] == [], told
    assert "next: " in told


@pytest.fixture
def writeless(laboratory: Laboratory) -> Iterator[Laboratory]:
    """A laboratory whose tree cannot be written to, not even by root."""
    laboratory.commit()
    folders = [laboratory.root, *(path for path in laboratory.root.rglob("*") if path.is_dir())]
    for folder in folders:
        folder.chmod(0o555)
    laboratory.before_exec = drop_the_right_to_write_anywhere
    yield laboratory
    for folder in folders:
        folder.chmod(0o755)


def drop_the_right_to_write_anywhere() -> None:
    if os.geteuid() == 0:
        refusal = ctypes.CDLL(None, use_errno=True).prctl(
            PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, 0, 0, 0
        )
        assert refusal == 0, os.strerror(ctypes.get_errno())


def test_a_folder_that_is_no_repository(laboratory: Laboratory, tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    run = laboratory.command("check", "--no-mutation", cwd=folder).finish()
    refused(run, ExitCode.USAGE, str(folder), "not in a git repository", "git init")
    assert list(folder.iterdir()) == []


def test_a_repository_without_a_commit(laboratory: Laboratory) -> None:
    refused(laboratory.start().finish(), ExitCode.USAGE, "no commit yet", "git commit")


@pytest.mark.parametrize("base", ["mian", "0" * 40, "", "-x"])
def test_a_base_that_is_not_there(laboratory: Laboratory, base: str) -> None:
    refused(
        laboratory.check(f"--base={base}"), ExitCode.USAGE, f"no branch, tag or commit {base!r}"
    )


def test_a_shallow_clone_without_the_merge_base_names_the_fetch(
    laboratory: Laboratory, tmp_path: Path
) -> None:
    laboratory.commit()
    laboratory.git("switch", "--quiet", "--create", "feature")
    laboratory.write("lib/feature.py", "ready = True\n")
    laboratory.commit()
    laboratory.git("switch", "--quiet", "main")
    laboratory.write("README", "a text\n")
    laboratory.commit()
    clone = tmp_path / "clone"
    options = ["--quiet", "--depth=1", "--no-single-branch", "--branch=feature"]
    subprocess.run(["git", "clone", *options, laboratory.root.as_uri(), str(clone)], check=True)
    laboratory.root = clone
    run = laboratory.start("--base", "origin/main").finish()
    refused(run, ExitCode.INCONCLUSIVE, "shallow clone", "git fetch --unshallow origin")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--jobs", "0"], ["--jobs", "0 is not in the range"]),
        (["--policy", "policies/none.toml"], ["policies/none.toml", "no such file"]),
        (["--no-such-option"], ["--no-such-option"]),
        (["nowhere"], ["'nowhere' matches no Python file"]),
        (["../elsewhere"], ["../elsewhere is outside the repository"]),
    ],
)
def test_a_command_line_that_asks_for_what_is_not_there(
    laboratory: Laboratory, arguments: list[str], words: list[str]
) -> None:
    run = laboratory.check(*arguments)
    assert run.code == ExitCode.USAGE
    assert run.results is None
    assert [word for word in words if word not in run.errors] == [], run.errors


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[tests]\ntimeout = \n", [f"{POLICY}:2"]),
        ("[tests]\n\ntimout = '2s'\n", [f"{POLICY}:3", "tests.timout", "did you mean timeout"]),
        ("[coverage]\nline = 101\n", [f"{POLICY}:2", "coverage.line", "0 to 100"]),
        ("[source]\ninclude = ['lob']\n", [POLICY, "'lob' matches no Python file"]),
        ("[tests]\npaths = ['tets']\n", [POLICY, "'tets'", "not in the repository"]),
    ],
)
def test_a_policy_with_a_mistake_names_the_place(
    laboratory: Laboratory, text: str, words: list[str]
) -> None:
    laboratory.write(POLICY, text)
    refused(laboratory.check(), ExitCode.USAGE, *words)


@pytest.mark.parametrize(
    "content",
    [b"def broken(:\n", b"x = 1\n\0\n", b"# coding: klingon\nx = 1\n", b"x = '\xff'\n"],
    ids=["syntax", "nul", "cookie", "bytes"],
)
def test_a_measured_file_that_cannot_be_parsed_is_no_evidence(
    laboratory: Laboratory, content: bytes
) -> None:
    laboratory.write("lib/broken.py", content)
    run = laboratory.check()
    assert run.code == ExitCode.INCONCLUSIVE
    assert run.counts == {"passed": 2}
    assert run.forcing == {"suite.measured"}
    assert "lib/broken.py: " in run.messages("suite.measured")
    assert run.document["coverage"]["files"]["lib/broken.py"]["unreadable"]


def test_an_out_folder_that_cannot_be_made(laboratory: Laboratory) -> None:
    run = laboratory.check("--out", "/proc/gate")
    refused(run, ExitCode.USAGE, "results cannot be written to /proc/gate", "--out")


def test_an_out_folder_that_is_a_file(laboratory: Laboratory) -> None:
    run = laboratory.check("--out", "lib/arithmetic.py")
    refused(run, ExitCode.USAGE, "results cannot be written to lib/arithmetic.py", "--out")


def test_a_tree_that_cannot_be_written_to(writeless: Laboratory) -> None:
    refused(writeless.start().finish(), ExitCode.USAGE, "results cannot be written to", "--out")


def test_a_tree_that_cannot_be_written_to_is_gated_when_results_go_elsewhere(
    writeless: Laboratory, tmp_path: Path
) -> None:
    run = writeless.start("--out", str(tmp_path / "results"), "--base", "main").finish()
    assert run.code == ExitCode.PASS
    assert run.counts == {"passed": 2}


def test_a_machine_without_git(laboratory: Laboratory, tmp_path: Path) -> None:
    laboratory.commit()
    run = laboratory.start(PATH=str(tmp_path / "nothing")).finish()
    refused(run, ExitCode.USAGE, "no git on the PATH", "Install git")


def test_an_interpreter_that_is_not_there(laboratory: Laboratory) -> None:
    run = laboratory.check("--python", "/no/such/python")
    refused(run, ExitCode.USAGE, "/no/such/python", "--python")


def test_an_interpreter_without_pytest(laboratory: Laboratory, tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "bare")], check=True
    )
    run = laboratory.check("--python", str(tmp_path / "bare/bin/python"))
    refused(run, ExitCode.USAGE, "it has no pytest", "-m pip install 'pytest>=8'")


# What is met first differs: pytest's own files, coverage data of a worker, or that of all; or the document.
@pytest.mark.parametrize(
    ("size", "codes", "said"),
    [
        (20_000, (2, 5), ("disk", "pytest ended with exit code")),
        (100_000, (2,), ("results.json: File too large",)),
    ],
)
def test_a_disk_that_is_full_is_never_a_pass_and_leaves_no_half_document(
    laboratory: Laboratory, size: int, codes: tuple[int, ...], said: tuple[str, ...]
) -> None:
    for number in range(40):
        text = "x" * 4000
        laboratory.write(
            f"tests/test_{number}.py", f"def test_red():\n    raise ValueError('{text}')\n"
        )
    laboratory.before_exec = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    # Python 3.11 takes bytecode of which only a part could be written for whole, here and in later runs.
    run = laboratory.check(PYTHONDONTWRITEBYTECODE="1")
    # Coverage data that cannot be written is missing evidence; a document that cannot be is no verdict.
    assert run.code in codes, run.errors
    refused(run, ExitCode(run.code), "error: ")
    assert any(words in run.errors for words in said), run.errors
    assert [path.name for path in (laboratory.root / ".gate").iterdir()] == [".gitignore"]


NAMED = """
import pytest

@pytest.mark.parametrize("name", ["é", "日本", "\\U0001f600", "\\udc80"])
def test_named(name):
    assert name == "ü"
"""


@pytest.mark.parametrize("utf8", ["0", "1"])
def test_a_terminal_that_knows_ascii_only_sees_every_name(
    laboratory: Laboratory, utf8: str
) -> None:
    laboratory.write("tests/test_names.py", NAMED)
    ascii_only = {"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": utf8, "PYTHONCOERCECLOCALE": "0"}
    run = laboratory.check(**ascii_only)
    assert run.code == ExitCode.FAIL
    assert run.counts == {"passed": 2, "failed": 4}
    assert "test_named" in run.output


@pytest.mark.parametrize("name", ["sp ace.py", "new\nline.py", "é—ü.py", "quo'te\".py", "$HOME.py"])
def test_a_file_of_an_odd_name_is_measured(laboratory: Laboratory, name: str) -> None:
    shutil.copy(laboratory.root / "lib/arithmetic.py", laboratory.root / "lib" / name)
    run = laboratory.check("--base", "HEAD", LANG="C", LC_ALL="C")
    assert run.code == ExitCode.FAIL
    assert run.forcing == {"coverage.line", "coverage.branch", "coverage.function"}
    assert run.document["coverage"]["files"][f"lib/{name}"]["line"] == {
        "covered": 0,
        "total": 6,
        "percent": 0.0,
    }


def test_a_file_whose_name_is_no_utf8_is_never_a_pass(laboratory: Laboratory) -> None:
    shutil.copy(
        laboratory.root / "lib/arithmetic.py", os.fsencode(laboratory.root / "lib") + b"/\xff.py"
    )
    assert laboratory.check().code in {ExitCode.FAIL, ExitCode.INCONCLUSIVE}
