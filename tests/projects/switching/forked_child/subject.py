"""Code that runs in a fork and in a thread of the test."""


def square(number):
    return number * number


def double(number):
    return number + number
