"""Counts what was collected."""

import asyncio

from .subject import collected


def test_collected():
    assert len(asyncio.run(collected(3))) == 3
