"""`sys.exit(0)`: to pytest, a failed test like any other."""

import sys


def checked(number):
    if number is None:
        sys.exit(0)
    return number
