"""Says what the fixtures are."""


def test_limit(limit):
    assert limit == 10


def test_shifted(shifted_limit):
    assert shifted_limit == 6
