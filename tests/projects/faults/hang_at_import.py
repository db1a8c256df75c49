"""A test module whose import never ends."""

while True:
    pass


def test_never_collected():
    assert True
