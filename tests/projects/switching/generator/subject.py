"""A generator: the frame is made by the call and runs later."""


def doubles(limit):
    for number in range(limit):
        yield number * 2
