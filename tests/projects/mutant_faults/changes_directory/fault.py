"""The process goes elsewhere and stays there."""

import os


def checked(number):
    if number < 0:
        os.chdir("/")
    return number
