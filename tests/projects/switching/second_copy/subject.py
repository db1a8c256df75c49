"""A module that a test loads a second time under another name."""


def shifted(number):
    return number + 2
