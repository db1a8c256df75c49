"""Mutants that need fewer free variables or fewer inner functions than the live function has."""


def counter(start):
    def value():
        current = start
        return current

    return value


def chooser(step):
    further = lambda number: number + step

    def choose(number):
        return further(number) if number else number

    return choose
