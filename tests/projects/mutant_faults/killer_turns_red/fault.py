"""Code that no test looks at."""


def checked(number):
    return number + 1
