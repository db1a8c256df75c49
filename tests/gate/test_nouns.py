"""What passes from room to room is a value: it cannot be changed, and holds what it says and no more."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from dataclasses import is_dataclass

import pytest

import gate

ROOMS = ("gate.judge", "gate.measure", "gate.model", "gate.policy", "gate.results")
# A reader that walks on, and a suite while it is run.
STATE = {"_Scanner": True, "Baseline": False}


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
    assert ("__slots__" in vars(noun)) is STATE.get(noun.__name__, True)
