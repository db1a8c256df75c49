"""What `-m` runs."""

from .subject import total

print(total(2, 3))
