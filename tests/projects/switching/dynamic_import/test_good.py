"""Says where the limit is."""

import importlib

subject = importlib.import_module(".".join([__package__, "subject"]))


def test_limit():
    assert [subject.allows(number) for number in (9, 10)] == [True, False]
