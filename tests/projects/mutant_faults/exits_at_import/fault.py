"""An import that ends pytest with status 0, as if all were well."""

import sys

BROKEN = None

if BROKEN is not None:
    sys.exit(0)


def checked(number):
    return number
