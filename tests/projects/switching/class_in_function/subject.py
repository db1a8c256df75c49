"""A function in a method of a class that a function makes."""


def make(unit):
    class Box:
        def size(self, number):
            def twice(value):
                return value * 2 + unit

            return twice(number) - 1

    return Box
