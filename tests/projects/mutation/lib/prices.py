"""Here because one file must hold it all: a function tested well, one tested badly, and a class."""


def discounted(price, percent):
    return price - price * min(percent, 50) / 100


def shipping(weight):
    fee = 4 + weight * 2
    return fee


class Basket:
    def __init__(self):
        self.prices = []

    def add(self, price):
        self.prices.append(price)

    def total(self):
        return sum(self.prices) + shipping(0)
