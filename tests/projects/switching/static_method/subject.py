"""A static method and a class method, called through class and object."""


class Area:
    unit = 2

    @staticmethod
    def square(side):
        return side * side

    @classmethod
    def scaled(cls, side):
        return cls.square(side) + cls.unit
