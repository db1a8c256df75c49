from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gate.errors import ExitCode, MissingEvidenceError, SetupError
from gate.supervise.start import is_better, lacks_root, not_started, nothing_importable
from gate.supervise.zygote import WORKER, Collected, Item, Launch, Zygote

PYTHON = "/env/bin/python"
MISSING = "E   ModuleNotFoundError: No module named '{}'"


def make_launch(root: Path) -> Launch:
    return Launch(PYTHON, root, (), (), (), {}, root / "scratch", {})


def make_collected(tests: int = 0, *missing: str) -> Collected:
    items = tuple(Item(f"t.py::test_{n}", "t.py", 1, frozenset()) for n in range(tests))
    errors = tuple(
        {"kind": "uncollected", "outcome": "error", "detail": MISSING.format(name)}
        for name in missing
    )
    return Collected(items, errors, {}, (), {}, {})


def make_zygote(
    folder: Path, said: str = "", collected: Collected | None = None, failure: str = ""
) -> Zygote:
    output = folder / "output"
    output.write_text(said)
    nobody: Any = None
    zygote = Zygote(1, nobody, nobody, -1, output, folder / "data", 0.0)
    zygote.collected, zygote.failure = collected, failure
    return zygote


def failed(folder: Path, said: str) -> Zygote:
    return make_zygote(
        folder, said.replace("ROOT", str(folder)), failure="pytest ended with exit code 4"
    )


CONFTEST = """\
ImportError while loading conftest 'ROOT/tests/conftest.py'.
tests/conftest.py:3: in <module>
    from shop.x import y
/env/lib/python3.12/site-packages/shop/x.py:1: in <module>
    import absent
E   ModuleNotFoundError: No module named 'absent'
"""
DEEP = """\
Traceback (most recent call last):
  File "/env/lib/python3.12/site-packages/pluggy/_hooks.py", line 512, in __call__
    return self._hookexec(self.name, self._hookimpls.copy(), kwargs, firstresult)
           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "ROOT/plug.py", line 7, in pytest_load_initial_conftests
    settings.load()
  File "ROOT/.venv/lib/python3.12/site-packages/django/conf.py", line 1, in load
    import_module(name)
ImportError: No module named 'site.settings'

pytest-django could not find a Django project.
"""


@pytest.mark.parametrize(
    ("said", "first", "places"),
    [
        (
            CONFTEST,
            "ModuleNotFoundError: No module named 'absent'",
            ["tests/conftest.py:3: from shop.x import y"],
        ),
        (DEEP, "ImportError: No module named 'site.settings'", ["plug.py:7: settings.load()"]),
        (
            "ERROR: usage: pytest [options]\npytest: error: unrecognized arguments: --cov\n",
            "unrecognized arguments: --cov",
            [],
        ),
        ("ERROR: Missing required plugins: pytest-x\n", "Missing required plugins: pytest-x", []),
    ],
)
def test_what_the_environment_lacks_is_said_first_with_lines_of_the_project_alone(
    tmp_path: Path, said: str, first: str, places: list[str]
) -> None:
    error = not_started(failed(tmp_path, said), make_launch(tmp_path))
    assert isinstance(error, SetupError)
    assert error.message.splitlines() == [
        f"no test could be collected: {first}",
        *(f"  {place}" for place in places),
    ]
    assert PYTHON in error.hint or "--python" in error.hint


def test_what_the_project_itself_breaks_is_missing_evidence(tmp_path: Path) -> None:
    said = 'Traceback:\n  File "ROOT/conftest.py", line 2, in f\n    g()\nValueError: no\n'
    error = not_started(failed(tmp_path, said), make_launch(tmp_path))
    assert error.exit_code == ExitCode.INCONCLUSIVE
    assert error.message.startswith(
        "no test could be collected: ValueError: no\n  conftest.py:2: g()"
    )
    assert f"{PYTHON} -m pytest --collect-only" in error.hint


INTERNAL = """INTERNALERROR> Traceback (most recent call last):
INTERNALERROR>   File "/env/lib/python3.11/site-packages/pluggy/_callers.py", line 11, in _multicall
INTERNALERROR>     res = hook_impl.function(*args)
INTERNALERROR>   File "{file}", line 2, in pytest_collection_modifyitems
INTERNALERROR>     items[5]
INTERNALERROR> IndexError: list index out of range

============================ no tests ran in 0.16s =============================
"""


def test_a_hook_of_the_project_that_raises_is_told_by_its_line(tmp_path: Path) -> None:
    said = INTERNAL.format(file="ROOT/conftest.py")
    error = not_started(failed(tmp_path, said), make_launch(tmp_path))
    assert error.message.startswith(
        "no test could be collected: IndexError: list index out of range\n  conftest.py:2: items[5]"
    )
    assert "INTERNALERROR" not in error.message
    assert "--collect-only" in error.hint


def test_what_fails_in_the_gates_own_code_is_its_bug(tmp_path: Path) -> None:
    said = INTERNAL.format(file=WORKER / "messages.py")
    error = not_started(failed(tmp_path, said), make_launch(tmp_path))
    first = (
        "no test could be collected: the gate itself failed: IndexError: list index out of range"
    )
    assert error.message.splitlines()[0] == first
    assert "messages.py" in error.message
    assert error.hint == "this is a bug in gate, not in the tests; report it with these lines"


def test_what_ends_the_session_itself_is_missing_evidence(tmp_path: Path) -> None:
    said = CONFTEST.replace(
        "ModuleNotFoundError: No module named 'absent'", "_pytest.outcomes.Exit: no"
    )
    error = not_started(failed(tmp_path, said), make_launch(tmp_path))
    assert isinstance(error, MissingEvidenceError)
    assert error.message.startswith("no test could be collected: _pytest.outcomes.Exit: no\n")


def test_an_end_without_an_exception_shows_the_last_lines(tmp_path: Path) -> None:
    said = "".join(f"line {number}\n" for number in range(100))
    error = not_started(failed(tmp_path, said), make_launch(tmp_path))
    assert isinstance(error, MissingEvidenceError)
    assert error.message.splitlines()[0].endswith(": pytest ended with exit code 4")
    assert error.message.splitlines()[-1] == "  line 99"
    assert len(error.message.splitlines()) < 20


def test_an_end_without_a_word_is_told_by_its_reason(tmp_path: Path) -> None:
    error = not_started(make_zygote(tmp_path, failure="it ended"), make_launch(tmp_path))
    assert error.message == "no test could be collected: it ended"


def test_settings_that_only_the_projects_own_runner_sets_are_hinted_at(tmp_path: Path) -> None:
    said = "ImportError: no settings\nsettings are not configured: define DJANGO_SETTINGS_MODULE\n"
    assert "tox.ini" in not_started(failed(tmp_path, said), make_launch(tmp_path)).hint


def test_a_collection_in_which_each_file_misses_a_module_is_one_error(tmp_path: Path) -> None:
    error = nothing_importable(make_collected(0, *["cachetools"] * 13), make_launch(tmp_path))
    assert error is not None
    assert error.exit_code == ExitCode.USAGE
    assert (
        f"13 test files could not be imported by {PYTHON}: No module named 'cachetools'"
        in error.message
    )
    assert "--python" in error.hint
    several = nothing_importable(make_collected(0, *"abcde"), make_launch(tmp_path))
    assert several is not None
    assert several.message.endswith("No module named 'a', 'b', 'c' and 2 more")


def test_nothing_is_to_be_installed_beside_the_gate(tmp_path: Path) -> None:
    own = replace(make_launch(tmp_path), python=sys.executable)
    error = nothing_importable(make_collected(0, "a"), own)
    assert error is not None
    assert "pip install" not in error.hint
    assert "--python" in error.hint


def test_the_gate_s_own_interpreter_is_not_to_blame_where_the_project_has_one_that_is_not_used(
    tmp_path: Path,
) -> None:
    why = ".venv/bin/python: its pytest is 7.4.4, and pytest 8 is the oldest that works"
    own = replace(make_launch(tmp_path), python=sys.executable, passed_over=(why,))
    error = nothing_importable(make_collected(0, "a"), own)
    assert error is not None
    assert f"mend what keeps the project's from being used ({why})" in error.hint


def test_a_collection_with_a_test_or_with_another_error_is_judged(tmp_path: Path) -> None:
    launch = make_launch(tmp_path)
    assert nothing_importable(make_collected(1, "a"), launch) is None
    assert nothing_importable(make_collected(0), launch) is None
    skipped = {"kind": "uncollected", "outcome": "skipped", "message": "No module named 'a'"}
    assert nothing_importable(replace(make_collected(), uncollected=(skipped,)), launch) is None
    broken = {
        "kind": "uncollected",
        "outcome": "error",
        "detail": "E   SyntaxError: invalid syntax",
    }
    both = (*make_collected(0, "a").uncollected, broken)
    assert nothing_importable(replace(make_collected(), uncollected=both), launch) is None


@pytest.mark.parametrize(
    ("module", "there"),
    [
        ("tests", True),
        ("tests.settings", True),
        ("tests.other", False),
        ("one", True),
        ("absent", False),
    ],
)
def test_a_module_that_is_at_the_root_is_missed_for_want_of_the_root(
    tmp_path: Path, module: str, there: bool
) -> None:
    (tmp_path / "tests").mkdir()
    for name in ("tests/settings.py", "one.py"):
        (tmp_path / name).touch()
    said = MISSING.format(module)
    assert lacks_root(failed(tmp_path, said), tmp_path) is there
    assert lacks_root(make_zygote(tmp_path, collected=make_collected(3, module)), tmp_path) is there
    assert not lacks_root(make_zygote(tmp_path, said, make_collected(3)), tmp_path)


def test_a_second_start_is_better_when_it_finds_more_with_fewer_errors(tmp_path: Path) -> None:
    def start(tests: int, *missing: str) -> Zygote:
        return make_zygote(tmp_path, collected=make_collected(tests, *missing))

    assert is_better(start(1), failed(tmp_path, ""))
    assert is_better(start(2), start(1, "a"))
    assert is_better(start(2, "a"), start(1, "a", "b"))
    assert not is_better(start(2, "b"), start(1, "a"))
    assert not is_better(start(0), start(1, "a"))
    assert not is_better(failed(tmp_path, ""), start(1, "a"))
    assert not is_better(start(0, "a"), failed(tmp_path, ""))
