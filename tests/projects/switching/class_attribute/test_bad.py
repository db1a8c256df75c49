"""Says that there is a limit and that there are names."""

from .subject import Settings


def test_limit():
    assert Settings().allows(3)


def test_names():
    assert len(Settings.names) == 2
