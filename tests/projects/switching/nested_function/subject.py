"""A function inside a function: its code is a constant of the outer code."""


def total(prices):
    def with_tax(price):
        return price * 6

    return sum(with_tax(price) for price in prices)
