"""Another module of the project with a copy of the name."""

from .subject import shift as move


def moved(number):
    return move(number)
