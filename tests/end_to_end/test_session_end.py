"""What objects after the last test is heard: pytest's exit status counts, and hooks see the whole suite."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from laboratory import POLICY, Laboratory

from gate.errors import ExitCode

LEAK = """
OPEN = []

def twice(number):
    OPEN.append(number)
    return number * 2
"""
CALLS_TWICE = "from lib.leak import twice\ndef test_twice():\n    assert twice(2) == 4\n"
HOOK = "import pytest\nfrom lib import leak\n\n"


@dataclass(frozen=True, slots=True)
class Case:
    """A conftest, settings and a test that all pass, and the exit status that plain pytest ends with."""

    status: int
    conftest: str = ""
    settings: str = ""
    test: str = CALLS_TWICE
    said: str = ""


OBJECTIONS = {
    "a hook sets the status": Case(
        1,
        HOOK + "@pytest.hookimpl(trylast=True)\ndef pytest_sessionfinish(session):\n"
        "    print('leaked', leak.OPEN)\n    session.exitstatus = 1 if leak.OPEN else 0\n",
        said="leaked [2] (at the end run conftest.py:4 pytest_sessionfinish)",
    ),
    "a hook raises": Case(
        1,
        HOOK + "def pytest_sessionfinish():\n    raise RuntimeError('left open')\n",
        said="RuntimeError: left open (conftest.py:5)",
    ),
    "a hook exits": Case(
        3,
        HOOK + "def pytest_sessionfinish():\n    pytest.exit('left open', returncode=3)\n",
        said="Exit: left open",
    ),
    "the last hook of all raises": Case(
        1,
        HOOK + "def pytest_unconfigure():\n    raise RuntimeError('left open')\n",
        said="left open",
    ),
    "the last hook of all leaves": Case(
        4, HOOK + "def pytest_unconfigure():\n    raise SystemExit(4)\n", said="SystemExit: 4"
    ),
    "the summary raises": Case(
        1,
        HOOK + "def pytest_terminal_summary():\n    assert not leak.OPEN\n",
        said="AssertionError",
    ),
    "a clean-up raises": Case(
        1,
        HOOK + "def pytest_configure(config):\n    config.add_cleanup(lambda: 1 / 0)\n",
        said="division by zero",
    ),
    "a plugin that the project registers": Case(
        1,
        "import pytest\n\nclass Leaks:\n    def pytest_sessionfinish(self, session):\n"
        "        session.exitstatus = 1\n\n"
        "def pytest_configure(config):\n    config.pluginmanager.register(Leaks())\n",
        said="conftest.py:4 pytest_sessionfinish",
    ),
    "a destructor raises late": Case(
        1,
        settings="filterwarnings = error\n",
        test=CALLS_TWICE + "class Loop:\n    def __init__(self):\n        self.itself = self\n"
        "    def __del__(self):\n        raise RuntimeError('too late')\n"
        "def test_loop():\n    Loop()\n",
        said="Exception ignored in",
    ),
    "a test asks to stop": Case(
        2,
        test=CALLS_TWICE + "def test_last(request):\n    request.session.shouldstop = 'enough'\n",
        said="enough",
    ),
}


@pytest.mark.parametrize("name", OBJECTIONS)
def test_green_tests_do_not_pass_where_plain_pytest_does_not(
    laboratory: Laboratory, name: str
) -> None:
    case = OBJECTIONS[name]
    laboratory.write("lib/leak.py", LEAK)
    laboratory.write("conftest.py", case.conftest)
    laboratory.write("pytest.ini", f"[pytest]\npythonpath = .\n{case.settings}")
    laboratory.write("tests/test_leak.py", case.test)
    plain = laboratory.pytest("-p", "no:cacheprovider", PYTHONDONTWRITEBYTECODE="1")
    assert (plain.returncode, "failed" in plain.stdout) == (case.status, False), plain.stdout
    for folder in laboratory.temporary.iterdir():
        folder.rename(laboratory.root.with_name(f"of plain pytest {folder.name}"))
    run = laboratory.check()
    assert run.code == ExitCode.FAIL, run.output
    assert run.forcing == {"suite.ended"}
    assert f"exit status {case.status}" in run.messages("suite.ended")
    assert case.said in run.messages("suite.ended")


# What one process alone cannot do to another: the folder is gone when the session ends.
SHARED_FOLDER = """
import pathlib, shutil, tempfile

def pytest_configure(config):
    config.folder = pathlib.Path(tempfile.mkdtemp())

def pytest_unconfigure(config):
    shutil.rmtree(config.folder)
"""
USES_FOLDER = "def test_folder(request):\n    assert request.config.folder.is_dir()\n"
COUNTS = """
class Counts:
    def __init__(self):
        self.ran = 0
    def pytest_runtest_logfinish(self):
        self.ran += 1
    def pytest_sessionfinish(self, session):
        if self.ran < {least}:
            print("only", self.ran)
            session.exitstatus = 6

def pytest_configure(config):
    config.pluginmanager.register(Counts())
"""


def a_library(laboratory: Laboratory, code: str) -> dict[str, str]:
    """Install a plugin outside of the repository; gives the variables with which it is loaded."""
    folder = laboratory.root.with_name("installed")
    folder.mkdir()
    (folder / "counts.py").write_text(code)
    return {"PYTHONPATH": str(folder), "PYTEST_PLUGINS": "counts"}


def three_files(laboratory: Laboratory, test: str) -> None:
    for number in range(3):
        laboratory.write(f"tests/test_{number}.py", test)


def test_what_the_project_clears_up_at_the_end_stays_for_the_other_tests(
    laboratory: Laboratory,
) -> None:
    laboratory.write("conftest.py", SHARED_FOLDER)
    three_files(laboratory, USES_FOLDER)
    run = laboratory.check()
    assert run.code == ExitCode.PASS, run.output
    assert run.document["suite"]["ended"] == {"status": 0, "message": "", "whole": True}


def test_a_plugin_that_counts_is_shown_the_whole_suite(laboratory: Laboratory) -> None:
    three_files(laboratory, USES_FOLDER.replace("request.config.folder.is_dir()", "request"))
    variables = a_library(laboratory, COUNTS.format(least=4))
    run = laboratory.check(**variables)
    assert run.code == ExitCode.PASS, run.output
    assert run.document["suite"]["ended"] == {"status": 0, "message": "", "whole": True}


def test_a_plugin_may_object_to_the_whole_suite(laboratory: Laboratory) -> None:
    three_files(laboratory, USES_FOLDER.replace("request.config.folder.is_dir()", "request"))
    variables = a_library(laboratory, COUNTS.format(least=100))
    run = laboratory.check(**variables)
    assert (run.code, run.forcing) == (ExitCode.FAIL, {"suite.ended"})
    assert "exit status 6: only" in run.messages("suite.ended")


def test_without_hooks_each_share_ends_and_nothing_runs_again(laboratory: Laboratory) -> None:
    three_files(laboratory, USES_FOLDER.replace("request.config.folder.is_dir()", "request"))
    run = laboratory.check()
    assert run.document["suite"]["ended"] == {"status": 0, "message": "", "whole": False}


@pytest.mark.parametrize(
    ("hook", "reason"),
    [
        ("import time; time.sleep(60)", "still running after 2 s"),
        ("import os; os._exit(0)", "its process ended in the middle of its work"),
    ],
)
def test_an_end_that_does_not_come_is_no_pass(
    laboratory: Laboratory, hook: str, reason: str
) -> None:
    laboratory.write("conftest.py", f"def pytest_sessionfinish():\n    {hook}\n")
    run = laboratory.check()
    assert (run.code, run.forcing) == (ExitCode.INCONCLUSIVE, {"suite.ended"})
    assert reason in run.messages("suite.ended")


def test_a_test_that_is_red_in_one_process_alone_is_named(laboratory: Laboratory) -> None:
    laboratory.write("conftest.py", "seen = []\ndef pytest_sessionfinish():\n    pass\n")
    three_files(
        laboratory,
        "import sys\ndef test_alone():\n    sys.path_hooks.append(id)\n"
        "    assert sys.path_hooks.count(id) < 3\n",
    )
    run = laboratory.check()
    assert (run.code, run.forcing) == (ExitCode.INCONCLUSIVE, {"suite.ended"})
    assert "tests/test_2.py::test_alone passes in its share" in run.messages("suite.ended")


def test_an_excluded_test_stays_out_of_the_end(laboratory: Laboratory) -> None:
    laboratory.write("conftest.py", "def pytest_sessionfinish():\n    pass\n")
    laboratory.write("tests/test_red.py", "def test_red():\n    assert 0\n")
    policy = laboratory.root / POLICY
    policy.write_text(
        policy.read_text() + '\n[[tests.exclude]]\ntest = "tests/test_red.py::test_red"\n'
        'reason = "r"\nowner = "o"\nexpires = 2999-12-31\n'
    )
    run = laboratory.check()
    assert run.code == ExitCode.PASS, run.output
    assert run.document["suite"]["ended"]["whole"]
