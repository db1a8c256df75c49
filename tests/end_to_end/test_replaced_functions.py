"""Functions of the standard library that a project or a test replaces for long: tests end as in pytest."""

from __future__ import annotations

import pytest
from laboratory import Laboratory

from gate.errors import ExitCode

# What each is replaced by is enough for plain pytest, and not for somebody who needs the function itself.
REPLACED = {
    "json.dumps": "lambda value, ensure_ascii=True, indent=None: '{}'",
    "json.loads": "lambda text: {}",
    "os.getpid": "lambda: 4242",
    "os.getppid": "lambda: 1",
    "os.write": "lambda descriptor, data: len(data)",
    "os.fork": "refuse",
    "os.waitpid": "refuse",
    "os.setsid": "refuse",
    "os.dup2": "lambda *descriptors, **options: 0",
    "os._exit": "refuse",
    "os.ftruncate": "refuse",
    "os.unlink": "refuse",
    "os.kill": "refuse",
    "os.path.realpath": "str",
    "time.perf_counter": "lambda: 1.0",
    "time.monotonic": "lambda: 1.0",
    "time.time": "lambda: 1.0",
    "time.sleep": "refuse",
    "socket.socket": "refuse",
    "socket.recv_fds": "refuse",
    # In the class itself, of which the worker has an object already.
    "socket.socket.sendall": "refuse",
    "socket.socket.recvmsg": "refuse",
    "json.JSONEncoder.encode": "lambda self, value: '{}'",
    "json.JSONDecoder.raw_decode": "refuse",
    "shutil.rmtree": "lambda *arguments, **options: None",
    "tempfile.TemporaryFile": "refuse",
    "gc.freeze": "refuse",
    "threading.enumerate": "lambda: []",
    "traceback.print_exc": "refuse",
    "builtins.open": "refuse",
}
REFUSE = "def refuse(*arguments, **options):\n    raise RuntimeError('not here')\n\n"
IN_A_FIXTURE = """
import {module}
import pytest
from lib.arithmetic import add

{refuse}
@pytest.fixture(scope="session", autouse=True)
def replaced():
    kept = {name}
    {name} = {value}
    yield
    {name} = kept

def test_first():
    assert add(1, 1) == 2

def test_second():
    assert add(2, 2) == 4
"""
# pytest and coverage.py call these themselves while a session is under way.
NEEDED_BY_OTHERS = frozenset({"os.dup2", "os.unlink", "builtins.open", "os.path.realpath"})


def replacing(name: str) -> str:
    module = name.partition(".")[0]
    return f"import {module}\n{REFUSE}\n{name} = {REPLACED[name]}\n"


@pytest.mark.parametrize("name", REPLACED)
def test_a_fixture_of_the_session_may_replace_a_function(laboratory: Laboratory, name: str) -> None:
    module = name.partition(".")[0]
    fields = {"module": module, "name": name, "value": REPLACED[name], "refuse": REFUSE}
    laboratory.write("tests/test_replaced.py", IN_A_FIXTURE.format(**fields))
    run = laboratory.check()
    assert (run.code, run.counts) == (ExitCode.PASS, {"passed": 4}), run.output


@pytest.mark.parametrize("name", sorted(REPLACED.keys() - NEEDED_BY_OTHERS))
def test_a_project_may_replace_a_function_before_its_tests_are_collected(
    laboratory: Laboratory, name: str
) -> None:
    laboratory.write("conftest.py", replacing(name))
    run = laboratory.check()
    assert (run.code, run.counts) == (ExitCode.PASS, {"passed": 2}), run.output


def test_what_coverage_cannot_measure_any_more_is_a_hole_and_no_red_test(
    laboratory: Laboratory,
) -> None:
    name = "coverage.CoverageData.set_context"
    fields = {"module": "coverage", "name": name, "value": "refuse", "refuse": REFUSE}
    laboratory.write("tests/test_replaced.py", IN_A_FIXTURE.format(**fields))
    run = laboratory.check()
    assert (run.code, run.counts) == (ExitCode.INCONCLUSIVE, {"passed": 4}), run.output
    assert "coverage.py could not measure all of it" in run.messages("suite.measured")
