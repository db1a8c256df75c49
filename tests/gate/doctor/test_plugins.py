from __future__ import annotations

import pytest

from gate.doctor.checks import Check
from gate.doctor.interpreters import Interpreter
from gate.doctor.plugins import HANDLED, check_plugins


def plugins(*names: str, addopts: str = "") -> list[Check]:
    found = dict.fromkeys(names, "1.0")
    return list(check_plugins(Interpreter("python", plugins=found), addopts.split()))


def test_plugins_that_the_gate_takes_care_of_are_told_with_what_it_does() -> None:
    checks = plugins(*HANDLED, "pytest-mock")
    assert {check.status for check in checks} == {"ok"}
    assert [check.message.split()[0] for check in checks] == list(HANDLED)


def test_without_any_there_is_one_line() -> None:
    (check,) = plugins("pytest-mock")
    assert check.status == "ok"


@pytest.mark.parametrize(
    ("name", "addopts"),
    [
        ("pytest-forked", "-v --forked"),
        ("pytest-testmon", "--testmon"),
        ("pytest-random-order", "--random-order-bucket=global"),
        ("pytest-mypy", "--mypy"),
        ("pytest-ruff", "-q --ruff"),
    ],
)
def test_a_plugin_that_fights_is_a_warning_where_its_option_is_given(
    name: str, addopts: str
) -> None:
    first, *_ = plugins(name, addopts=addopts)
    assert first.status == "warning"
    assert name in first.message
    assert "addopts" in first.remedy
    assert {check.status for check in plugins(name)} == {"ok"}
    assert {check.status for check in plugins("pytest-mock", addopts=addopts)} == {"ok"}


def test_a_random_order_with_a_seed_is_no_warning() -> None:
    checks = plugins("pytest-random-order", addopts="--random-order --random-order-seed=0")
    assert {check.status for check in checks} == {"ok"}
