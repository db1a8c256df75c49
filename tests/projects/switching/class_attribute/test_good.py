"""Says where the limit is and what the names are."""

from .subject import Settings


def test_limit():
    assert [Settings().allows(number) for number in (9, 10)] == [True, False]


def test_names():
    assert Settings.names == ("a", "b")
