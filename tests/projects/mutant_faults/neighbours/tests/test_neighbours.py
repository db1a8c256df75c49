"""Looks at the area, not at the border; both need the tree and the folder as they were."""

from lib.neighbours import area, border, words


def test_area():
    assert area(2, 3) == 6
    assert words() == ["one", "two"]


def test_border():
    assert border(2, 3) is not None
    assert words() == ["one", "two"]
