"""A constant of the import for whose sake a function waits for ever."""

import time

READY = True


def wait():
    while not READY:
        time.sleep(0.01)
    return "ready"
