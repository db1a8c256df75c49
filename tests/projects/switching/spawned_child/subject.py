"""Code that runs in a child which begins with an empty interpreter."""

STEP = 7


def square(number):
    return number * number + STEP
