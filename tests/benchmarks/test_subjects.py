from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from subjects import (
    LIST,
    Subject,
    SubjectError,
    chosen,
    copy,
    mutmut_text,
    policy_text,
    read_subjects,
)

from gate.policy.search import load_policy


def make_subject(**changes: Any) -> Subject:
    given: dict[str, Any] = {
        "name": "small",
        "url": "",
        "commit": "HEAD",
        "files": ("pkg/m.py",),
        "tests": ("tests",),
    }
    return Subject(**(given | changes))


def test_every_subject_of_the_list_stands_at_a_full_commit() -> None:
    subjects = read_subjects(LIST.read_text(encoding="utf-8"))
    assert {"T", "humanize", "sqlparse"} <= set(subjects)
    assert [name for name, each in subjects.items() if len(each.commit) != 40] == []


def test_a_key_that_means_nothing_is_an_error() -> None:
    with pytest.raises(SubjectError, match="colour"):
        read_subjects("[a]\nurl = ''\ncommit = ''\nfiles = []\ntests = []\ncolour = 1\n")


def test_an_unknown_subject_is_an_error_that_names_those_there_are() -> None:
    with pytest.raises(SubjectError, match=r"nobody.*humanize"):
        chosen(["nobody"])


def test_the_gate_and_mutmut_leave_out_the_same_tests(tmp_path: Path) -> None:
    subject = make_subject(options=("-o", "addopts="), deselect=("tests/test_m.py::test_red",))
    mutmut = tomllib.loads(mutmut_text(subject))["tool"]["mutmut"]
    assert mutmut["pytest_add_cli_args"] == [
        *("-o", "addopts=", "--deselect", "tests/test_m.py::test_red")
    ]
    (tmp_path / "policy.toml").write_text(policy_text(subject, noise=False), encoding="utf-8")
    policy = load_policy(tmp_path, tmp_path / "policy.toml")
    assert [each.test for each in policy.tests.exclude] == ["tests/test_m.py::test_red"]
    assert policy.mutation.noise == ()


def test_a_copy_is_at_the_commit_whatever_the_checkout_is_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout = tmp_path / "checkouts" / "small"
    checkout.mkdir(parents=True)
    (checkout / "m.py").write_text("old\n", encoding="utf-8")
    git(checkout, "init", "--quiet")
    commit = commit_all(checkout)
    (checkout / "m.py").write_text("new\n", encoding="utf-8")
    commit_all(checkout)
    monkeypatch.setenv("BENCH_SUBJECTS", str(tmp_path / "checkouts"))
    subject = make_subject(commit=commit, write={"version.py": "v = 1"})
    root = copy(subject, tmp_path / "work" / "small" / "plain")
    assert (root / "m.py").read_text(encoding="utf-8") == "old\n"
    assert (root / "version.py").read_text(encoding="utf-8") == "v = 1\n"


@pytest.mark.parametrize("name", ["subjects", "mutation", "soundness", "stability"])
def test_each_script_says_how_it_is_used(name: str) -> None:
    script = str(LIST.with_name(f"{name}.py"))
    finished = subprocess.run([sys.executable, script, "--help"], capture_output=True, check=False)
    assert finished.returncode == 0, finished.stderr
    assert f"python benchmarks/{name}.py".encode() in finished.stdout


def commit_all(folder: Path) -> str:
    git(folder, "add", "--all")
    git(folder, "-c", "user.name=n", "-c", "user.email=e@x", "commit", "--quiet", "-m", "m")
    return git(folder, "rev-parse", "HEAD")


def git(folder: Path, *arguments: str) -> str:
    finished = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, check=True)
    return finished.stdout.decode().strip()
