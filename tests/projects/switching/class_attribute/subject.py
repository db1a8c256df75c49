"""Attributes of a class body, made at import."""


class Settings:
    limit = 10
    names = ("a", "b")

    def allows(self, number):
        return number < self.limit
