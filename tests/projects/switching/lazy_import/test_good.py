"""Imports inside the test and says where the limit is."""


def test_allows():
    from .subject import allows

    assert [allows(number) for number in (4, 5)] == [True, False]
