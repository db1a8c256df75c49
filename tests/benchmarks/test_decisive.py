"""Real pytest on a small project; what is decisive is known beforehand."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from builders import make_evidence, make_mutation, make_result
from decisive import decisive_seconds
from decisive import test_seconds as seconds_of
from subjects import Subject

from gate.model import MutantResult, Status

TEST = """
import time, pytest

class TestIt:
    class TestInner:
        @pytest.mark.parametrize("text", ["a::b", "c.d"])
        def test_slow(self, text):
            time.sleep(0.3)

def test_quick():
    pass
"""
SLOW = [
    "tests/test_a.py::TestIt::TestInner::test_slow[a::b]",
    "tests/test_a.py::TestIt::TestInner::test_slow[c.d]",
]
QUICK = "tests/test_a.py::test_quick"


@pytest.fixture
def subject(tmp_path: Path) -> Subject:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests/test_a.py").write_text(TEST)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    return Subject(name="small", url="", commit="", files=("a.py",), tests=("tests",))


def test_every_test_is_timed_by_its_id(subject: Subject, tmp_path: Path) -> None:
    seconds = seconds_of(subject, sys.executable, tmp_path)
    assert set(seconds) == {*SLOW, QUICK}
    assert min(seconds[test] for test in SLOW) >= 0.3


def test_a_kill_counts_its_killer_and_a_survivor_all_its_tests(
    subject: Subject, tmp_path: Path
) -> None:
    def mutant(status: Status, killer: str | None = None) -> MutantResult:
        return make_result(1, status, killed_by=killer, covered_by=(*SLOW, QUICK))

    def seconds(*mutants: MutantResult) -> float:
        evidence = make_evidence(mutation=make_mutation(results=mutants))
        return decisive_seconds(subject, sys.executable, tmp_path, evidence)

    assert seconds(mutant("Killed", SLOW[0])) >= 0.3
    assert seconds(mutant("Survived")) >= 0.6
    assert seconds(mutant("Killed", QUICK)) < 0.3
    assert seconds(mutant("NoCoverage"), mutant("Ignored")) == 0
