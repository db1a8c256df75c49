"""Has what is shared and does not look."""

import unittest

import pytest

from .subject import Ledger, table


@pytest.fixture(scope="module")
def thirds():
    return table(4)


def test_thirds(thirds):
    assert thirds is not None


class TestLedger(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.ledger = Ledger(4)

    def test_balance(self):
        assert self.ledger is not None
