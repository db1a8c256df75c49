"""A call into C that never returns and keeps the interpreter's lock."""

import ctypes


def checked(number):
    if number is None:
        libc = ctypes.PyDLL(None)
        while True:
            libc.pause()
    return number
