"""Runs the coroutines."""

import asyncio

from .subject import both


def test_both():
    assert asyncio.run(both(1, 2)) is not None
