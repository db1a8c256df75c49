def add(left, right):
    return left + right


def sign(number):
    if number < 0:
        return -1
    return 1 if number else 0
