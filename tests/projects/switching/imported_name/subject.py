"""Functions that other modules hold under names of their own."""


def scale(number):
    return number * 3


def shift(number):
    return number + 10
