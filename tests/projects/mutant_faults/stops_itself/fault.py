"""A process that stops itself: it uses no time, and it never ends."""

import os
import signal


def checked(number):
    if number is None:
        os.kill(os.getpid(), signal.SIGSTOP)
    return number
