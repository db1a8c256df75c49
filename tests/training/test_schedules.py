from __future__ import annotations

import math

import pytest
import torch

from training.schedules import curriculum_temperature, entropy_weighting


def seeded_logits(*shape: int, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return 2 * torch.randn(shape, generator=generator, dtype=torch.float64)


def entropy_share(row: list[float]) -> float:
    total = sum(math.exp(logit) for logit in row)
    shares = [math.exp(logit) / total for logit in row]
    return -sum(p * math.log(p) for p in shares) / math.log(len(row))


def test_the_temperature_falls_in_equal_steps_from_two_to_one():
    temperatures = [curriculum_temperature(epoch, 4) for epoch in range(5)]
    assert temperatures == [2.0, 1.75, 1.5, 1.25, 1.0]


def test_the_temperature_may_move_between_any_two_values():
    assert curriculum_temperature(1, 4, start=1.0, end=5.0) == 2.0
    assert curriculum_temperature(3, 3, start=0.5, end=0.25) == 0.25
    assert curriculum_temperature(0, 1, start=0.5, end=0.25) == 0.5


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        ((0, 0), "total_epochs must be a whole number of at least 1, got 0"),
        ((-1, 3), "epoch must be a whole number from 0 to 3, got -1"),
        ((4, 3), "epoch must be a whole number from 0 to 3, got 4"),
        ((0, 3, 0.0), "start must be a finite number above 0, got 0.0"),
        ((0, 3, 1.0, math.nan), "end must be a finite number above 0, got nan"),
    ],
)
def test_a_temperature_schedule_out_of_range_is_refused(refusal, arguments, wanted):
    assert refusal(lambda: curriculum_temperature(*arguments)) == wanted


def test_weights_and_temperature_follow_the_mean_entropy_of_the_teacher():
    logits = seeded_logits(2, 3, 5)
    unsure = sum(entropy_share(row) for rows in logits.tolist() for row in rows) / 6
    assert 0.2 < unsure < 0.8
    temperature, weights = entropy_weighting(
        logits, base_kl_weight=0.3, min_temperature=1.2, max_temperature=4.0
    )
    assert temperature == pytest.approx(1.2 + unsure * 2.8, rel=1e-12)
    assert weights == pytest.approx(
        {"kl_weight": 0.3 + unsure * 0.7, "ce_ground_truth_weight": 0.7 * (1 - unsure)}, rel=1e-12
    )


def test_a_teacher_that_is_sure_gets_the_base_weight_and_the_lowest_temperature():
    logits = torch.tensor([[200.0, 0.0, 0.0], [0.0, 0.0, 200.0]])
    temperature, weights = entropy_weighting(logits)
    assert temperature == 1.5
    assert weights == pytest.approx({"kl_weight": 0.4, "ce_ground_truth_weight": 0.6})


@pytest.mark.parametrize("vocabulary", [2, 3, 6, 7, 13, 1000])
def test_a_teacher_that_knows_nothing_gets_all_the_weight_and_never_more(vocabulary):
    temperature, weights = entropy_weighting(torch.full((4, vocabulary), 0.7))
    assert temperature == pytest.approx(3.0, rel=1e-6)
    assert temperature <= 3.0
    assert weights["kl_weight"] == pytest.approx(1.0, rel=1e-6)
    assert weights["ce_ground_truth_weight"] >= 0.0


def test_masked_positions_do_not_reach_the_entropy():
    logits = seeded_logits(3, 4)
    logits[1] = math.nan
    mask = torch.tensor([True, False, True])
    assert entropy_weighting(logits, mask=mask) == entropy_weighting(logits[[0, 2]])


def test_the_bounds_of_the_entropy_settings_are_themselves_allowed():
    logits = seeded_logits(2, 3)
    assert entropy_weighting(logits, base_kl_weight=1)[1] == {
        "kl_weight": 1.0,
        "ce_ground_truth_weight": 0.0,
    }
    assert 0 < entropy_weighting(logits, base_kl_weight=0)[1]["kl_weight"] < 1
    assert entropy_weighting(logits, min_temperature=2.0, max_temperature=2.0)[0] == 2.0


@pytest.mark.parametrize(
    ("settings", "wanted"),
    [
        (
            {"base_kl_weight": -0.01},
            "base_kl_weight must be a finite number from 0 to 1, got -0.01",
        ),
        ({"base_kl_weight": 1.01}, "base_kl_weight must be a finite number from 0 to 1, got 1.01"),
        ({"min_temperature": 0.0}, "min_temperature must be a finite number above 0, got 0.0"),
        (
            {"max_temperature": 1.4},
            "max_temperature must be a finite number from 1.5 to inf, got 1.4",
        ),
    ],
)
def test_entropy_settings_out_of_range_are_refused(refusal, settings, wanted):
    assert refusal(lambda: entropy_weighting(torch.zeros(2, 3), **settings)) == wanted


@pytest.mark.parametrize(
    ("logits", "mask", "wanted"),
    [
        (
            torch.zeros(3),
            None,
            "teacher_logits must have the axes [..., vocabulary], got the shape [3]",
        ),
        (
            torch.zeros(2, 1),
            None,
            "teacher_logits vocabulary must be a whole number of at least 2, got 1",
        ),
        (
            torch.full((2, 3), math.nan),
            None,
            "teacher_logits must be finite at every position that counts",
        ),
        (
            torch.zeros(2, 3),
            torch.ones(3, dtype=torch.bool),
            "mask must have the shape [2] to fit teacher_logits, got [3]",
        ),
    ],
)
def test_teacher_logits_that_cannot_be_used_are_refused(refusal, logits, mask, wanted):
    assert refusal(lambda: entropy_weighting(logits, mask=mask)) == wanted
