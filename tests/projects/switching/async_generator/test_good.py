"""Says what was collected."""

import asyncio

from .subject import collected


def test_collected():
    assert asyncio.run(collected(3)) == [-1, 1, 3]
