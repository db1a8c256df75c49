"""Tool calls in text, {"tool": NAME, "arguments": {…}}: found, located, and scored.

The json module says what is JSON (RFC 8259, so without NaN and Infinity). A schema maps the name
of each tool to its arguments, and each argument to one of `ARGUMENT_TYPES`.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, NoReturn

from training.checks import require_choice

Schema = Mapping[str, Mapping[str, str]]

ARGUMENT_TYPES: Mapping[str, tuple[type, ...]] = {
    "int": (int,),
    "float": (int, float),
    "str": (str,),
    "bool": (bool,),
}

# Strings first, so that what looks like punctuation inside of one is none.
STRING_OR_PUNCTUATION = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]')


class Score(NamedTuple):
    """How good a text is, from 0 to 1, and why."""

    value: float
    reason: str


class Span(NamedTuple):
    """Characters from `start` up to, and without, `end`."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool call, and where its name and each argument's value are written, quotes included."""

    tool: str
    arguments: Mapping[str, object]
    tool_span: Span
    argument_spans: Sequence[Span]


def json_validity_score(text: str) -> Score:
    """Score the share of `text` that can be read as one JSON value: 1 for all of it.

    A text that ends too early scores below 1, as if one more character were missing. NaN, Infinity
    and nesting too deep for the reader score 0.
    """
    try:
        DECODER.decode(text)
    except json.JSONDecodeError as error:
        return Score(error.pos / (len(text) + 1), f"no JSON at character {error.pos}: {error.msg}")
    except (ValueError, RecursionError) as error:
        return Score(0.0, f"no JSON: {error}")
    return Score(1.0, "JSON")


def tool_selection_score(text: str, expected_tool: str) -> Score:
    """Score 1 for a text whose one tool call is of `expected_tool`, else 0."""
    calls = find_tool_calls(text)
    if len(calls) != 1:
        return _not_one_call(calls)
    tool = calls[0].tool
    if tool != expected_tool:
        return Score(0.0, f"calls {tool!r}, expected {expected_tool!r}")
    return Score(1.0, f"calls {tool!r}")


def argument_score(text: str, schema: Schema) -> Score:
    """Score the share of arguments, given or required, that are right in the text's one tool call.

    1 for a tool that takes none and is given none; 0 for a tool that `schema` does not have.
    """
    require_schema(schema)
    calls = find_tool_calls(text)
    if len(calls) != 1:
        return _not_one_call(calls)
    call = calls[0]
    if call.tool not in schema:
        return Score(0.0, f"unknown tool {call.tool!r}")
    problems = argument_problems(call, schema)
    if not problems:
        return Score(1.0, "every argument fits")
    names = schema[call.tool].keys() | call.arguments.keys()
    return Score(1 - len(problems) / len(names), "; ".join(problems))


def argument_problems(call: ToolCall, schema: Schema) -> list[str]:
    """Say for each argument that is missing, unknown or of another type what is wrong, by name.

    A whole number is a fine float; true and false are no numbers. `schema` has the call's tool.
    """
    wanted, given = schema[call.tool], call.arguments
    problems = []
    for name in sorted(wanted.keys() | given.keys()):
        if name not in given:
            problems.append(f"{name} is missing")
        elif name not in wanted:
            problems.append(f"{name} is no argument of {call.tool!r}")
        elif not _fits(given[name], wanted[name]):
            problems.append(f"{name} must be {wanted[name]}, got {json.dumps(given[name])}")
    return problems


def require_schema(schema: Schema) -> None:
    """Refuse a schema without a tool, and one with a type not of `ARGUMENT_TYPES`."""
    if not schema:
        raise ValueError("schema must have a tool, got none")
    for tool, arguments in schema.items():
        for name, type_name in arguments.items():
            require_choice(f"schema[{tool!r}][{name!r}]", type_name, ARGUMENT_TYPES)


def find_tool_calls(text: str) -> list[ToolCall]:
    """Find the tool calls among the JSON objects of `text`, in order.

    An object with other keys, or with a key twice, is none, whatever it contains.
    """
    calls = [_tool_call(text, span) for span in find_json_objects(text)]
    return [call for call in calls if call is not None]


def find_json_objects(text: str) -> list[Span]:
    """Find the JSON objects that no other object contains, with any text between them."""
    spans = []
    start = text.find("{")
    while start >= 0:
        try:
            _, end = DECODER.raw_decode(text, start)
        except (ValueError, RecursionError):
            end = start + 1
        else:
            spans.append(Span(start, end))
        start = text.find("{", end)
    return spans


def structure_of(text: str, span: Span) -> list[int]:
    """List the characters of a JSON object that make its structure.

    They are the brackets, colons and commas outside of strings, and the quotes around strings.
    """
    matches = STRING_OR_PUNCTUATION.finditer(text, *span)
    return sorted({edge for match in matches for edge in (match.start(), match.end() - 1)})


class _Member(NamedTuple):
    key: str
    value: object
    span: Span


def _tool_call(text: str, span: Span) -> ToolCall | None:
    members = _members(text, span)
    if sorted(member.key for member in members) != ["arguments", "tool"]:
        return None
    by_key = {member.key: member for member in members}
    tool, arguments = by_key["tool"], by_key["arguments"]
    if not (isinstance(tool.value, str) and isinstance(arguments.value, dict)):
        return None
    values = _members(text, arguments.span)
    if len(values) != len(arguments.value):
        return None
    return ToolCall(tool.value, arguments.value, tool.span, [member.span for member in values])


def _members(text: str, span: Span) -> list[_Member]:
    members = []
    position = _skip_blanks(text, span.start + 1)
    while text.startswith('"', position, span.end):
        key, end = DECODER.raw_decode(text, position)
        start = _skip_blanks(text, _skip_blanks(text, end) + 1)
        value, end = DECODER.raw_decode(text, start)
        members.append(_Member(key, value, Span(start, end)))
        position = _skip_blanks(text, _skip_blanks(text, end) + 1)
    return members


def _skip_blanks(text: str, position: int) -> int:
    while text[position : position + 1] in {" ", "\t", "\n", "\r"}:
        position += 1
    return position


def _fits(value: object, type_name: str) -> bool:
    if isinstance(value, bool):
        return type_name == "bool"
    # The reader makes an infinity of 1e999.
    return isinstance(value, ARGUMENT_TYPES[type_name]) and value not in (math.inf, -math.inf)


def _not_one_call(calls: Sequence[ToolCall]) -> Score:
    return Score(0.0, f"{len(calls)} tool calls, expected 1")


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number")


DECODER = json.JSONDecoder(parse_constant=_refuse_constant)
