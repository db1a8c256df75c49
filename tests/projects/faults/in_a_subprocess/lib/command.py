import sys


def double(text):
    if not text.isdigit():
        return "?"
    return str(2 * int(text))


def run():
    print(double(sys.argv[1]))
