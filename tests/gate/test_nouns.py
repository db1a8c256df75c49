"""What passes from room to room is a value: it cannot be changed, and holds what it says and no more."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from dataclasses import is_dataclass

import pytest

import gate
from gate.model import TestChange, TestOutcome
from gate.policy.model import TestExclusion, Tests

ROOMS = ("gate.judge", "gate.measure", "gate.model", "gate.policy", "gate.results")
# A suite while it is run.
STATE = {"Baseline": False}
# What is worked out of them is remembered.
REMEMBERED = {"SuiteRun", "CoverageMap", "MutationRun", "Results"}


def nouns() -> Iterator[type]:
    for found in pkgutil.walk_packages(gate.__path__, "gate."):
        if found.name.startswith(ROOMS) and not found.name.endswith("__main__"):
            module = importlib.import_module(found.name)
            for each in vars(module).values():
                if is_dataclass(each) and isinstance(each, type) and each.__module__ == found.name:
                    yield each


@pytest.mark.parametrize("noun", [*nouns()], ids=lambda noun: noun.__name__)
def test_a_noun_cannot_be_changed_and_holds_nothing_else(noun: type) -> None:
    assert noun.__dataclass_params__.frozen is (noun.__name__ not in STATE)  # type: ignore[attr-defined]  # of a dataclass
    slotted = noun.__name__ not in REMEMBERED and STATE.get(noun.__name__, True)
    assert ("__slots__" in vars(noun)) is slotted


def test_what_is_called_test_is_none_for_pytest() -> None:
    named = [TestChange, TestExclusion, TestOutcome, Tests]
    assert {each.__name__: each.__test__ for each in named} == {
        each.__name__: False for each in named
    }
