"""Changes of tests, as pull requests: what the base's tests noticed and nothing notices since is a FAIL."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from laboratory import POLICY, Laboratory, Run

from gate.errors import ExitCode

RATES, TESTS = "lib/rates.py", "tests/test_rates.py"
SOURCE = "def converted(amount, rate):\n    return amount * rate + 1\n"
KILLER = """
@pytest.mark.parametrize(("amount", "expected"), [(0, 1), (2, 7)])
def test_converted(amount, expected):
    assert math.isclose(converted(amount, 3), expected, rel_tol=1e-9)
"""
SUITE = f"""import math

import pytest

from lib.rates import converted

{KILLER}

def test_a_number_comes_out():
    assert converted(1, 1) >= 0
"""
CORE = '\n[mutation]\ncore = ["lib/rates.py"]\n'

Change = Callable[[Laboratory], Any]


@pytest.fixture
def subject(laboratory: Laboratory) -> Laboratory:
    """A base commit with a core, one test that kills all its mutants, and one that kills few."""
    laboratory.write(RATES, SOURCE)
    laboratory.write(TESTS, SUITE)
    laboratory.policy(include='["lib/arithmetic.py", "lib/rates.py"]', timeout='"20s"')
    file = laboratory.root / POLICY
    file.write_text(file.read_text() + CORE)
    laboratory.git("checkout", "-q", "-b", "change")
    laboratory.commit()
    laboratory.git("branch", "-q", "base")
    return laboratory


def check(laboratory: Laboratory, *arguments: str) -> Run:
    """Commit the change and check it against the base."""
    laboratory.commit()
    command = ("check", "--policy", POLICY, "--jobs", "2", "--base", "base", *arguments)
    return laboratory.command(*command).finish()


def replaced(*pairs: tuple[str, str]) -> Change:
    """Edit the test file."""

    def change(laboratory: Laboratory) -> None:
        text = SUITE
        for old, new in pairs:
            assert text.count(old) == 1
            text = text.replace(old, new)
        laboratory.write(TESTS, text)

    return change


def without_killer(laboratory: Laboratory) -> None:
    replaced((KILLER, ""))(laboratory)


def moved(laboratory: Laboratory) -> None:
    without_killer(laboratory)
    laboratory.write("tests/test_moved.py", SUITE.partition("\n\ndef test_a")[0])


DEF = "def test_converted("
ASSERTION = "    assert math.isclose(converted(amount, 3), expected, rel_tol=1e-9)"
WEAKENED: dict[str, tuple[Change, str]] = {
    "deleted": (without_killer, "removed"),
    "skipped": (replaced((DEF, f"@pytest.mark.skip(reason='later')\n{DEF}")), "skipped"),
    "xfailed": (
        replaced(
            (DEF, f"@pytest.mark.xfail(reason='later')\n{DEF}"),
            (ASSERTION, f"{ASSERTION} + 1\n    raise ValueError"),
        ),
        "xfailed",
    ),
    "renamed away": (replaced((DEF, "def check_converted(")), "removed"),
    "list cut": (replaced((", (2, 7)]", "]")), "removed"),
    "loosened": (replaced(("1e-9", "1e3")), "changed"),
    "swallowed": (
        replaced(
            (ASSERTION, f"    try:\n    {ASSERTION}\n    except AssertionError:\n        pass")
        ),
        "changed",
    ),
    "tautology": (
        replaced((ASSERTION, "    found = converted(amount, 3)\n    assert found == found")),
        "changed",
    ),
    "file deleted": (
        lambda laboratory: [
            (laboratory.root / TESTS).unlink(),
            laboratory.write("tests/test_other.py", SUITE.replace(KILLER, "")),
        ],
        "removed",
    ),
    "all swallowed by a conftest": (
        lambda laboratory: laboratory.write(
            "tests/conftest.py",
            "import pytest\n\n@pytest.fixture(autouse=True)\ndef calm(monkeypatch):\n"
            "    monkeypatch.setattr('math.isclose', lambda *a, **k: True)\n",
        ),
        "changed",
    ),
}


@pytest.mark.parametrize("name", WEAKENED)
def test_a_change_that_weakens_tests_fails_by_what_nothing_notices_any_more(
    subject: Laboratory, name: str
) -> None:
    change, fate = WEAKENED[name]
    if "conftest" in name:
        subject.write("tests/conftest.py", "import pytest\n")
        subject.commit()
        subject.git("branch", "-q", "-f", "base")
    change(subject)
    run = check(subject)
    assert run.code == ExitCode.FAIL, run.output
    assert "mutation.lost" in run.forcing
    assert {kill["killer"]["fate"] for kill in run.lost_kills} == {fate}
    assert all("::test_converted[" in kill["killer"]["test"] for kill in run.lost_kills)
    assert f"{RATES}:2" in run.output
    if fate in ("removed", "skipped", "xfailed"):
        assert "test_converted" in run.messages("suite.removed")


HONEST: dict[str, Change] = {
    "renamed": replaced((DEF, "def test_conversion(")),
    "moved": moved,
    "file renamed": lambda laboratory: laboratory.git("mv", TESTS, "tests/test_renamed.py"),
    "rewritten": replaced(
        (KILLER, "\ndef test_all():\n    assert [converted(n, 3) for n in (0, 2)] == [1, 7]\n")
    ),
    "another test": replaced(
        (KILLER, f"{KILLER}\n\ndef test_new():\n    assert converted(1, 2) == 3\n")
    ),
    "layout": replaced(("(0, 1), (2, 7)", "\n    (0, 1),  # nothing\n    (2, 7),\n")),
}


@pytest.mark.parametrize("name", HONEST)
def test_an_honest_change_of_tests_passes(subject: Laboratory, name: str) -> None:
    HONEST[name](subject)
    run = check(subject)
    assert run.code == ExitCode.PASS, run.output
    lost = run.document["lost"]
    assert (run.lost_kills, lost["unresolved"]["mutants"], lost["problems"]) == ([], [], [])
    # What changes no code of a test on the base costs nothing.
    assert bool(lost["touched"]) == (name not in ("another test", "layout", "file renamed"))
    assert bool(lost["asked"]) == bool(lost["touched"])


# What the base's tests run.


def in_src(laboratory: Laboratory, conftest: str = "") -> None:
    """Put the core into a package below src/, as an editable install has it, and make that the base."""
    for path in (laboratory.root / "lib").glob("*.py"):
        laboratory.write(f"src/lib/{path.name}", path.read_bytes())
        path.unlink()
    laboratory.write("pytest.ini", "[pytest]\n")
    laboratory.write("tests/conftest.py", conftest)
    policy = (laboratory.root / POLICY).read_text()
    laboratory.write(POLICY, policy.replace('"lib/', '"src/lib/'))
    laboratory.commit()
    laboratory.git("branch", "-q", "-f", "base")


def installed(laboratory: Laboratory) -> Run:
    """Check with the head's code on the path, where an editable install leads to."""
    laboratory.commit()
    command = ("check", "--policy", POLICY, "--jobs", "2", "--base", "base")
    path = str(laboratory.root / "src")
    return laboratory.command(*command, PYTHONPATH=path).finish()


def test_the_bases_tests_run_the_bases_code_and_not_what_is_installed(subject: Laboratory) -> None:
    in_src(subject)
    without_killer(subject)
    # The head's code is other code, with a mutant of the same id in it.
    subject.write("src/lib/rates.py", f"{SOURCE}\n\ndef unused():\n    return 1\n")
    run = installed(subject)
    assert "mutation.lost" in run.forcing, run.output
    assert run.code == ExitCode.FAIL
    assert run.lost_kills
    assert run.document["lost"]["problems"] == []


def test_tests_of_the_base_that_insist_on_the_heads_code_are_no_evidence(
    subject: Laboratory,
) -> None:
    in_src(subject, f"import sys\nsys.path.insert(0, {str(subject.root / 'src')!r})\n")
    without_killer(subject)
    run = installed(subject)
    assert run.code == ExitCode.INCONCLUSIVE, run.output
    assert "import lib.rates from elsewhere" in run.messages("mutation.lost")


def test_tests_of_the_base_that_lack_something_are_no_evidence(subject: Laboratory) -> None:
    subject.write(TESTS, f"import not_installed_here\n{SUITE}")
    subject.commit()
    subject.git("branch", "-q", "-f", "base")
    subject.write(TESTS, SUITE)
    without_killer(subject)
    run = check(subject)
    assert run.code == ExitCode.INCONCLUSIVE, run.output
    assert "not_installed_here" in run.messages("mutation.lost")


def test_a_budget_that_is_used_up_leaves_lost_kills_unresolved(subject: Laboratory) -> None:
    without_killer(subject)
    run = check(subject, "--budget", "1ms")
    assert run.code == ExitCode.INCONCLUSIVE, run.output
    assert run.lost_kills == []
    assert run.document["lost"]["unresolved"]["mutants"]
    assert "the budget was used up" in run.messages("mutation.lost")


# The first is reached by a test that is touched: it runs a function of a file that imports it.
TABLES = {"lib/near.py": "FEE = 1\n", "lib/far.py": "OTHER = 1\nMORE = 2\n"}


def test_what_runs_at_import_is_asked_where_a_touched_test_reaches_it(
    laboratory: Laboratory,
) -> None:
    for path, text in TABLES.items():
        laboratory.write(path, text)
    laboratory.write(RATES, SOURCE.replace("+ 1", "+ FEE").join(("from lib.near import FEE\n", "")))
    laboratory.write("lib/__init__.py", "from lib import far, rates\n")
    laboratory.write(TESTS, SUITE)
    files = '["lib/rates.py", "lib/near.py", "lib/far.py"]'
    laboratory.policy(include=files, timeout='"20s"')
    file = laboratory.root / POLICY
    file.write_text(f"{file.read_text()}\n[mutation]\ncore = {files}\n")
    laboratory.git("checkout", "-q", "-b", "change")
    laboratory.commit()
    laboratory.git("branch", "-q", "base")
    without_killer(laboratory)
    run = check(laboratory)
    lost = {kill["path"] for kill in run.lost_kills}
    assert lost == {RATES, "lib/near.py"}
    # Two of the fee, two of the function.
    assert run.document["lost"]["asked"] == 4


def test_without_mutants_a_note_says_that_nothing_was_asked(subject: Laboratory) -> None:
    without_killer(subject)
    run = check(subject, "--no-mutation")
    assert run.document["lost"] is None
    assert "was not asked" in run.messages("mutation.lost")


def test_what_the_run_itself_found_out_is_not_run_again(subject: Laboratory) -> None:
    without_killer(subject)
    subject.write(RATES, SOURCE.replace("amount * rate", "amount * (rate)").replace("1", "2 - 1"))
    run = check(subject)
    assert run.code == ExitCode.FAIL, run.output
    ids = {kill["id"] for kill in run.lost_kills}
    assert ids <= {mutant["id"] for mutant in run.mutants}
    assert run.document["lost"]["gone"] > 0
