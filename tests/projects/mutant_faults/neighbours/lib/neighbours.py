"""What runs beside a fault and reads the tree: it must end as if there were no fault."""

from pathlib import Path


def area(width, height):
    return width * height


def border(width, height):
    return width + height


def words():
    return Path("data/words.txt").read_text().split()
