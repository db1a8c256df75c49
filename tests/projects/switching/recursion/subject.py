"""A function that calls itself: without its end, it is a RecursionError, which a test sees."""


def depth(tree):
    if not tree:
        return 0
    return 1 + max(depth(branch) for branch in tree)


def down(number):
    return down(number - 1) if number else "ground"
