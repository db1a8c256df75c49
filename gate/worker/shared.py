"""Whose set-up is it? What a fixture of a class, module or session runs is run for every test that uses it.

pytest sets such a fixture up once, within the first of its tests; the others depend on the same lines.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from .kept import time
from .measure import Measurement
from .messages import shared_context


class SharedFixtures:
    """The fixtures wider than a function, numbered once before the first fork."""

    def __init__(self) -> None:
        self._numbers: dict[int, int] = {}

    def of(self, item: Any) -> list[int]:
        """Number the shared fixtures that a test asks for, directly or not."""
        asked = getattr(getattr(item, "_fixtureinfo", None), "name2fixturedefs", {})
        wide = [each for every in asked.values() for each in every if each.scope != "function"]
        return sorted({self._numbers.setdefault(id(each), len(self._numbers)) for each in wide})

    def booked(self, measurement: Measurement) -> _Booked:
        """The pytest plugin that books their set-up, and its time, to all of their tests."""
        return _Booked(self._numbers, measurement)


class _Booked:
    def __init__(self, numbers: dict[int, int], measurement: Measurement) -> None:
        self._numbers = numbers
        self._measurement = measurement

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_fixture_setup(self, fixturedef: Any) -> Iterator[None]:
        """Measure a shared fixture in a context of its own."""
        number = self._numbers.get(id(fixturedef))
        if number is None:
            return (yield)
        before = self._measurement.context
        self._measurement.enter(shared_context(number, before))
        begun = time.perf_counter()
        try:
            return (yield)
        finally:
            self._measurement.note_set_up(number, time.perf_counter() - begun)
            self._measurement.enter(before)
