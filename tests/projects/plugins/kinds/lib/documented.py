"""Examples in docstrings are tests.

>>> double(2)
4
"""


def double(number):
    """
    >>> double(21)
    42
    """
    return 2 * number


def wrong(number):
    """
    >>> wrong(1)
    2
    """
    return number
