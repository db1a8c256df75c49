from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from builders import make_mutation

from gate.errors import MissingEvidenceError, UsageError
from gate.reproduce import _indices, reproduce
from gate.request import Request
from gate.supervise.zygote import Collected, Item

SOURCE = "def f(a):\n    return a + 1\n"


class Silent:
    def note(self, line: str) -> None:
        raise AssertionError(f"nothing is to be run, but {line}")

    def stage(self, name: str) -> None:
        raise AssertionError(f"nothing is to be run, but {name}")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg/a.py").write_text(SOURCE)
    identity = ("-c", "user.name=n", "-c", "user.email=e@example.org")
    for arguments in (("init", "--quiet"), ("add", "."), ("commit", "--quiet", "-m", "first")):
        subprocess.run(["git", *identity, "-C", tmp_path, *arguments], check=True)
    return tmp_path


@pytest.mark.parametrize("status", ["NoCoverage", "Ignored", "CompileError"])
def test_a_mutant_that_no_test_ran_cannot_be_run_again(root: Path, status: str) -> None:
    (before,) = make_mutation(status).results  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=f"has no tests to run: {status}"):
        reproduce(Request(root), before, Silent())


def test_tests_are_found_by_their_ids() -> None:
    items = tuple(Item(f"t::{name}", "t", 1, frozenset()) for name in "abc")
    collected = Collected(items, (), {}, (), {}, {})
    assert _indices(collected, ["t::c", "t::a"]) == (2, 0)
    with pytest.raises(MissingEvidenceError, match="t::gone is not collected any more"):
        _indices(collected, ["t::a", "t::gone"])
