"""A class with `__slots__`, which is left alone, and methods that are not."""


class Node:
    __slots__ = ("below", "value")

    def __init__(self, value):
        self.value = value
        self.below = None

    def push(self, value):
        node = Node(value + self.value)
        node.below = self
        return node
