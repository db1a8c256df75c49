# coding: latin-1
"""Bytes that are not UTF-8: offsets in the file and in its text differ. Così."""

UNIT = "così"


def label(name):
    return "è " + name + " " + UNIT


def size(name):
    "è"; return len(name) * 2
