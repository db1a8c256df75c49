"""Says what the functions found by name return."""

from .subject import HANDLERS


def test_handlers():
    assert {name: call(3) for name, call in HANDLERS.items()} == {"DOUBLE": 6, "TRIPLE": 9}
