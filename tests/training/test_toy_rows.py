from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from training.config import Config, OptimizerSettings, TrainingSettings
from training.dataset import KDDataset, Row, collate_kd_batch, load_tokenizer, write_jsonl
from training.distill_kd import Task, train
from training.gqa_transformer import ModelConfig
from training.toy_data import make_rows
from training.toy_rows import RowCounts, complete_rows, make_toy_rows, usable_rows

COUNTS = RowCounts(teacher=9, labelled=4, unlabelled=3, validation=2, held_out=5)


def call(tool: str, arguments: Mapping[str, object]) -> str:
    return json.dumps({"tool": tool, "arguments": arguments})


WEATHER = call("weather", {"city": "Oslo", "day": "today"})


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"teacher": 0}, "teacher must be a whole number of at least 1, got 0"),
        ({"labelled": 0}, "labelled must be a whole number from 1 to 800, got 0"),
        (
            {"teacher": 7, "labelled": 8},
            "labelled must be a whole number from 1 to 7, got 8",
        ),
        ({"unlabelled": 0}, "unlabelled must be a whole number of at least 1, got 0"),
        ({"validation": 0}, "validation must be a whole number of at least 1, got 0"),
        ({"held_out": 0}, "held_out must be a whole number of at least 1, got 0"),
    ],
)
def test_there_is_a_row_of_each_kind(
    refusal: Callable[..., str], changed: dict[str, Any], message: str
):
    assert refusal(lambda: RowCounts(**changed)) == message


def test_a_single_row_of_each_kind_will_do():
    rows = make_toy_rows(RowCounts(1, 1, 1, 1, 1), seed=0)
    assert [len(kind) for kind in rows] == [1, 1, 1, 1, 1]
    assert rows.labelled == rows.teacher


def test_the_students_labels_are_the_first_of_the_teachers():
    rows = make_toy_rows(COUNTS, seed=3)
    assert len(rows.teacher) == 9
    assert rows.labelled == rows.teacher[:4]


def test_unlabelled_prompts_come_after_the_teachers_rows():
    rows = make_toy_rows(COUNTS, seed=3)
    drawn = make_rows(12, seed=3)
    assert rows.teacher == drawn[:9]
    assert rows.unlabelled == [row.prompt for row in drawn[9:]]


def test_rows_that_choose_and_rows_that_score_are_of_the_split_that_nobody_learns_from():
    rows = make_toy_rows(COUNTS, seed=3)
    drawn = make_rows(7, seed=3, split="held-out")
    assert (rows.validation, rows.held_out) == (drawn[:2], drawn[2:])


def test_the_default_counts_can_be_drawn_and_share_no_prompt():
    rows = make_toy_rows(RowCounts(), seed=0)
    prompts = [row.prompt for row in rows.teacher + rows.validation + rows.held_out]
    assert len({*prompts, *rows.unlabelled}) == 800 + 480 + 80 + 160


def test_a_completion_that_fits_its_tool_is_kept_be_it_right_or_wrong():
    wrong = call("calculator", {"operation": "add", "left": 1, "right": 1})
    assert usable_rows(["rain in Oslo?", "2 and 3"], [WEATHER, wrong]) == [
        Row("rain in Oslo?", WEATHER),
        Row("2 and 3", wrong),
    ]


@pytest.mark.parametrize(
    "completion",
    [
        "",
        "Oslo",
        WEATHER[:-1],
        WEATHER + WEATHER,
        call("forecast", {"city": "Oslo", "day": "today"}),
        call("weather", {"city": "Oslo"}),
        call("weather", {"city": "Oslo", "day": 1}),
        call("weather", {"city": "Oslo", "day": "today", "hour": 1}),
    ],
)
def test_a_completion_that_is_not_one_call_that_fits_its_tool_is_left_out(completion):
    kept = [Row("one", WEATHER), Row("three", WEATHER)]
    assert usable_rows(["one", "two", "three"], [WEATHER, completion, WEATHER]) == kept


def test_there_is_a_completion_for_each_prompt(refusal):
    assert "zip()" in refusal(lambda: usable_rows(["one", "two"], [WEATHER]))


def test_a_teacher_completes_a_prompt_as_it_learned_to(tmp_path):
    tokenizer, row = load_tokenizer(300), Row("Oslo", WEATHER)
    write_jsonl(tmp_path / "rows.jsonl", [row], tokenizer)
    examples = KDDataset(tmp_path / "rows.jsonl", tokenizer, 128)
    config = Config(
        ModelConfig(300, 16, 1, 2, 1, 16, 128),
        TrainingSettings(steps=100, batch_size=1),
        OptimizerSettings(learning_rate=0.03),
    )
    teacher = train(config, Task(examples, collate_kd_batch), tmp_path / "teacher").student
    assert complete_rows(teacher, tokenizer, ["Oslo"]) == [row]
