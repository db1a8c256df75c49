"""Says what each case returns."""

from .subject import kind


def test_kind():
    assert [kind(value) for value in (0, [4, 5], 7)] == ["nothing", 5, "other"]
