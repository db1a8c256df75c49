from __future__ import annotations

import os
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from builders import make_evidence, make_mutation, make_policy

from gate.errors import SetupError, UsageError
from gate.model import MutationRun, NotJudged
from gate.request import (
    COLLECT_FACTOR,
    Request,
    not_judged,
    not_the_project,
    prepare_out,
    read_subject,
    scratch_folder,
    suite_limits,
    with_left_out,
)

FILES = {
    "pkg/__init__.py": "",
    "pkg/a.py": "def f(): return 1\n\nclass Config:\n    size = 3\n",
    "pkg/b.py": "x = 1\n",
    "other/c.py": "y = 1\n",
    "tests/test_a.py": "def test(): pass\n",
    "notes.md": "",
}
POLICY = '[source]\ninclude = ["pkg"]\n\n[mutation]\ncore = ["pkg/a.py"]\n'


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "repository"
    for path, text in {**FILES, "policy.toml": POLICY}.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    identity = ("-c", "user.name=n", "-c", "user.email=e@example.org")
    for arguments in (("init", "--quiet"), ("add", "."), ("commit", "--quiet", "-m", "first")):
        subprocess.run(["git", *identity, "-C", root, *arguments], check=True)
    return root


def request(root: Path, **fields: object) -> Request:
    asked = Request(root, policy=root / "policy.toml")
    return replace(asked, **fields)  # type: ignore[arg-type]


def test_a_check_mutates_the_core_of_the_policy(root: Path) -> None:
    subject = read_subject(request(root))
    assert subject.root == root.resolve()
    assert subject.files == ("pkg/__init__.py", "pkg/a.py", "pkg/b.py")
    assert set(subject.python) == {path for path in FILES if path.endswith(".py")}
    assert subject.targets.files == ("pkg/a.py",)
    assert subject.targets.functions == {}
    assert request(root).command == "check"


def test_without_a_core_a_check_mutates_nothing(root: Path) -> None:
    (root / "policy.toml").write_text('[source]\ninclude = ["pkg"]\n')
    assert read_subject(request(root)).targets.files == ()


def test_paths_narrow_what_is_measured_and_with_it_the_core(root: Path) -> None:
    subject = read_subject(request(root, paths=("pkg/b.py",)))
    assert subject.files == ("pkg/b.py",)
    assert subject.targets.files == ()


def test_a_core_that_is_not_there_is_an_error_that_names_it(root: Path) -> None:
    (root / "policy.toml").write_text('[mutation]\ncore = ["pkg/gone.py"]\n')
    with pytest.raises(UsageError, match=r"\[mutation\] core: 'pkg/gone.py' matches no Python"):
        read_subject(request(root))


def test_targets_are_taken_in_place_of_the_core(root: Path) -> None:
    asked = request(root, start=root / "pkg", targets=("b.py", "a.py::f", "a.py::Config"))
    targets = read_subject(asked).targets
    assert targets.files == ("pkg/a.py", "pkg/b.py")
    assert targets.functions == {"pkg/a.py": frozenset({"f", "Config"})}
    assert asked.command == "mutate"


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("gone.py", "gone.py does not exist"),
        ("notes.md", "notes.md is not a Python file"),
        ("../x.py", r"\.\./x.py is outside the repository"),
        ("other/c.py", "other/c.py is not among the files that are measured"),
        ("pkg/a.py::g", "no function or class 'g' in pkg/a.py"),
    ],
)
def test_a_target_that_is_not_there_is_refused_with_a_hint(
    root: Path, target: str, message: str
) -> None:
    (root.parent / "x.py").write_text("")
    with pytest.raises(UsageError, match=message) as caught:
        read_subject(request(root, targets=(target,)))
    assert caught.value.hint


def test_paths_outside_the_repository_are_refused(root: Path) -> None:
    with pytest.raises(UsageError, match="outside the repository"):
        read_subject(request(root, paths=("..",)))


def test_a_folder_that_is_no_repository_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="not in a git repository"):
        read_subject(Request(tmp_path))


def test_the_out_folder_is_made_and_ignored_by_git(root: Path) -> None:
    out = prepare_out(request(root), root)
    assert out == root / ".gate"
    assert (out / ".gitignore").read_text() == "*\n"
    status = subprocess.run(
        ["git", "-C", root, "status", "--porcelain"], check=True, capture_output=True, text=True
    )
    assert status.stdout == ""


def test_what_earlier_runs_have_left_stays(root: Path) -> None:
    out = root / "out/deep"
    out.mkdir(parents=True)
    for name in ("results.json", "history.sqlite", ".gitignore"):
        (out / name).write_text("old")
    assert prepare_out(request(root, out=out), root) == out
    assert {path.name for path in out.iterdir()} == {".gitignore", "history.sqlite", "results.json"}
    assert (out / ".gitignore").read_text() == "old"


@pytest.mark.parametrize("place", ["notes.md", "notes.md/below"])
def test_an_out_folder_that_cannot_be_made_is_a_setup_error(root: Path, place: str) -> None:
    with pytest.raises(SetupError, match="results cannot be written") as caught:
        prepare_out(request(root, out=root / place), root)
    assert "--out" in caught.value.hint


def test_the_scratch_folder_is_private_named_only_and_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", "/before")
    with scratch_folder() as scratch, scratch_folder() as other:
        assert scratch.parent == tmp_path
        assert scratch != other
        assert tempfile.tempdir == str(other)
        assert not scratch.exists()
        (scratch / "below").mkdir(parents=True)
    assert tempfile.tempdir == "/before"
    assert list(tmp_path.iterdir()) == []


def test_the_scratch_folder_goes_when_the_run_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))

    def interrupted() -> None:
        with scratch_folder() as scratch:
            scratch.mkdir()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert list(tmp_path.iterdir()) == []


def test_limits_are_those_of_the_policy() -> None:
    policy = make_policy('[tests]\ntimeout = "7s"\nmemory = "2GiB"\noutput = "3MiB"\n')
    limits = suite_limits(policy)
    assert (limits.test, limits.collect) == (7.0, 7.0 * COLLECT_FACTOR)
    assert (limits.memory, limits.output) == (2 << 30, 3 << 20)


def test_what_a_run_writes_is_no_part_of_the_project(root: Path) -> None:
    assert not_the_project(root / "out/deep", root) == ("out/deep",)
    assert not_the_project(root / ".gate", root) == (".gate",)
    written = {"history.sqlite", "results.json", "runs", ".gitignore"}
    assert set(not_the_project(root, root)) == written
    assert not_the_project(root.parent / "elsewhere", root) == ()


def test_an_out_folder_behind_a_link_is_the_folder_it_is(root: Path, tmp_path: Path) -> None:
    (root / "real").mkdir()
    (tmp_path / "link").symlink_to(root / "real")
    assert not_the_project(tmp_path / "link", root) == ("real",)
    (root / "away").symlink_to(tmp_path)
    assert not_the_project(root / "away", root) == ()
    assert os.path.realpath(root / "away") == os.path.realpath(tmp_path)


# The rules of the base.


def git(root: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=n", "-c", "user.email=e@example.org")
    subprocess.run(["git", *identity, "-C", root, *arguments], check=True)


def test_with_a_base_its_policy_is_in_force(root: Path) -> None:
    (root / "policy.toml").write_text('[source]\ninclude = ["pkg/b.py"]\n')
    subject = read_subject(request(root, base="HEAD"))
    assert subject.policy.mutation.core == ("pkg/a.py",)
    assert subject.files == ("pkg/__init__.py", "pkg/a.py", "pkg/b.py")
    assert subject.rules is not None
    assert subject.rules.head.source.include == ("pkg/b.py",)
    assert read_subject(request(root)).rules is None


def test_paths_of_the_base_that_are_gone_are_left_aside(root: Path) -> None:
    git(root, "mv", "pkg/a.py", "pkg/z.py")
    subject = read_subject(request(root, base="HEAD"))
    assert subject.policy.mutation.core == subject.targets.files == ()
    assert subject.mutates
    assert subject.rules is not None
    assert subject.rules.written.mutation.core == ("pkg/a.py",)


def test_when_nothing_is_left_what_the_new_policy_names_is_measured(root: Path) -> None:
    git(root, "mv", "pkg", "new")
    (root / "policy.toml").write_text('[source]\ninclude = ["new"]\n')
    subject = read_subject(request(root, base="HEAD"))
    assert subject.files == ("new/__init__.py", "new/a.py", "new/b.py")
    assert subject.rules is not None
    assert "nothing is left of pkg" in subject.rules.notes[-1]


def test_paths_without_the_core_leave_nothing_to_mutate(root: Path) -> None:
    assert not read_subject(request(root, base="HEAD", paths=("pkg/b.py",))).mutates
    assert read_subject(request(root, base="HEAD")).mutates


@pytest.mark.parametrize(
    ("fields", "left_out"),
    [
        ({}, []),
        ({"mutation": False}, [("mutation", "--no-mutation")]),
        ({"paths": ("pkg",)}, []),
        ({"paths": ("pkg/a.py",)}, [("files outside pkg/a.py", "PATHS")]),
        (
            {"paths": ("pkg/b.py",)},
            [
                ("files outside pkg/b.py", "PATHS"),
                ("mutation", "no file of the core in pkg/b.py"),
            ],
        ),
        (
            {"paths": ("pkg/b.py",), "mutation": False},
            [("files outside pkg/b.py", "PATHS"), ("mutation", "--no-mutation")],
        ),
        (
            {"base": "HEAD", "mutation": False},
            [("mutation", "--no-mutation"), ("lost kills", "--no-mutation")],
        ),
        ({"targets": ("pkg/a.py",)}, [("coverage", "gate mutate")]),
    ],
)
def test_what_the_command_line_leaves_out_is_named(
    root: Path, fields: dict[str, Any], left_out: list[tuple[str, str]]
) -> None:
    asked = request(root, **fields)
    found = not_judged(asked, read_subject(asked))
    assert [(part.what, part.why) for part in found] == left_out


def test_mutants_that_were_asked_for_and_never_ran_are_a_hole_and_others_are_not() -> None:
    policy, evidence = make_policy(POLICY), make_evidence()
    assert with_left_out(evidence, policy, ()).mutation == MutationRun(
        (), notes=("no file of the core is measured",)
    )
    left_out = (NotJudged("mutation", "--no-mutation"),)
    assert with_left_out(evidence, policy, left_out) == replace(evidence, not_judged=left_out)
    assert with_left_out(evidence, make_policy(), ()) == evidence
    ran = replace(evidence, mutation=make_mutation("Killed"))
    assert with_left_out(ran, policy, ()) == ran
