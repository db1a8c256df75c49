"""A module that a subprocess imports, and nobody else."""

STEP = 4


def shifted(number):
    return number + STEP
