"""What people report of tools like this one, as they report it: each case as small as it was, and whole.

Neighbours of each, which fail for the same reason, are in the modules about their kinds.
"""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from laboratory import Laboratory, Run

from gate.errors import ExitCode
from gate.mutate.controls import UNPLACED, UNPLACED_FILE

CORE = '[source]\ninclude = ["{0}"]\n[tests]\npaths = ["tests"]\n[mutation]\ncore = ["{0}"]\n'
INI = "[pytest]\npythonpath = . src\ntestpaths = tests\n"


def write(laboratory: Laboratory, files: Mapping[str, str]) -> None:
    """Commit files; a policy that mutates all code, unless there is one of their own."""
    core = "src" if any(path.startswith("src/") for path in files) else "pkg"
    laboratory.commit_files({"pytest.ini": INI, "gate.toml": CORE.format(core), **files})


def ended(run: Run) -> dict[str, str]:
    """The status of each mutant that counts, by its place and what takes it."""
    return {
        f"{mutant['path']}:{mutant['line']} {mutant['replacement']}": mutant["status"]
        for mutant in run.mutants
        if mutant["status"] != "Ignored"
    }


def all_killed(run: Run) -> None:
    """Every mutant is killed, and there are some."""
    assert set(ended(run).values()) == {"Killed"}, ended(run)
    assert "mutation.score" not in run.forcing


BELOW = "def below(a):\n    return a < 10\n"
TWO_TESTS = """from pkg.ops import below
def test_below():
    assert below(9)
def test_edge():
    assert not below(10)
"""
TWICE = "def twice(n):\n    OPEN.append(n)\n    return n * 2\n"
TEST_TWICE = "from pkg.ops import twice\ndef test_twice():\n    assert twice(2) == 4\n"


def test_w1_a_weakened_test_below_a_rootdir_of_its_own_is_found(empty: Laboratory) -> None:
    service = {
        "services/a/pyproject.toml": '[tool.pytest.ini_options]\npythonpath = ["src"]\n'
        'testpaths = ["tests"]\n',
        "policies/default.toml": '[source]\ninclude = ["services/a/src"]\n[tests]\n'
        'paths = ["services/a/tests"]\n[mutation]\ncore = ["services/a/src"]\n',
        "services/a/src/pkg/__init__.py": "",
        "services/a/src/pkg/ops.py": BELOW,
        "services/a/tests/test_ops.py": TWO_TESTS,
    }
    empty.commit_files(service)
    weaker = TWO_TESTS.replace("not below(10)", "below(1)")
    run = empty.judge_change("services/a/tests/test_ops.py", weaker)
    assert run.code == ExitCode.FAIL, run.output
    assert run.messages("mutation.lost").count("is noticed by no test any more") == 2


def test_w1_a_constant_below_a_rootdir_of_its_own_is_covered(empty: Laboratory) -> None:
    service = {
        "pytest.ini": "",
        "services/a/pytest.ini": "[pytest]\npythonpath = src\n",
        "gate.toml": '[source]\ninclude = ["services/a/src"]\n[tests]\n'
        'paths = ["services/a/tests"]\n[mutation]\ncore = ["services/a/src"]\n',
        "services/a/src/pkg/__init__.py": "",
        "services/a/src/pkg/consts.py": "LIMIT = 10\n",
        "services/a/tests/test_ops.py": "from pkg.consts import LIMIT\n\n"
        "def test_limit():\n    assert LIMIT == 10\n",
    }
    write(empty, service)
    (empty.root / "pytest.ini").unlink()
    empty.commit()
    all_killed(empty.judge())


def test_w2_a_hook_that_fails_the_end_of_the_session_is_heard(empty: Laboratory) -> None:
    hook = """import pytest
from pkg import ops
@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session):
    if ops.OPEN:
        session.exitstatus = 1
"""
    files = {"conftest.py": hook, "pkg/__init__.py": "", "pkg/ops.py": f"OPEN = []\n{TWICE}"}
    write(empty, files | {"tests/test_ops.py": TEST_TWICE})
    run = empty.judge()
    assert (run.code, run.forcing) == (ExitCode.FAIL, {"suite.ended"}), run.output


def test_w2_what_raises_when_the_last_garbage_is_collected_is_heard(empty: Laboratory) -> None:
    late = (
        "OPEN = []\nclass Loop:\n    def __init__(self):\n        self.itself = self\n"
        "    def __del__(self):\n        raise RuntimeError('too late')\n"
        "def twice(n):\n    Loop()\n    return n * 2\n"
    )
    floor = "[coverage]\nline = 0\nbranch = 0\nfunction = 0\n"
    files = {"pytest.ini": f"{INI}filterwarnings = error\n", "gate.toml": floor}
    files |= {"pkg/__init__.py": "", "pkg/ops.py": late, "tests/test_ops.py": TEST_TWICE}
    write(empty, files)
    run = empty.judge()
    assert (run.code, run.forcing) == (ExitCode.FAIL, {"suite.ended"}), run.output


def test_w3_new_code_that_is_named_like_a_test_is_measured(empty: Laboratory) -> None:
    write(
        empty,
        {
            "gate.toml": "",
            "src/pkg/__init__.py": "",
            "src/pkg/ops.py": BELOW,
            "tests/test_ops.py": TWO_TESTS,
        },
    )
    start = "def start(a):\n    if a:\n        return 1\n    return 2\n"
    run = empty.judge_change("src/pkg/test_command.py", start)
    assert run.code == ExitCode.FAIL, run.output
    assert "changed.line" in run.forcing


LIMITED = "LIMIT = 10\ndef below(a):\n    assert a < LIMIT\n    return True\n"
ASKS = "    assert below(9)\n    assert not below(10)\n"
PLAIN = "LIMIT = 10\ndef below(a):\n    return a < LIMIT\n"
HOOK = """import sys
from importlib.machinery import PathFinder, SourceFileLoader
from importlib.util import spec_from_file_location
class Loader(SourceFileLoader):
    def source_to_code(self, data, path, *, _optimize=-1):
        return compile(data, path, "exec")
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name != "pkg.checks":
            return None
        origin = PathFinder.find_spec(name, path).origin
        return spec_from_file_location(name, origin, loader=Loader(name, origin))
sys.meta_path.insert(0, Finder())
"""
TO_CODE = {
    "rewritten by request": {
        "conftest.py": 'import pytest\npytest.register_assert_rewrite("pkg.checks")\n',
        "pkg/checks.py": LIMITED,
        "tests/test_checks.py": "import pytest\nfrom pkg.checks import below\n"
        "def test_below():\n    assert below(9)\n    with pytest.raises(AssertionError):\n"
        "        below(10)\n",
    },
    "a doctest of its own file": {
        "pytest.ini": f"{INI}addopts = --doctest-modules\n",
        "gate.toml": CORE.format("pkg").replace('"tests"', '"pkg"'),
        "pkg/checks.py": f'"""\n>>> below(9), below(10)\n(True, False)\n"""\n{PLAIN}',
    },
    "code and tests in one file": {
        "pytest.ini": f"{INI}python_files = *.py\n",
        "gate.toml": CORE.format("pkg").replace('"tests"', '"pkg"'),
        "pkg/checks.py": f"{PLAIN}def test_below():\n{ASKS}",
    },
    "an import hook with a source_to_code of its own": {
        "conftest.py": HOOK,
        "pkg/checks.py": PLAIN,
        "tests/test_checks.py": f"from pkg.checks import below\ndef test_below():\n{ASKS}",
    },
    "a test reads, compiles and runs it": {
        "pkg/checks.py": PLAIN,
        "tests/test_checks.py": "from pathlib import Path\ndef test_below():\n    space = {}\n"
        "    path = Path('pkg/checks.py')\n"
        "    exec(compile(path.read_text(), str(path), 'exec'), space)\n"
        f"    below = space['below']\n{ASKS}",
    },
}


@pytest.mark.parametrize("way", TO_CODE)
def test_w4_mutants_of_import_time_code_are_in_place(empty: Laboratory, way: str) -> None:
    write(empty, {"pkg/__init__.py": "", **TO_CODE[way]})
    found = {
        (mutant["function"], mutant["status"])
        for mutant in empty.judge().mutants
        if mutant["function"] in ("", "below") and mutant["status"] != "Ignored"
    }
    assert found >= {("", "Killed"), ("below", "Killed")}
    assert {status for _, status in found} == {"Killed"}


def test_w5_a_default_that_its_decorator_has_read_is_killed(empty: Laboratory) -> None:
    web = """import inspect
ROUTES = {}
def route(path):
    def keep(f):
        known = {p.name: p.default for p in inspect.signature(f).parameters.values()}
        ROUTES[path] = lambda **query: f(**{**known, **query})
        return f
    return keep
"""
    api = """from pkg.web import route
@route("/items")
def items(limit=10, offset=0):
    return list(range(offset, offset + limit))
"""
    test = """from pkg import api
from pkg.web import ROUTES
def test_items():
    assert ROUTES["/items"]() == list(range(10))
"""
    write(
        empty,
        {
            "gate.toml": CORE.format("pkg").replace('core = ["pkg"]', 'core = ["pkg/api.py"]'),
            "pkg/__init__.py": "",
            "pkg/web.py": web,
            "pkg/api.py": api,
            "tests/test_api.py": test,
        },
    )
    found = ended(empty.judge())
    assert found["pkg/api.py:3 11"] == found["pkg/api.py:3 1"] == "Killed", found


def test_w6_a_process_with_a_path_of_its_own_runs_the_mutant(empty: Laboratory) -> None:
    cli = """import sys
LIMIT = 10
def main(argv):
    print("yes" if int(argv[0]) < LIMIT else "no")
if __name__ == "__main__":
    main(sys.argv[1:])
"""
    test = """import os, subprocess, sys
def ask(n):
    env = {**os.environ, "PYTHONPATH": "src"}
    command = [sys.executable, "-m", "pkg.cli", str(n)]
    return subprocess.run(command, env=env, capture_output=True, text=True).stdout.strip()
def test_cli():
    assert ask(9) == "yes" and ask(10) == "no"
"""
    write(empty, {"src/pkg/__init__.py": "", "src/pkg/cli.py": cli, "tests/test_cli.py": test})
    all_killed(empty.judge())


@pytest.mark.parametrize("lines", ["10 False\n9 True\n", "9 True\n10 False\n"])
def test_w7_each_of_two_tests_of_one_id_kills(empty: Laboratory, lines: str) -> None:
    empty.add("cases")
    write(empty, {"pkg/__init__.py": "", "pkg/ops.py": BELOW, "tests/a.case": lines})
    all_killed(empty.judge())


def test_w8_a_package_may_replace_a_standard_function(empty: Laboratory) -> None:
    quick = """import json
_plain = json.dumps
def _quick(value, ensure_ascii=True, indent=None, sort_keys=False):
    return _plain(value, ensure_ascii=ensure_ascii, indent=indent, sort_keys=sort_keys)
json.dumps = _quick
"""
    test = "from pkg.ops import below\nimport pkg, json\ndef test_below():\n" + ASKS
    test += '    assert json.dumps({"a": 1}) == \'{"a": 1}\'\n    assert json.dumps is pkg._quick\n'
    core = CORE.format("pkg").replace('core = ["pkg"]', 'core = ["pkg/ops.py"]')
    files = {"gate.toml": core, "pkg/__init__.py": quick, "pkg/ops.py": BELOW}
    write(empty, files | {"tests/test_ops.py": test})
    run = empty.judge()
    assert run.counts == {"passed": 1}
    all_killed(run)


def test_w9_tests_write_below_a_basetemp_of_the_repository(empty: Laboratory) -> None:
    test = (
        "from pkg.files import save\ndef test_save(tmp_path):\n    save(tmp_path / 'n', 1)\n"
        "    assert (tmp_path / 'n').read_text() == '2'\n"
    )
    files = {
        "pytest.ini": f"{INI}addopts = --basetemp=.tmp\n",
        ".gitignore": ".tmp/\n",
        "pkg/__init__.py": "",
        "pkg/files.py": "def save(path, n):\n    path.write_text(str(n + 1))\n",
        "tests/test_files.py": test,
    }
    write(empty, files)
    all_killed(empty.judge())


def test_w10_a_decorator_that_runs_when_functions_are_defined_is_reached(empty: Laboratory) -> None:
    ops = """TABLE = {}
def register(f):
    TABLE[f.__name__] = f
    return f
@register
def plus(n):
    return n + 1
"""
    test = 'from pkg.ops import TABLE\ndef test_plus():\n    assert TABLE["plus"](1) == 2\n'
    files = {"gate.toml": "", "pkg/__init__.py": "", "pkg/ops.py": ops, "tests/test_ops.py": test}
    write(empty, files)
    run = empty.judge()
    assert run.code == ExitCode.PASS, run.output
    function = run.document["coverage"]["function"]
    assert (function["covered"], function["total"]) == (2, 2)


def test_m1_a_function_of_400_branches_is_measured(empty: Laboratory) -> None:
    branches = "".join(f"    elif x == {n}:\n        return {n}\n" for n in range(1, 400))
    ops = f"def chosen(x):\n    if x == 0:\n        return 0\n{branches}    return -1\n"
    test = (
        "from pkg.ops import chosen\ndef test_all():\n"
        "    assert [chosen(x) for x in range(401)] == [*range(400), -1]\n"
    )
    files = {"gate.toml": "", "pkg/__init__.py": "", "pkg/ops.py": ops, "tests/test_ops.py": test}
    write(empty, files)
    run = empty.judge()
    assert run.code == ExitCode.PASS, run.output
    line = run.document["coverage"]["line"]
    assert line["covered"] == line["total"] > 800


def test_m2_a_refusal_to_write_says_which_test_and_which_path(empty: Laboratory) -> None:
    test = (
        "from pathlib import Path\nfrom pkg.files import save\n\n"
        "def test_save():\n    path = Path(__file__).parent / 'n.txt'\n    save(path, 1)\n"
        "    assert path.read_text() == '2'\n    path.unlink()\n"
    )
    files = {
        "pkg/__init__.py": "",
        "pkg/files.py": "def save(path, n):\n    path.write_text(str(n + 1))\n",
        "tests/test_files.py": test,
    }
    write(empty, files)
    run = empty.judge()
    named = "tests/test_files.py::test_save"
    told = run.messages("mutation.measured")
    assert f"1 test writes into the repository ({named}: PermissionError: tests/n.txt)" in told
    assert "or have no network" not in run.output


def test_m3_code_that_is_never_in_place_is_told_from_a_raise_that_is_swallowed(
    empty: Laboratory,
) -> None:
    cli = "import sys\nLIMIT = 10\ndef main(n):\n    print(n < LIMIT)\nmain(int(sys.argv[1]))\n"
    test = """import subprocess, sys
def ask(n):
    command = [sys.executable, "-I", "pkg/cli.py", str(n)]
    return subprocess.run(command, capture_output=True, text=True).stdout.strip()
def test_cli():
    assert (ask(9), ask(10)) == ("True", "False")
"""
    write(empty, {"pkg/__init__.py": "", "pkg/cli.py": cli, "tests/test_cli.py": test})
    run = empty.judge()
    assert "Survived" not in ended(run).values(), ended(run)
    mutants = run.mutants
    reasons = {mutant["reason"] for mutant in mutants if mutant["status"] == "Pending"}
    assert reasons == {UNPLACED, UNPLACED_FILE}
    (found,) = (each for each in run.document["findings"] if each["rule"] == "mutation.controls")
    assert "pkg/cli.py::main" in found["message"]
    assert "in a way in which it cannot be changed" in found["help"]
    assert "catches everything" not in found["help"]


def test_m4_a_fault_of_the_gate_itself_is_not_laid_at_the_tests_door(empty: Laboratory) -> None:
    # The worker asks coverage.py for its version when it announces what it has collected.
    files = {"conftest.py": "import coverage\n\ndel coverage.__version__\n", "gate.toml": ""}
    files |= {"pkg/__init__.py": "", "pkg/ops.py": BELOW, "tests/test_ops.py": TWO_TESTS}
    write(empty, files)
    assert empty.pytest("-q", "-p", "no:cacheprovider", PYTHONDONTWRITEBYTECODE="1").returncode == 0
    run = empty.tell("check")
    assert run.code == ExitCode.INCONCLUSIVE
    assert "the gate itself failed: AttributeError" in run.errors
    assert "this is a bug in gate, not in the tests" in run.errors
    assert "zygote" not in run.errors
    assert "--collect-only" not in run.errors


def test_m4_a_hook_that_raises_is_named_by_its_line(empty: Laboratory) -> None:
    hook = "def pytest_collection_modifyitems(items):\n    items[5]\n"
    files = {"conftest.py": hook, "gate.toml": "", "pkg/__init__.py": "", "pkg/ops.py": BELOW}
    write(empty, files | {"tests/test_ops.py": TWO_TESTS})
    run = empty.tell("check")
    assert run.code == ExitCode.INCONCLUSIVE
    assert "no test could be collected: IndexError: list index out of range" in run.errors
    assert "conftest.py:2: items[5]" in run.errors
    assert "zygote" not in run.errors
