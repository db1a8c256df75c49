"""An import that raises."""

TABLE = {"a": 1}
FIRST = TABLE["a"]


def checked(number):
    return number * FIRST
