from __future__ import annotations

from pathlib import Path

import pytest
from repositories import make_repository

from gate.errors import UsageError
from gate.request import Request, read_subject
from gate.source.imports import ImportGraph
from gate.work import Work, complete, read_work

POLICY = '[mutation]\ncore = ["pkg"]\n'
FILES = {
    "pkg/__init__.py": "",
    "pkg/a.py": "def f():\n    return 1\n",
    "pkg/test_client.py": "def get():\n    return 2\n",
    "pkg/test_old.py": "def test_old():\n    pass\n",
    "pkg/tests/test_a.py": "x = 3\n",
    "policies/default.toml": POLICY,
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "repository", FILES)


def work(request: Request, collected: set[str]) -> tuple[Work, Work]:
    """What a run is about before the collection, and after one that found these test files."""
    subject = read_subject(request)
    begun = read_work(subject.begun(), request, mutants=True)
    imports = ImportGraph(subject.root, subject.python)
    return begun, complete(begun, subject, request, imports, frozenset(collected))


def mutated(work: Work) -> set[str]:
    assert work.mutants is not None
    return {mutant.path for mutant in work.mutants.mutants}


def test_before_the_collection_nothing_is_read_that_is_named_like_a_test(root: Path) -> None:
    begun, _ = work(Request(root), set())
    assert begun.subject.files == ("pkg/__init__.py", "pkg/a.py")
    assert begun.sources.files.keys() == set(begun.subject.files)
    assert mutated(begun) == {"pkg/a.py"}


def test_what_turns_out_to_be_code_is_measured_and_mutated(root: Path) -> None:
    _, whole = work(Request(root), {"pkg/tests/test_a.py"})
    assert whole.subject.files == ("pkg/__init__.py", "pkg/a.py", "pkg/test_client.py")
    assert whole.sources.files.keys() == set(whole.subject.files)
    assert mutated(whole) == {"pkg/a.py", "pkg/test_client.py"}
    assert whole.unrun == ("pkg/test_old.py",)
    assert whole.left_out == ()


def test_where_all_of_it_is_tests_nothing_is_read_again(root: Path) -> None:
    tests = {"pkg/tests/test_a.py", "pkg/test_client.py", "pkg/test_old.py"}
    begun, whole = work(Request(root, paths=("pkg",)), tests)
    assert whole.sources is begun.sources
    assert whole.mutants is begun.mutants
    assert whole.unrun == ()
    assert set(whole.left_out) == tests


def test_of_test_files_among_the_targets_only_those_of_the_change_are_told(root: Path) -> None:
    (root / "pkg/test_old.py").write_text("def test_old():\n    assert 1\n")
    tests = {"pkg/tests/test_a.py", "pkg/test_old.py"}
    _, whole = work(Request(root, base="HEAD", paths=("pkg",)), tests)
    assert whole.left_out == ("pkg/test_old.py",)


def test_a_target_that_turns_out_to_be_a_test_is_refused(root: Path) -> None:
    with pytest.raises(UsageError, match=r"pkg/test_client\.py is a test file"):
        work(Request(root, targets=("pkg/test_client.py",)), {"pkg/test_client.py"})
