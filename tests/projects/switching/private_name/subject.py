"""Names that the class mangles: compiled without it, they would be others."""


class Account:
    def __init__(self):
        self.__balance = 5

    def __fee(self, amount):
        return amount + 1

    def pay(self, amount):
        self.__balance -= self.__fee(amount)
        return self.__balance
