"""An object made at import that holds a bound method."""


class Counter:
    def __init__(self, start):
        self.count = start

    def up(self, by):
        self.count += by
        return self.count


class Button:
    def __init__(self, on_press):
        self.on_press = on_press


BUTTON = Button(Counter(1).up)
