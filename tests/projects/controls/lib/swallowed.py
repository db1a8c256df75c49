"""Here for tests that swallow what they find: everything, or all that is an Exception."""


def double(number):
    return number * 2


def triple(number):
    return number * 3
