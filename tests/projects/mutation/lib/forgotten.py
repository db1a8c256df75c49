"""Here because no test runs it: its mutants are not covered, and cost no fork."""


def refund(price, days):
    return price if days < 14 else 0
