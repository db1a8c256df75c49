"""gate: would these tests notice if this code were wrong?"""

__version__ = "0.1.0"
