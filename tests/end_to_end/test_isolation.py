"""What tests and mutants can reach, and what the results say of it."""

from __future__ import annotations

import pytest
from laboratory import Laboratory, Run

from gate.errors import ExitCode
from gate.worker.landlock import abi

ASKED = """
import os

def test_environment():
    told = [name for name in ("A_TOKEN", "B_TOKEN", "GITHUB_ENV", "PLAIN") if name in os.environ]
    assert told == {expected}
    assert os.environ["HOME"] != {home!r}
"""
FETCH = '''"""What a mutant makes go out to the network."""

import socket


def anybody():
    return False


def served(server):
    with socket.create_connection(server.getsockname(), timeout=5):
        return server is not None
'''
TEST_FETCH = """
import socket
from lib.fetch import anybody, served

def test_nobody():
    if anybody():
        socket.create_connection(("192.0.2.1", 9), timeout=1)

def test_served():
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert served(server)
"""


def add_policy(laboratory: Laboratory, text: str) -> None:
    file = laboratory.root / "policies/lab.toml"
    file.write_text(file.read_text() + text)


def statuses(run: Run) -> dict[str, str]:
    return {f"{each['original']} → {each['replacement']}": each["status"] for each in run.mutants}


@pytest.mark.parametrize("wanted", ["", "B_TOKEN"])
def test_secrets_are_withheld_from_tests_but_for_those_that_the_policy_names(
    laboratory: Laboratory, wanted: str
) -> None:
    if wanted:
        add_policy(laboratory, f'environment = ["{wanted}"]\n')
    expected = ["B_TOKEN", "PLAIN"] if wanted else ["PLAIN"]
    laboratory.write(
        "tests/test_asked.py", ASKED.format(expected=expected, home=str(laboratory.home))
    )
    run = laboratory.check(A_TOKEN="1", B_TOKEN="2", GITHUB_ENV="/tmp/x", PLAIN="4")
    assert run.code == ExitCode.PASS
    told = run.isolation["environment"]
    assert ("A_TOKEN" in told, "B_TOKEN" in told) == (True, not wanted)


def test_mutants_reach_a_server_of_their_own_and_nothing_else(laboratory: Laboratory) -> None:
    laboratory.write("lib/fetch.py", FETCH)
    laboratory.write("tests/test_fetch.py", TEST_FETCH)
    run = laboratory.mutate("lib/fetch.py")
    told = statuses(run)
    if run.isolation["network"].startswith("not in force: refused"):
        pytest.skip("this system does not let a process leave the network")
    assert told["False → True"] == "Pending"
    assert told["server is not None → server is None"] == "Killed"
    reasons = [each["reason"] for each in run.mutants]
    assert any("have no network" in reason for reason in reasons)
    assert run.isolation["network"].startswith("mutants have none")
    if abi():
        assert run.isolation["level"] == "full"
        assert "Isolation: full" in run.output.replace("\n", " ")


def test_a_level_that_is_not_reached_is_inconclusive(laboratory: Laboratory) -> None:
    add_policy(laboratory, '[isolation]\nrequire = "full"\nnetwork = "on"\n')
    run = laboratory.mutate("lib/arithmetic.py")
    assert run.code == ExitCode.INCONCLUSIVE
    assert run.forcing == {"isolation.required"}
    assert "not in force: " in run.messages("isolation.required")
    assert "the policy leaves it on" in run.isolation["network"]
    assert set(statuses(run).values()) == {"Killed"}


def test_where_mutants_need_fresh_processes_the_guard_that_comes_late_is_told(
    laboratory: Laboratory,
) -> None:
    laboratory.add("faults/thread_at_collection")
    add_policy(laboratory, 'order = "off"\n')
    run = laboratory.mutate("lib/arithmetic.py::add")
    assert run.isolation["workers"].startswith("a fresh process")
    assert run.isolation["level"] == "basic"
    assert "had threads before" in run.isolation["repository and home"]
