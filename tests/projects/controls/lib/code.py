"""Here for a test that hashes code objects: it fails whatever is changed, and checks nothing."""


def area(width, height):
    return width * height
