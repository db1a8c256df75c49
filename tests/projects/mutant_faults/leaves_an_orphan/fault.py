"""A grandchild in a session of its own, its parent gone."""

import os


def checked(number):
    if number is None:
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                os.execvp("sleep", ["sleep", "60"])
            os._exit(0)
        os.wait()
    return number
