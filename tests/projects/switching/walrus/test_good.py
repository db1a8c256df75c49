"""Says what is found."""

from .subject import after_colon


def test_after_colon():
    assert [after_colon(text) for text in (":x", "a:b:c", "ab")] == ["x", "b:c", ""]
