"""Says what the event loop brings back."""

import asyncio

from .subject import both


def test_both():
    assert asyncio.run(both(1, 2)) == 9
