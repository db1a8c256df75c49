"""Here for a test that fails wherever a mutant is in place, and checks nothing."""


def volume(width, height, depth):
    return width * height * depth
