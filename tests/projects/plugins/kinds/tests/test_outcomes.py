"""Every way for a test to end, in the test itself and around it."""

import pytest


@pytest.fixture
def fails_before():
    raise RuntimeError("before")


@pytest.fixture
def fails_after():
    yield
    raise RuntimeError("after")


@pytest.fixture(scope="module")
def module_fails_after():
    yield 1
    raise RuntimeError("the module's fixture")


def test_passes(module_fails_after):
    assert module_fails_after


def test_fails():
    assert [1, 2] == [1, 3]


def test_errs_before(fails_before):
    pass


def test_errs_after(fails_after):
    pass


def test_fails_and_errs_after(fails_after):
    raise ValueError("both")


def test_skips():
    pytest.skip("not today")


def test_skips_and_errs_after(fails_after):
    pytest.skip("not today")


@pytest.mark.skipif(True, reason="never")
def test_is_skipped():
    pass


@pytest.mark.xfail(reason="known")
def test_xfails():
    raise ValueError("known")


@pytest.mark.xfail
def test_xpasses():
    pass


@pytest.mark.xfail(strict=True)
def test_xpasses_strictly():
    pass


@pytest.mark.xfail(raises=KeyError)
def test_xfails_otherwise():
    raise ValueError("not a KeyError")


@pytest.mark.xfail(run=False)
def test_is_not_run():
    raise SystemExit


def test_xfails_inside():
    pytest.xfail("found out")


def test_imports_or_skips():
    pytest.importorskip("a_module_that_is_not_there")


def test_exits():
    raise SystemExit(0)


def test_subtests(subtests):
    for number in range(3):
        with subtests.test(number=number):
            assert number != 1


def test_subtests_that_pass(subtests):
    for number in range(3):
        with subtests.test(number=number):
            assert number >= 0


def test_fixture_is_missing(no_such_fixture):
    pass


def test_warns():
    import warnings

    warnings.warn("an error here", UserWarning, stacklevel=1)


def test_last_of_the_module(module_fails_after):
    assert module_fails_after
