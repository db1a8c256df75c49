"""A test that fails, one whose fixtures fail before and after it, and their green neighbours."""

import pytest

from lib.arithmetic import add


@pytest.fixture
def broken():
    raise RuntimeError("not ready")


@pytest.fixture
def unclean():
    yield
    raise RuntimeError("not cleaned")


def test_before():
    assert add(1, 1) == 2


def test_red():
    assert add(1, 1) == 3


def test_fixture_fails(broken):
    assert add(1, 1) == 2


def test_teardown_fails(unclean):
    assert add(1, 1) == 2


def test_after():
    assert add(2, 2) == 4
