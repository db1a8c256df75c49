"""A mutant that is no Python: `case +1` is refused by the compiler, and counts for nobody."""


def sign(value):
    match value:
        case -1:
            return "down"
        case _:
            return "up"
