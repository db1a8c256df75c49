"""Situations in which a rule has something to say, so that together they make it say all that it can."""

from situations import coverage, lost, mutants, policy, suite
from situations.entered import SITUATIONS

__all__ = ["SITUATIONS", "coverage", "lost", "mutants", "policy", "suite"]
