from __future__ import annotations

import hashlib
import json
from collections import Counter

import pytest

from training.jsonl import Row
from training.tokenizer import encode_completion, encode_prompt, load_tokenizer
from training.toy_data import TOOLS, make_rows

TYPES = {"str": str, "int": int}


@pytest.fixture
def rows() -> list[Row]:
    """Draw anew for each test, so that each is known to run the code it checks."""
    return make_rows(1200, seed=0)


def numbers_in(prompt: str) -> list[int]:
    return [int(word) for word in prompt.split() if word.isdigit()]


def test_a_seed_gives_the_same_rows_again_and_another_seed_others():
    assert make_rows(40, seed=3) == make_rows(40, seed=3)
    assert make_rows(40, seed=3) != make_rows(40, seed=4)


def test_rows_are_for_training_unless_asked_otherwise():
    assert make_rows(40, seed=3) == make_rows(40, seed=3, split="train")
    assert make_rows(40, seed=3) != make_rows(40, seed=3, split="held-out")


def test_every_phrase_and_value_is_drawn_as_it_always_was(rows):
    # Numbers that were measured on these rows are only comparable while they stay the same.
    drawn = rows + make_rows(400, seed=0, split="held-out")
    digest = hashlib.sha256("".join(sorted(row.prompt for row in drawn)).encode()).hexdigest()
    assert digest == "4297aea4473553b6fe758e4c55a5b96926b82c63f13505dc4c9da440957f7fc4"


def test_seed_0_draws_these_rows_on_every_machine():
    assert [row.prompt for row in make_rows(4, seed=0)] == [
        "what is 12 times 3",
        "remind me to call home at 1",
        "how warm is it Friday in Oslo",
        "search for 9 results on night skies",
    ]


@pytest.mark.parametrize("count", [1, 2, 3, 4, 7, 400])
def test_the_count_is_met_and_shared_equally_among_the_tools(count):
    rows = make_rows(count, seed=1)
    shares = Counter(row.metadata["tool"] for row in rows)
    assert len(rows) == count
    assert max(shares.values()) - min(shares[tool] for tool in TOOLS) <= 1


def test_no_prompt_comes_twice(rows):
    assert len({row.prompt for row in rows}) == 1200


def test_the_tools_are_mixed(rows):
    assert {row.metadata["tool"] for row in rows[:30]} == set(TOOLS)
    assert {row.metadata["tool"] for row in rows[-30:]} == set(TOOLS)


def test_no_held_out_prompt_is_in_the_training_split_of_any_seed(rows):
    held_out = make_rows(400, seed=0, split="held-out")
    trained = {row.prompt for seed in (1, 2) for row in make_rows(1200, seed)}
    assert trained.isdisjoint(row.prompt for row in held_out)


def test_a_completion_is_a_call_of_a_tool_with_arguments_of_its_names_and_types(rows):
    for row in rows:
        call = json.loads(row.completion)
        assert list(call) == ["tool", "arguments"]
        assert call["tool"] == row.metadata["tool"]
        wanted = TOOLS[call["tool"]]
        assert list(call["arguments"]) == list(wanted)
        for name, value in call["arguments"].items():
            assert type(value) is TYPES[wanted[name]]
        assert row.completion == json.dumps(call)


def test_every_argument_stands_in_the_prompt_and_every_number_of_the_prompt_is_one(rows):
    for row in rows:
        arguments = json.loads(row.completion)["arguments"]
        arguments.pop("operation", None)
        assert all(str(value) in row.prompt for value in arguments.values())
        given = sorted(value for value in arguments.values() if isinstance(value, int))
        assert sorted(numbers_in(row.prompt)) == given


def test_the_left_number_is_the_one_subtracted_from_and_divided(rows):
    words = Counter(row.prompt.split()[0] for row in rows)
    assert words["subtract"] > 0
    for row in rows:
        arguments = json.loads(row.completion)["arguments"]
        if row.metadata["tool"] == "calculator":
            order = numbers_in(row.prompt)
            if row.prompt.startswith("subtract"):
                order.reverse()
            assert order == [arguments["left"], arguments["right"]]


def test_each_tool_is_asked_for_in_several_phrasings(rows):
    openings = {tool: set() for tool in TOOLS}
    for row in rows:
        openings[row.metadata["tool"]].add(" ".join(row.prompt.split()[:1]))
    assert all(len(words) >= 3 for words in openings.values())
    operations = {json.loads(row.completion)["arguments"].get("operation") for row in rows}
    assert operations == {None, "add", "subtract", "multiply", "divide"}


def test_every_row_fits_into_48_tokens(rows):
    tokenizer = load_tokenizer()
    lengths = [
        len(encode_prompt(tokenizer, row.prompt) + encode_completion(tokenizer, row.completion))
        for row in rows
    ]
    assert max(lengths) <= 48


@pytest.mark.parametrize(
    ("count", "seed", "split", "message"),
    [
        (0, 0, "train", "count must be a whole number of at least 1, got 0"),
        (1, -1, "train", "seed must be a whole number of at least 0, got -1"),
        (1, 0, "test", "split must be one of train, held-out, got 'test'"),
    ],
)
def test_settings_out_of_range_are_refused(refusal, count, seed, split, message):
    assert refusal(lambda: make_rows(count, seed, split)) == message


@pytest.mark.parametrize(
    ("split", "tool", "most"), [("train", "search", 324), ("held-out", "weather", 101)]
)
def test_a_split_is_drawn_to_its_last_row_and_no_further(refusal, split, tool, most):
    index = list(TOOLS).index(tool)
    count = most * len(TOOLS) + len(TOOLS) - 1 - index
    assert len(make_rows(count, 0, split)) == count
    wanted = (
        f"count must leave {tool} at most the {most} rows that it has for {split}, got {count + 1}"
    )
    assert refusal(lambda: make_rows(count + 1, 0, split)) == wanted
