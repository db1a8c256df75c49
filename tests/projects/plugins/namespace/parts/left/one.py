from parts.right.two import shared


def one():
    return shared() - 1
