"""Copies a constant and computes another one from it."""

from .subject import STEP

DOUBLE_STEP = STEP + STEP
