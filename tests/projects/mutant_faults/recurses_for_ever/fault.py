"""A recursion without an end: Python ends it, and the test fails as it should."""


def checked(number):
    if number is None:
        return checked(number)
    return number
