"""Here for a test that hashes the source, which no mutant ever changes."""


def half(number):
    return number / 2
