"""A decorator with an argument: changed, the change is made at import."""


def times(count):
    def decorate(function):
        def wrapper(value):
            return function(value) * count

        return wrapper

    return decorate


@times(3)
def one_more(value):
    return value + 1
