"""What it makes is asked for once, by a fixture that several tests share."""


def table(size):
    return {number: number * 3 for number in range(size)}


class Ledger:
    def __init__(self, balance):
        self.balance = balance + 1
