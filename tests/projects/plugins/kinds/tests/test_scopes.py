"""Fixtures of every scope are set up once and taken down when their scope ends."""

import pytest

LOG = []


@pytest.fixture(scope="class")
def of_class():
    LOG.append("class up")
    yield len(LOG)
    LOG.append("class down")


@pytest.fixture(scope="module", params=["one", "two"])
def of_module(request):
    LOG.append(request.param)
    return request.param


@pytest.fixture(scope="session", autouse=True)
def of_session():
    LOG.append("session up")


class TestFirst:
    def test_one(self, of_class):
        assert LOG == ["session up", "class up"]

    def test_two(self, of_class):
        assert LOG == ["session up", "class up"]


class TestSecond:
    @classmethod
    def setup_class(cls):
        cls.before = list(LOG)

    def test_class_was_taken_down(self):
        assert self.before[-1] == "class down"


@pytest.mark.parametrize("number", [1, 2])
def test_grouped_by_parameter(of_module, number):
    assert LOG[-1] == of_module
