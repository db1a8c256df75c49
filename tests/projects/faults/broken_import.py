"""A test module that cannot be imported; the other modules can."""

import a_module_that_is_not_there


def test_never_collected():
    assert a_module_that_is_not_there
