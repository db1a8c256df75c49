"""Where what a document says differs from what follows from its evidence; both are values of JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def differences(said: Any, follows: Any, *place: str) -> Iterator[str]:
    """Name the places in which values of JSON differ from what follows; a missing key says nothing."""
    match said, follows:
        case dict(), dict():
            for key, value in said.items():
                yield from differences(value, follows.get(key, _NOTHING), *place, str(key))
        case list(), list() if len(said) == len(follows):
            for number, (one, other) in enumerate(zip(said, follows, strict=True)):
                yield from differences(one, other, *place, str(number))
        case _ if follows is _NOTHING:
            yield f"{'.'.join(place)} is unknown"
        case _ if said != follows or isinstance(said, bool) != isinstance(follows, bool):
            yield f"{'.'.join(place)} is {_short(said)}, from the evidence follows {_short(follows)}"


_NOTHING = object()


def _short(value: Any) -> str:
    return f"{len(value)} entries" if isinstance(value, dict | list) else repr(value)[:60]
