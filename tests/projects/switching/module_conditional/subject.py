"""A conditional expression and an `if` at module level."""

FAST = True
LEVEL = 3 if FAST else 1

if LEVEL > 2:
    NAME = "high"
else:
    NAME = "low"
