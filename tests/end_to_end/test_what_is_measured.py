"""Which files and functions a run measures and mutates, each in a small repository of its own."""

from __future__ import annotations

import pytest
from laboratory import Laboratory, Run

from gate.errors import ExitCode

INI = "[pytest]\ntestpaths = tests\npythonpath = src\n"
OPS = "def below(a):\n    return a < 10\n"
TESTS = "from pkg.ops import below\n\ndef test_below():\n    assert below(9)\n    assert not below(10)\n"
SRC = {
    "pytest.ini": INI,
    "src/pkg/__init__.py": "",
    "src/pkg/ops.py": OPS,
    "tests/test_ops.py": TESTS,
}
START = "def start(a):\n    if a:\n        return 1\n    return 2\n"
# A package with its tests inside.
INSIDE = {
    "pytest.ini": "[pytest]\npythonpath = .\n",
    "pkg/__init__.py": "",
    "pkg/ops.py": OPS,
    "pkg/tests/__init__.py": "",
    "pkg/tests/makers.py": "def limit():\n    return 10\n",
    "pkg/tests/test_ops.py": "from pkg.tests.makers import limit\n"
    + TESTS.replace("10", "limit()"),
}


def files(run: Run) -> set[str]:
    return set(run.document["coverage"]["files"])


@pytest.mark.parametrize(
    "path",
    [
        "src/pkg/test_command.py",
        "src/pkg/commands/speed_test.py",
        "src/pkg/test/client.py",
        "src/pkg/tests.py",
    ],
)
def test_new_code_that_is_named_like_a_test_is_measured(empty: Laboratory, path: str) -> None:
    empty.commit_files(SRC)
    run = empty.judge_change(path, START)
    assert run.code == ExitCode.FAIL, run.output
    assert {"changed.line", "changed.branch"} <= run.forcing
    assert run.document["coverage"]["files"][path]["line"]["covered"] == 0


def test_a_new_test_that_pytest_does_not_collect_is_named(empty: Laboratory) -> None:
    empty.commit_files(SRC)
    run = empty.judge_change("src/pkg/test_lone.py", "def test_nothing():\n    assert 1\n")
    assert run.code == ExitCode.PASS, run.output
    assert "src/pkg/test_lone.py" not in files(run)
    assert run.document["coverage"]["unrun"] == ["src/pkg/test_lone.py"]
    assert "pytest collected none" in run.messages("suite.measured")
    assert "not measured: src/pkg/test_lone.py" in run.messages("changed.nothing")


def test_tests_within_a_package_and_what_supports_them_are_not_measured(empty: Laboratory) -> None:
    deselected = {
        "pytest.ini": INSIDE["pytest.ini"] + "addopts = -k 'not slow'\n",
        "pkg/test_slow.py": "from pkg.ops import below\n\ndef test_slow():\n    below(1)\n",
        "pkg/test_gone.py": "import pytest\n\npytest.skip('later', allow_module_level=True)\n",
    }
    empty.commit_files(INSIDE | deselected)
    run = empty.judge()
    assert run.code == ExitCode.PASS, run.output
    assert files(run) == {"pkg/__init__.py", "pkg/ops.py"}
    assert run.document["coverage"]["unrun"] == []


# As Django has it: the tests of an app are a module of the app, and pytest is told its name.
APP = {
    "pytest.ini": "[pytest]\npythonpath = .\npython_files = tests.py\n",
    "app/__init__.py": "",
    "app/ops.py": OPS,
    "app/tests.py": TESTS.replace("pkg", "app") + "\n\ndef spare():\n    return 1\n",
}


def test_a_test_module_of_an_app_is_not_measured_and_no_change_of_it_is_judged(
    empty: Laboratory,
) -> None:
    empty.commit_files(APP)
    run = empty.judge_change("app/tests.py", APP["app/tests.py"] + START)
    assert run.code == ExitCode.PASS, run.output
    assert files(run) == {"app/__init__.py", "app/ops.py"}


def test_test_files_in_the_core_are_measured_where_the_policy_says_so_and_never_mutated(
    empty: Laboratory,
) -> None:
    policy = '[source]\ninclude = ["pkg"]\n\n[mutation]\ncore = ["pkg"]\n'
    empty.commit_files(INSIDE | {"policies/default.toml": policy, "pkg/conftest.py": "LIMIT = 3\n"})
    run = empty.judge()
    assert run.code == ExitCode.PASS, run.output
    assert "pkg/tests/makers.py" in files(run)
    assert {each["path"] for each in run.mutants} == {"pkg/ops.py"}
    told = run.messages("mutation.measured")
    assert "4 of the files named are left out: pkg/conftest.py, pkg/tests/__init__.py" in told
    listed = empty.tell("mutate", "pkg", "--list")
    assert "pkg/ops.py" in listed.output
    assert "pkg/tests" not in listed.output


def test_code_that_is_named_like_a_test_is_mutated(empty: Laboratory) -> None:
    test = "from pkg.test_client import get\n\ndef test_get():\n    assert get() == 200\n"
    client = {
        "pkg/test_client.py": "def get():\n    return 200\n",
        "pkg/tests/test_client.py": test,
    }
    empty.commit_files(INSIDE | client)
    run = empty.command("mutate", "pkg/test_client.py", "--jobs", "2").finish()
    assert run.code == ExitCode.PASS, run.output
    assert [each["status"] for each in run.mutants] == ["Killed"]


@pytest.mark.parametrize("target", ["pkg/tests/test_ops.py", "pkg/tests"])
def test_a_test_file_as_a_target_is_refused(empty: Laboratory, target: str) -> None:
    empty.commit_files(INSIDE | {"policies/default.toml": '[source]\ninclude = ["pkg"]\n'})
    run = empty.tell("mutate", target)
    assert run.code == ExitCode.USAGE
    assert "test files are not mutated" in run.errors
    assert "name the code that they test" in run.errors


AT_IMPORT = """TABLE = {}

def register(f):
    TABLE[f.__name__] = f
    return f

def route(path):
    def keep(f):
        TABLE[path] = f
        return f
    return keep

class Plugin:
    def __init_subclass__(cls):
        TABLE[cls.__name__] = cls

class Named:
    def __set_name__(self, owner, name):
        self.name = name
"""
USES = """from pkg.ops import Named, Plugin, register, route

@register
@route("/plus")
def plus(n):
    return n + 1

class Loud(Plugin):
    volume = Named()
"""
OF_THE_TABLE = """from pkg import uses
from pkg.ops import TABLE

def test_table():
    assert TABLE["plus"](1) == TABLE["/plus"](1) == 2
    assert TABLE["Loud"].volume.name == "volume"
"""


def test_functions_that_run_at_import_are_reached_by_tests_that_rely_on_them(
    empty: Laboratory,
) -> None:
    policy = '[mutation]\ncore = ["src/pkg"]\n'
    made = {"src/pkg/ops.py": AT_IMPORT, "src/pkg/uses.py": USES, "policies/default.toml": policy}
    empty.commit_files(SRC | made | {"tests/test_ops.py": OF_THE_TABLE})
    run = empty.judge()
    assert run.code == ExitCode.PASS, run.output
    function = run.document["coverage"]["function"]
    assert function["covered"] == function["total"] == 5
    assert {each["status"] for each in run.mutants} <= {
        "Killed",
        "RuntimeError",
        "Ignored",
    }


def test_what_runs_at_the_import_of_a_plugin_of_the_project_is_reached(empty: Laboratory) -> None:
    uses = "from pkg.ops import plus\n\nTOTAL = plus(1)\n"
    plugin = "import pytest\nfrom pkg.uses import TOTAL\n\n@pytest.fixture\ndef total():\n    return TOTAL\n"
    made = {
        "src/pkg/ops.py": "def plus(n):\n    return n + 1\n",
        "src/pkg/uses.py": uses,
        "tests/conftest.py": "",
        "conftest.py": "pytest_plugins = ['shared']\n",
        "shared.py": plugin,
        "tests/test_ops.py": "def test_total(total):\n    assert total == 2\n",
        "pytest.ini": "[pytest]\ntestpaths = tests\npythonpath = src .\n",
    }
    empty.commit_files(SRC | made)
    run = empty.command("check", "src", "--jobs", "2").finish()
    assert run.code == ExitCode.PASS, run.output
    assert run.document["coverage"]["function"]["covered"] == 1


def test_a_new_function_that_runs_at_import_of_what_no_test_relies_on_is_not_reached(
    empty: Laboratory,
) -> None:
    other = {
        "src/pkg/other.py": "def plain():\n    return 1\n",
        "tests/test_other.py": "import pkg.other\n\n\ndef test_skipped():\n    raise KeyError\n",
        "pytest.ini": INI + "addopts = --deselect tests/test_other.py::test_skipped\n",
        "policies/default.toml": "[coverage]\nline = 0\nbranch = 0\nfunction = 50\n",
    }
    empty.commit_files(SRC | other)
    run = empty.judge_change("src/pkg/other.py", "def plain():\n    return 2\n\n\nRATE = plain()\n")
    assert "changed.function" in run.forcing
    told = "no test executes plain, which runs at import only, which the change adds or edits"
    assert told in run.messages("changed.function")


def test_what_is_left_out_of_coverage_is_no_function_to_reach_and_a_new_pragma_hides_none(
    empty: Laboratory,
) -> None:
    newer = (
        "import sys\n\nif sys.version_info >= (3, 99):  # pragma: no cover\n"
        "    def newer():\n        return 1\n\n"
    )
    empty.commit_files(SRC | {"src/pkg/ops.py": newer + OPS})
    assert empty.judge().code == ExitCode.PASS
    hidden = "\n\ndef hidden():  # pragma: no cover\n    return 1\n"
    run = empty.judge_change("src/pkg/ops.py", newer + OPS + hidden)
    assert {"suppression.new", "changed.function", "coverage.function"} <= run.forcing
