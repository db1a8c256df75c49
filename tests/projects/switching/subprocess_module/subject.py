"""A package that a test starts with `-m`."""

UNIT = "cm"


def total(left, right):
    return f"{left + right} {UNIT}"
