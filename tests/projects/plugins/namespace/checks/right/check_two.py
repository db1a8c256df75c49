from parts.right.two import shared


def check_two():
    assert shared() == 2
