"""An import that ends the process with status 0."""

import os

BROKEN = None

if BROKEN is not None:
    os._exit(0)


def checked(number):
    return number
