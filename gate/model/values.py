"""How values of the evidence are written into a results document and read from it (pydantic).

The annotations have their say there only: a dataclass that is made in memory does not check its values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import (
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    PlainSerializer,
    computed_field,
)
from pydantic_core import CoreSchema, core_schema

# Characters of a long text that are kept.
TEXT_CAP = 4_000


def encodable(text: str) -> str:
    """Write lone surrogates (names that are not UTF-8) as escapes, so that JSON can hold them."""
    return text.encode(errors="backslashreplace").decode()


def _first_part(text: str) -> str:
    return encodable(text)[:TEXT_CAP]


def _last_part(text: str) -> str:
    return encodable(text)[-TEXT_CAP:]


Text = Annotated[str, PlainSerializer(encodable, str)]
Name = Annotated[Text, Field(min_length=1)]
LongText = Annotated[str, Field(max_length=TEXT_CAP), PlainSerializer(_first_part, str)]
TailText = Annotated[str, Field(max_length=TEXT_CAP), PlainSerializer(_last_part, str)]
Line = Annotated[int, Field(ge=1)]
Count = Annotated[int, Field(ge=0)]
Percent = Annotated[float, Field(ge=0, le=100)]
Seconds = Annotated[float, Field(ge=0)]
Span = tuple[Line, Line]

# What the run needs and no reader of the document: it is not written.
UNWRITTEN: Any = Field(exclude=True)

# Of every noun in the document: nothing is converted. A derived part is written, and not read.
CONFIG = ConfigDict(extra="ignore", strict=True, allow_inf_nan=False)

if TYPE_CHECKING:
    derived = property
    derived_once = property
else:

    def derived(method: Callable[[Any], Any]) -> property:
        """Make a property that is written into the document too."""
        return computed_field(property(method))

    def derived_once(method: Callable[[Any], Any]) -> property:
        """Make the same of a class without slots, worked out once."""
        return computed_field(cached_property(method))


@dataclass(frozen=True, slots=True)
class WrittenAs:
    """An annotation: the value is written in another shape, the type `shape`, and made again from that."""

    shape: Any
    write: Callable[[Any], Any]
    read: Callable[[Any], Any]

    def __get_pydantic_core_schema__(self, _: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        shape = handler.generate_schema(self.shape)
        written = core_schema.plain_serializer_function_ser_schema(self.write, return_schema=shape)
        return core_schema.no_info_after_validator_function(self.read, shape, serialization=written)


def spans(lines: Iterable[int]) -> tuple[tuple[int, int], ...]:
    """Fold line numbers into runs: 3, 4, 5, 9 becomes (3, 5), (9, 9)."""
    runs: list[tuple[int, int]] = []
    for line in sorted(set(lines)):
        if runs and line == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], line)
        else:
            runs.append((line, line))
    return tuple(runs)


def spans_text(runs: Iterable[tuple[int, int]], most: int | None = None) -> str:
    """Write runs as `3-5, 9`; past `most` of them, say how many more there are."""
    words = [f"{first}-{last}" if last > first else f"{first}" for first, last in runs]
    left_out = len(words) - most if most is not None else 0
    return ", ".join(words[:most]) + (f" and {left_out} more" if left_out > 0 else "")


def lines_of(runs: Iterable[Span]) -> frozenset[int]:
    """Unfold runs of lines."""
    return frozenset(line for first, last in runs for line in range(first, last + 1))


def _in_order(pairs: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    return tuple(sorted(pairs))


# Line numbers, written as runs.
Lines = Annotated[frozenset[int], WrittenAs(tuple[Span, ...], spans, lines_of)]
Branches = Annotated[
    frozenset[tuple[int, int]], WrittenAs(tuple[tuple[int, int], ...], _in_order, frozenset)
]
