"""Memory without an end."""


def checked(number):
    if number is None:
        blocks = []
        while True:
            blocks.append(bytearray(10_000_000))
    return number
