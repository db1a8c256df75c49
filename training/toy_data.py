"""A made task, from a seed: an instruction in plain words, and the tool call that it asks for."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import NamedTuple

from training.checks import require_choice, require_whole
from training.jsonl import Row

# Each tool's arguments, with the name of the Python type of each.
TOOLS: Mapping[str, Mapping[str, str]] = {
    "calculator": {"operation": "str", "left": "int", "right": "int"},
    "weather": {"city": "str", "day": "str"},
    "reminder": {"task": "str", "hour": "int"},
    "search": {"query": "str", "limit": "int"},
}
SPLITS = ("train", "held-out")
HELD_OUT_ONE_IN = 5


class Request(NamedTuple):
    """Phrasings of one thing that a tool can do, and the values that each argument takes."""

    tool: str
    phrases: Sequence[str]
    arguments: Mapping[str, Sequence[str | int]]


def _calculation(operation: str, *phrases: str) -> Request:
    numbers = range(2, 21)
    return Request(
        "calculator", phrases, {"operation": (operation,), "left": numbers, "right": numbers}
    )


REQUESTS = (
    _calculation("add", "add {left} and {right}", "what is {left} plus {right}"),
    _calculation("subtract", "subtract {right} from {left}", "what is {left} minus {right}"),
    _calculation("multiply", "multiply {left} by {right}", "what is {left} times {right}"),
    _calculation("divide", "divide {left} by {right}", "what is {left} over {right}"),
    Request(
        "weather",
        (
            "weather in {city} for {day}",
            "will it rain in {city} {day}",
            "how warm is it {day} in {city}",
            "do I need a coat {day} in {city}",
        ),
        {
            "city": (
                *("Athens", "Berlin", "Cairo", "Delhi", "Lima", "London", "Madrid", "Oslo"),
                *("Paris", "Prague", "Quito", "Rome", "Seoul", "Sydney", "Tokyo", "Vienna"),
            ),
            "day": ("today", "tonight", "tomorrow", "Monday", "Wednesday", "Friday", "Sunday"),
        },
    ),
    Request(
        "reminder",
        (
            "remind me to {task} at {hour}",
            "at {hour} remind me to {task}",
            "set a reminder at {hour} to {task}",
        ),
        {
            "task": (
                *("bake bread", "buy milk", "call home", "clean the desk", "close the window"),
                *("feed the cat", "pay the rent", "read the news", "walk the dog", "water plants"),
            ),
            "hour": range(24),
        },
    ),
    Request(
        "search",
        (
            "find {limit} pages about {query}",
            "search for {limit} results on {query}",
            "show me {limit} articles on {query}",
            "look up {query} and list {limit}",
        ),
        {
            "query": (
                *("blue whales", "city trees", "cheap trains", "green tea", "home gardens"),
                *("magnets", "night skies", "old maps", "paper boats", "rice soup"),
                *("solar power", "wild bees"),
            ),
            "limit": range(2, 11),
        },
    ),
)


def make_rows(count: int, seed: int, split: str = "train") -> list[Row]:
    """Draw `count` rows with different prompts, the tools in equal parts, in a mixed order.

    A prompt belongs to one split whatever the seed. A completion is {"tool", "arguments"} in JSON,
    and the metadata names its tool. Raises ValueError when the split has too few rows.
    """
    require_whole("count", count, 1)
    require_whole("seed", seed, 0)
    require_choice("split", split, SPLITS)
    generator = random.Random(seed)
    rows: list[Row] = []
    for index, tool in enumerate(TOOLS):
        calls = [call for call in _calls(tool) if _split_of(call[0]) == split]
        share = (count + index) // len(TOOLS)
        if share > len(calls):
            raise ValueError(
                f"count must leave {tool} at most the {len(calls)} rows that it has for {split}, "
                f"got {count}"
            )
        rows += [_row(tool, *call) for call in generator.sample(calls, share)]
    generator.shuffle(rows)
    return rows


def _calls(tool: str) -> Iterator[tuple[str, dict[str, str | int]]]:
    """Yield all prompts for `tool`, each with the arguments that it asks for."""
    for request in REQUESTS:
        if request.tool == tool:
            choices = [
                [(name, value) for value in values] for name, values in request.arguments.items()
            ]
            for phrase, chosen in product(request.phrases, product(*choices)):
                arguments = dict(chosen)
                yield phrase.format(**arguments), arguments


def _split_of(prompt: str) -> str:
    # By a hash of the prompt, so that neither a seed nor a later request moves it to the other.
    number = int.from_bytes(hashlib.sha256(prompt.encode()).digest())
    return "held-out" if number % HELD_OUT_ONE_IN == 0 else "train"


def _row(tool: str, prompt: str, arguments: dict[str, str | int]) -> Row:
    completion = json.dumps({"tool": tool, "arguments": arguments})
    return Row(prompt, completion, {"tool": tool})
