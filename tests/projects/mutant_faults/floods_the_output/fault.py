"""Output without an end."""


def checked(number):
    if number is None:
        while True:
            print("x" * 10_000)
    return number
