from __future__ import annotations

from dataclasses import replace

import pytest

from gate.doctor.checks import Check
from gate.doctor.interpreters import check_gate, check_interpreter
from gate.measure.interpreters import Interpreter

FIT = Interpreter(
    "/bin/python",
    version=(3, 12, 1),
    name="cpython",
    tracer=True,
    packages={"pytest": "8.0.0", "coverage": "7.10.1"},
)


def wrong(interpreter: Interpreter) -> list[Check]:
    return [check for check in check_interpreter(interpreter) if check.status != "ok"]


def test_the_gates_own_interpreter_is_told() -> None:
    assert "Python 3" in check_gate().message


def test_a_program_that_is_no_python_is_a_problem() -> None:
    (check,) = check_interpreter(Interpreter("/bin/x", "/bin/x is no program"))
    assert check.status == "problem"
    assert "--python" in check.remedy


def test_why_it_is_this_one_is_told() -> None:
    assert next(check_interpreter(FIT, "VIRTUAL_ENV names it")).message.endswith(
        "cpython 3.12.1 (VIRTUAL_ENV names it)"
    )


def test_an_interpreter_that_is_fit_is_three_lines() -> None:
    assert [check.name for check in check_interpreter(FIT)] == ["interpreter", "pytest", "coverage"]
    assert wrong(FIT) == []


def test_coverage_that_is_lent_need_not_be_there() -> None:
    bare = replace(FIT, packages={"pytest": "8.0.0"}, tracer=False)
    checks = list(check_interpreter(bare, lent=True))
    assert {check.status for check in checks} == {"ok"}
    assert "the gate lends its own" in checks[-1].message
    assert "there is none in " in checks[-1].message
    dated = replace(FIT, packages={"pytest": "8.0.0", "coverage": "7.8.2"})
    *_, check = check_interpreter(dated, lent=True)
    assert "7.8.2 is too old in " in check.message


@pytest.mark.parametrize(
    ("changed", "name", "remedy"),
    [
        ({"version": (3, 10, 2)}, "interpreter", "--python"),
        ({"packages": {"coverage": "7.10"}}, "pytest", "pip install 'pytest>=8'"),
        (
            {"packages": {"pytest": "7.4.4", "coverage": "7.10"}},
            "pytest",
            "pip install 'pytest>=8'",
        ),
        ({"packages": {"pytest": "8.0"}}, "coverage", "pip install 'coverage>=7.10'"),
        ({"packages": {"pytest": "9", "coverage": "7.9.2"}}, "coverage", "'coverage>=7.10'"),
        ({"tracer": False}, "tracer", "--force-reinstall coverage"),
    ],
)
def test_what_it_lacks_is_a_problem_with_the_command_that_mends_it(
    changed: dict[str, object], name: str, remedy: str
) -> None:
    (check,) = wrong(replace(FIT, **changed))  # type: ignore[arg-type]
    assert (check.name, check.status) == (name, "problem")
    assert remedy in check.remedy


@pytest.mark.parametrize("version", ["8.0rc1", "8", "10.2.dev3+local"])
def test_versions_of_every_spelling_are_compared(version: str) -> None:
    assert wrong(replace(FIT, packages={"pytest": version, "coverage": "8.1"})) == []
