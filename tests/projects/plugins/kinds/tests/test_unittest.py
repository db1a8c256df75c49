"""unittest classes: set-up of a class and of a module, an order of their own, and their ways to skip and to expect."""

import unittest

ORDER = []


def setUpModule():
    ORDER.append("module")


class Ordered(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        ORDER.append("class")

    def setUp(self):
        self.addCleanup(ORDER.append, "cleaned")

    def test_b(self):
        self.assertEqual(ORDER[:3], ["module", "class", "a"])

    def test_a(self):
        self.assertEqual(ORDER, ["module", "class"])

    def tearDown(self):
        ORDER.append("a")

    @unittest.expectedFailure
    def test_expected(self):
        self.fail("as expected")

    @unittest.expectedFailure
    def test_unexpected(self):
        pass

    @unittest.skip("not here")
    def test_skipped(self):
        pass

    def test_subtests(self):
        for number in range(3):
            with self.subTest(number=number):
                self.assertNotEqual(number, 1)

    def test_error(self):
        raise KeyError("missing")


class Broken(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        raise RuntimeError("no set-up")

    def test_never(self):
        pass


class Asynchronous(unittest.IsolatedAsyncioTestCase):
    async def test_awaited(self):
        self.assertTrue(True)
