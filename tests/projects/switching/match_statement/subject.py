"""A match statement: whole cases are dropped."""


def kind(value):
    match value:
        case 0:
            return "nothing"
        case [first, *_]:
            return first + 1
        case _:
            return "other"
