"""A dictionary of functions, filled by a decorator at import."""

HANDLERS = {}


def handler(function):
    HANDLERS[function.__name__.upper()] = function
    return function


@handler
def double(number):
    return number * 2


@handler
def triple(number):
    return number * 3
