"""Lines that end in CR and LF."""


def first(number):
    return number + 1


LIMIT = (
    5
    + 5
)


def second(number):
    text = """a
b"""
    return number * len(text) - LIMIT
