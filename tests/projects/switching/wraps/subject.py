"""A decorator with `wraps`: the wrapper's own body, and the function that it wraps."""

from functools import wraps


def plus_hundred(function):
    @wraps(function)
    def wrapper(number):
        return function(number) + 100

    return wrapper


@plus_hundred
def triple(number):
    return number * 3
