"""A thread that Python would wait for."""

import threading
import time


def checked(number):
    if number is None:
        threading.Thread(target=time.sleep, args=(60,)).start()
    return number
