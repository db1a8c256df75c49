"""The list of parameters from which the tests have their names."""


def numbers():
    return [1, 2]
