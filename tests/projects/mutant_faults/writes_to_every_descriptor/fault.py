"""Bytes that are no frame are written to whatever is open."""

import os


def checked(number):
    if number is None:
        for descriptor in range(1, 64):
            try:
                os.write(descriptor, b"\xff" * 64)
            except OSError:
                pass
    return number
