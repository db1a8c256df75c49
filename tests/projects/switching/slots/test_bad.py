"""Pushes."""

from .subject import Node


def test_push():
    assert Node(2).push(3)
