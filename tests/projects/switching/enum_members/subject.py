"""Members of an enumeration, made at import by its metaclass."""

from enum import Enum, IntEnum


class Color(Enum):
    RED = 1
    GREEN = 3

    def next(self):
        return Color(4 - self.value)


class Level(IntEnum):
    LOW = 5
