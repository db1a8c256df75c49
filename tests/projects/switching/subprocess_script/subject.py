"""A script that a test starts by its path: no import leads to it."""

import sys

LIMIT = 4


def main(number):
    return number + LIMIT


if __name__ == "__main__":
    sys.exit(main(6))
