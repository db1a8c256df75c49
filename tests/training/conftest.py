"""What the tests of the guarded package share."""

from __future__ import annotations

from collections.abc import Callable

import pytest


@pytest.fixture
def refusal() -> Callable[[Callable[[], object]], str]:
    """Return the message of the ValueError that a call must end in."""

    def message_of(call: Callable[[], object]) -> str:
        with pytest.raises(ValueError) as caught:  # noqa: PT011 - the caller compares the message
            call()
        return str(caught.value)

    return message_of
