from lib.effort import doubled, tripled


def test_doubled():
    assert doubled(3) == 6


def test_tripled():
    assert tripled(3) == 9
