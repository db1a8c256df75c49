"""Defaults, factories and a method of a dataclass, whose `__init__` is made at import."""

from dataclasses import dataclass, field


@dataclass
class Box:
    width: int = 2
    height: int = field(default=3)
    labels: list = field(default_factory=lambda: ["new"])
    area: int = field(init=False)

    def __post_init__(self):
        self.area = self.width * self.height

    def doubled(self):
        return self.area * 2
