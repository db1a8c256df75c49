"""Runs both cases."""

from .subject import sign


def test_sign():
    assert len([sign(-1), sign(1)]) == 2
