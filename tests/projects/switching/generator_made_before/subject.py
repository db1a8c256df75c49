"""A generator made at import: its frame holds the old code, whatever becomes of the function."""


def doubles(limit):
    for number in range(limit):
        yield number * 2


NUMBERS = doubles(3)
