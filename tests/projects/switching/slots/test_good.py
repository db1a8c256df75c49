"""Says what is where."""

from .subject import Node


def test_push():
    node = Node(2)
    pushed = node.push(3)
    assert (pushed.value, pushed.below, node.below) == (5, node, None)
