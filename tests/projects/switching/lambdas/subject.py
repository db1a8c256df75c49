"""Lambdas at module level, as a default, and inside a function."""

double = lambda number: number * 2
by_default = lambda number=3: number


def by_distance(numbers, origin):
    return sorted(numbers, key=lambda number: (number - origin) ** 2)
