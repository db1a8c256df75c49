"""Defaults that others have read before any test: a decorator, a builder of classes, a table, a signature."""

import functools
import inspect

ROUTES = {}


def known(function):
    parameters = inspect.signature(function).parameters.values()
    return {each.name: each.default for each in parameters if each.default is not each.empty}


def route(function):
    defaults = known(function)
    ROUTES[function.__name__] = lambda **query: function(**{**defaults, **query})
    return function


def built(cls):
    cls.defaults = known(cls.__init__)
    return cls


@route
def items(limit=10, *, offset=3):
    return list(range(offset, offset + limit))


@built
class Box:
    def __init__(self, width=5):
        self.width = width


def scaled(number, factor=4):
    return number * factor


by_four = functools.partial(scaled, **known(scaled))


def shown(unit="cm"):
    return unit


shown.__signature__ = inspect.signature(shown)


@functools.singledispatch
def weight(thing, grams=7):
    return grams


kind = {each: known(each) for each in weight.registry.values()}


def weighed(thing):
    return weight.dispatch(type(thing))(thing, **kind[weight.dispatch(type(thing))])
