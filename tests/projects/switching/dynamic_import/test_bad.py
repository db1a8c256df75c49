"""Says that there is a limit."""

import importlib

subject = importlib.import_module(".".join([__package__, "subject"]))


def test_limit():
    assert subject.allows(3)
