"""Code that makes classes: it runs at import, once for each class."""


class Plugin:
    def __init_subclass__(cls, **options):
        super().__init_subclass__(**options)
        cls.label = cls.__name__.lower()


class Reader(Plugin):
    pass


class Meta(type):
    def __new__(mcs, *arguments):
        made = super().__new__(mcs, *arguments)
        made.size = len(made.__name__) + 1
        return made


class Writer(metaclass=Meta):
    pass
