"""Says what type the fixtures have."""


def test_limit(limit):
    assert isinstance(limit, int)


def test_shifted(shifted_limit):
    assert isinstance(shifted_limit, int)
