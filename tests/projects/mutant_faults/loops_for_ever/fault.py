"""A loop without an end."""


def checked(number):
    if number is None:
        while True:
            pass
    return number
