"""A test module whose import never ends."""

while True:
    pass


def test_never_collected():
    raise AssertionError("its module was collected after all")
