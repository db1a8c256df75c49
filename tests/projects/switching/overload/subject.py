"""Signatures for the type checker, which are left alone, and the function behind them."""

from typing import overload


@overload
def parse(text: str, base: int = 9) -> int: ...
@overload
def parse(text: bytes, base: int = 9) -> bytes: ...
def parse(text, base=10):
    return int(text, base) + 1
