"""What the process was told by its environment is gone."""

import os


def checked(number):
    if number is None:
        os.environ.clear()
    return number
