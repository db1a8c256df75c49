"""Says what is in what is shared, but not in the first test that has it."""

import unittest

import pytest

from .subject import Ledger, table


@pytest.fixture(scope="module")
def thirds():
    return table(4)


@pytest.fixture(scope="class")
def largest(thirds):
    return max(thirds.values())


def test_first_and_blind(thirds):
    assert thirds is not None


def test_values(thirds):
    assert thirds == {0: 0, 1: 3, 2: 6, 3: 9}


class TestLargest:
    def test_first_and_blind(self, largest):
        assert largest is not None

    def test_it(self, largest):
        assert largest == 9


class TestLedger(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.ledger = Ledger(4)

    def test_a_first_and_blind(self):
        assert self.ledger is not None

    def test_balance(self):
        assert self.ledger.balance == 5
