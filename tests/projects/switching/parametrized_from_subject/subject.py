"""Code that runs at collection alone: its result is the list of parameters."""


def pairs():
    return [(number, number * 2) for number in (1, 2)]
