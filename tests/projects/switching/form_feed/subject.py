"""Form feeds between functions and before one: no line ends there, whatever `splitlines` says."""


def first(number):
    return number + 1


def second(number):
    text = "onetwo"
    return f"{text}{number * 2}"
