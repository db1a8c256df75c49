from __future__ import annotations

from typing import Any

import pytest
import torch

from training.batches import counted_tokens, draw_batches, example_order
from training.config import Config, CurriculumSettings, TrainingSettings
from training.gqa_transformer import ModelConfig

MODEL = ModelConfig(11, 8, 1, 2, 1, 6, 8)


def make_config(**sections: Any) -> Config:
    return Config(**({"model": MODEL, "training": TrainingSettings(steps=10)} | sections))


def make_batch(**changed: torch.Tensor) -> dict[str, torch.Tensor]:
    entries = {
        "input_ids": torch.tensor([[1, 2, 3], [4, 5, 0]]),
        "attention_mask": torch.tensor([[True, True, True], [True, True, False]]),
        "labels": torch.tensor([[-100, 3, 4], [5, 6, 7]]),
    }
    return entries | changed


def collate(numbers: list[int]) -> dict[str, torch.Tensor]:
    """Make rows of the example's number, so that it is seen where each one went."""
    input_ids = torch.tensor(numbers)[:, None].expand(-1, 5)
    mask = torch.ones_like(input_ids, dtype=torch.bool)
    return {"input_ids": input_ids, "attention_mask": mask, "labels": input_ids, "more": mask}


def rows_of(batches: list[dict[str, torch.Tensor]]) -> list[list[int]]:
    return [batch["input_ids"][:, 0].tolist() for batch in batches]


def test_every_example_is_read_once_before_any_is_read_again():
    order = example_order(7, seed=0, start=0, count=21)
    assert [sorted(order[first : first + 7]) for first in (0, 7, 14)] == [list(range(7))] * 3
    assert order[:7] != order[7:14] != order[14:]


def test_the_order_depends_on_the_seed_and_is_the_same_on_every_machine():
    assert example_order(7, seed=0, start=0, count=7) != example_order(7, seed=1, start=0, count=7)
    assert example_order(5, seed=0, start=0, count=12) == [2, 0, 1, 3, 4, 1, 4, 3, 0, 2, 2, 0]


@pytest.mark.parametrize("start", [0, 1, 4, 5, 6, 9, 10, 13])
@pytest.mark.parametrize("count", [1, 4, 5, 11])
def test_reading_from_any_place_finds_what_reading_through_finds(start, count):
    whole = example_order(5, seed=3, start=0, count=30)
    assert example_order(5, seed=3, start=start, count=count) == whole[start : start + count]


def test_a_single_example_is_read_again_and_again():
    assert example_order(1, seed=0, start=3, count=4) == [0] * 4


def test_drawing_leaves_the_global_generator_alone():
    before = torch.random.get_rng_state()
    example_order(5, seed=0, start=0, count=9)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_each_step_reads_on_where_the_one_before_ended():
    examples = list(range(10, 17))
    config = make_config(
        training=TrainingSettings(steps=10, batch_size=2, accumulation_steps=3, seed=5)
    )
    order = [examples[index] for index in example_order(7, seed=5, start=0, count=18)]
    for step in (1, 2, 3):
        first = (step - 1) * 6
        wanted = [order[place : place + 2] for place in range(first, first + 6, 2)]
        assert rows_of(draw_batches(examples, collate, config, step)) == wanted


def test_batches_hold_what_a_model_reads_cut_to_the_length_of_the_step():
    config = make_config(curriculum=CurriculumSettings((2, 4), steps_each=1))
    for step, length in [(1, 2), (2, 4), (3, 5)]:
        (batch,) = draw_batches(list(range(3)), collate, config, step)
        assert {name: list(entry.shape) for name, entry in batch.items()} == {
            "input_ids": [8, length],
            "attention_mask": [8, length],
            "labels": [8, length],
        }
        assert torch.equal(batch["labels"], batch["input_ids"])


def test_a_batch_is_checked_before_it_is_cut(refusal):
    def collate_wrongly(numbers: list[int]) -> dict[str, torch.Tensor]:
        return collate(numbers) | {"labels": torch.ones(8, 4, dtype=torch.int64)}

    config = make_config(curriculum=CurriculumSettings((4,)))
    wanted = "labels must have the shape [8, 5] to fit input_ids, got [8, 4]"
    assert refusal(lambda: draw_batches([1], collate_wrongly, config, 1)) == wanted


def test_a_token_counts_when_it_is_neither_ignored_nor_padding():
    wanted = [[False, True, True], [True, True, False]]
    assert counted_tokens(make_batch()).tolist() == wanted


@pytest.mark.parametrize(
    ("changed", "wanted"),
    [
        (
            {"input_ids": torch.zeros(2, 3)},
            "input_ids must have the dtype torch.int64, got torch.float32",
        ),
        (
            {"attention_mask": torch.ones(2, 3, dtype=torch.int64)},
            "attention_mask must have the dtype torch.bool, got torch.int64",
        ),
        (
            {"labels": torch.zeros(2, 3, dtype=torch.int32)},
            "labels must have the dtype torch.int64, got torch.int32",
        ),
        (
            {"attention_mask": torch.tensor([[True]])},
            "attention_mask must have the shape [2, 3] to fit input_ids, got [1, 1]",
        ),
        (
            {"labels": torch.tensor([1, 2, 3])},
            "labels must have the shape [2, 3] to fit input_ids, got [3]",
        ),
    ],
)
def test_a_batch_whose_parts_do_not_fit_is_refused(refusal, changed, wanted):
    assert refusal(lambda: counted_tokens(make_batch(**changed))) == wanted


def test_a_batch_without_one_of_its_parts_is_refused(refusal):
    batch = make_batch()
    del batch["attention_mask"]
    wanted = "batch must hold input_ids, attention_mask, labels, got input_ids, labels"
    assert refusal(lambda: counted_tokens(batch)) == wanted
