"""The whole process group is killed."""

import os
import signal


def checked(number):
    if number is None:
        os.killpg(0, signal.SIGKILL)
    return number
