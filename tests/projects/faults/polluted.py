"""The second test fails only because the first one ran."""

STATE = []


def test_first():
    STATE.append(1)


def test_second():
    assert not STATE
