"""A closure: its inner code object is live before any test runs."""


def adder(step):
    def add(number):
        return number + step

    return add
