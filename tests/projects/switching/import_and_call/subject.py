"""A function that runs at import and later: only what the import made shows the change."""


def scale(number):
    return number * 3


TABLE = [scale(number) for number in (1, 2)]
