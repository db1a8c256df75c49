from __future__ import annotations

import math

import pytest
import torch

from training.behaviour_losses import (
    EarlyToolCallSettings,
    early_tool_call_loss,
    length_aware_kd_loss,
)


def lengths_to_mask(lengths: list[int], longest: int) -> torch.Tensor:
    return torch.arange(longest) < torch.tensor(lengths)[:, None]


MISSING = torch.tensor([False, False])


def test_an_answer_is_charged_for_its_relative_excess_above_the_hinge():
    student, teacher = lengths_to_mask([12, 9], 12), lengths_to_mask([8, 6], 8)
    wanted = 2.0 * ((4 / 8 - 0.25) + (3 / 6 - 0.25)) / 2
    loss = length_aware_kd_loss(student, teacher, MISSING, hinge=0.25, slope=2.0)
    assert loss.item() == pytest.approx(wanted, rel=1e-6)


def test_the_default_hinge_is_fifteen_percent_and_the_default_slope_one():
    student, teacher = lengths_to_mask([12], 12), lengths_to_mask([10], 10)
    assert length_aware_kd_loss(student, teacher, MISSING[:1]).item() == pytest.approx(0.05)


@pytest.mark.parametrize("length", [0, 5, 8, 10])
def test_an_answer_up_to_the_hinge_costs_nothing(length):
    student, teacher = lengths_to_mask([length], 12), lengths_to_mask([8], 8)
    assert length_aware_kd_loss(student, teacher, MISSING[:1], hinge=0.25).item() == 0


def test_an_answer_with_all_required_fields_costs_nothing_and_still_counts_in_the_mean():
    student, teacher = lengths_to_mask([16, 16], 16), lengths_to_mask([8, 8], 8)
    present = torch.tensor([True, False])
    assert length_aware_kd_loss(student, teacher, present, hinge=0).item() == 0.5


def test_a_slope_of_zero_charges_nothing():
    student, teacher = lengths_to_mask([16], 16), lengths_to_mask([8], 8)
    assert length_aware_kd_loss(student, teacher, MISSING[:1], slope=0).item() == 0


def test_a_mask_of_probabilities_carries_gradient_and_the_teachers_none():
    student = torch.tensor([[1.0, 1.0, 0.5, 0.0]], dtype=torch.float64, requires_grad=True)
    teacher = torch.tensor([[1.0, 0.0]], dtype=torch.float64, requires_grad=True)
    loss = length_aware_kd_loss(student, teacher, MISSING[:1], hinge=0.5, slope=3.0)
    loss.backward()
    assert loss.item() == 3.0
    assert loss.dtype == torch.float64
    assert student.grad.tolist() == [[3.0] * 4]
    assert teacher.grad is None


def test_whole_numbers_and_half_precision_are_masks_too():
    student, teacher = lengths_to_mask([16], 16), lengths_to_mask([8], 8)
    for dtype in (torch.int64, torch.float16):
        loss = length_aware_kd_loss(student.to(dtype), teacher.to(dtype), MISSING[:1], hinge=0)
        assert loss.item() == 1
        assert loss.dtype == torch.float32


@pytest.mark.parametrize(
    ("changed", "wanted"),
    [
        ({"hinge": -0.1}, "hinge must be a finite number from 0 to inf, got -0.1"),
        ({"slope": math.nan}, "slope must be a finite number from 0 to inf, got nan"),
        (
            {"student_attn_mask": torch.ones(4)},
            "student_attn_mask must have the axes [batch, sequence], got the shape [4]",
        ),
        (
            {"student_attn_mask": torch.ones(2, 0)},
            "student_attn_mask must not be empty, got the shape [2, 0]",
        ),
        (
            {"student_attn_mask": torch.full((2, 4), 1.5)},
            "student_attn_mask must lie from 0 to 1, got 1.5",
        ),
        (
            {"teacher_attn_mask": torch.full((2, 4), math.nan)},
            "teacher_attn_mask must lie from 0 to 1, got nan",
        ),
        (
            {"teacher_attn_mask": torch.ones(3, 4)},
            "teacher_attn_mask must begin with the axes [2] to fit student_attn_mask, got [3, 4]",
        ),
        (
            {"teacher_attn_mask": torch.tensor([[1.0], [0.0]])},
            "teacher_attn_mask must count at least one position in each row",
        ),
        (
            {"required_fields_present": torch.ones(2)},
            "required_fields_present must have the dtype torch.bool, got torch.float32",
        ),
        (
            {"required_fields_present": torch.tensor([True])},
            "required_fields_present must have the shape [2] to fit student_attn_mask, got [1]",
        ),
    ],
)
def test_length_aware_kd_loss_names_the_argument_it_cannot_use(refusal, changed, wanted):
    arguments = {
        "student_attn_mask": torch.ones(2, 4),
        "teacher_attn_mask": torch.ones(2, 4),
        "required_fields_present": MISSING,
    }
    assert refusal(lambda: length_aware_kd_loss(**(arguments | changed))) == wanted


def make_settings() -> EarlyToolCallSettings:
    return EarlyToolCallSettings(opening_ids=(1, 4), window=2, prefix_weight=0.5)


def seeded_logits(*shape: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return 2 * torch.randn(shape, generator=generator, dtype=torch.float64)


def probabilities(row: torch.Tensor) -> list[float]:
    weights = [math.exp(logit) for logit in row.tolist()]
    return [weight / sum(weights) for weight in weights]


def opening(row: torch.Tensor) -> float:
    return probabilities(row)[1] + probabilities(row)[4]


def test_the_loss_is_minus_log_of_the_mean_opening_probability_in_the_window():
    logits, used = seeded_logits(3, 4, 5), torch.tensor([True, False, True])
    wanted = -sum(
        math.log((opening(logits[row, 0]) + opening(logits[row, 1])) / 2) for row in (0, 2)
    )
    loss = early_tool_call_loss(logits, used, make_settings())
    assert loss.item() == pytest.approx(wanted / 2, rel=1e-12)


def test_a_window_longer_than_the_sequence_is_the_whole_sequence():
    logits, used = seeded_logits(1, 3, 5), torch.tensor([True])
    wanted = -math.log(sum(opening(logits[0, position]) for position in range(3)) / 3)
    loss = early_tool_call_loss(logits, used, EarlyToolCallSettings((1, 4)))
    assert loss.item() == pytest.approx(wanted, rel=1e-12)


def test_masked_positions_and_rows_without_tool_reach_neither_loss_nor_gradient():
    logits, used = seeded_logits(3, 4, 5), torch.tensor([True, False, True])
    mask = torch.ones(3, 4, dtype=torch.bool)
    mask[0, 0] = False
    counted = torch.tensor([[False, True], [False, False], [True, True]])
    wanted = -math.log(opening(logits[0, 1])) - math.log(
        (opening(logits[2, 0]) + opening(logits[2, 1])) / 2
    )
    logits[:, :2][~counted] = math.nan
    logits.requires_grad_()
    loss = early_tool_call_loss(logits, used, make_settings(), mask=mask)
    loss.backward()
    assert loss.item() == pytest.approx(wanted / 2, rel=1e-12)
    assert logits.grad[:, :2][~counted].eq(0).all()
    assert logits.grad[:, :2][counted].ne(0).all()
    assert logits.grad[:, 2:].eq(0).all()


def test_the_teachers_prefix_adds_its_weighted_cross_entropy_over_rows_with_tool():
    logits, used = seeded_logits(3, 4, 5), torch.tensor([True, False, True])
    prefix = torch.tensor([[3, 0, -100], [9, 9, 9], [2, -100, -100]])
    tokens = [(0, 0, 3), (0, 1, 0), (2, 0, 2)]
    entropy = -sum(math.log(probabilities(logits[b, s])[token]) for b, s, token in tokens) / 3
    plain = early_tool_call_loss(logits, used, make_settings())
    loss = early_tool_call_loss(logits, used, make_settings(), prefix)
    assert loss.item() == pytest.approx(plain.item() + 0.5 * entropy, rel=1e-12)


def test_the_prefix_leaves_out_masked_positions():
    logits, used = seeded_logits(1, 3, 5), torch.tensor([True])
    mask = torch.tensor([[True, False, True]])
    plain = early_tool_call_loss(logits, used, make_settings(), mask=mask)
    loss = early_tool_call_loss(logits, used, make_settings(), torch.tensor([[3, 9]]), mask)
    wanted = plain.item() - 0.5 * math.log(probabilities(logits[0, 0])[3])
    assert loss.item() == pytest.approx(wanted, rel=1e-12)


def test_the_gradient_of_the_early_tool_call_loss_is_its_derivative():
    logits, used = seeded_logits(2, 3, 5).requires_grad_(), torch.tensor([True, True])
    mask = torch.tensor([[True, True, True], [False, True, True]])
    prefix = torch.tensor([[3, 0], [-100, 2]])
    assert torch.autograd.gradcheck(
        lambda x: early_tool_call_loss(x, used, make_settings(), prefix, mask), logits
    )


def test_a_batch_without_tools_costs_nothing_and_can_be_differentiated():
    logits = torch.full((2, 3, 5), math.nan, dtype=torch.float16, requires_grad=True)
    loss = early_tool_call_loss(logits, MISSING, make_settings(), torch.tensor([[1], [1]]))
    loss.backward()
    assert loss.item() == 0
    assert loss.dtype == torch.float32
    assert logits.grad.eq(0).all()


def test_opening_probabilities_far_below_float_range_stay_finite():
    logits = torch.zeros(1, 2, 5)
    logits[:, :, [1, 4]] = -1000.0
    assert early_tool_call_loss(
        logits, torch.tensor([True]), make_settings()
    ).item() == pytest.approx(1000 + math.log(3 / 2), rel=1e-6)


def test_half_precision_logits_give_a_single_precision_loss():
    logits, used = seeded_logits(1, 3, 5).bfloat16(), torch.tensor([True])
    loss = early_tool_call_loss(logits, used, make_settings())
    assert loss.dtype == torch.float32
    torch.testing.assert_close(loss, early_tool_call_loss(logits.float(), used, make_settings()))


@pytest.mark.parametrize(
    ("changed", "wanted"),
    [
        (
            {"student_logits": torch.zeros(2, 5)},
            "student_logits must have the axes [batch, sequence, vocabulary], got the shape [2, 5]",
        ),
        (
            {"student_logits": torch.zeros(2, 3, 5, dtype=torch.int64)},
            "student_logits must hold floating-point numbers, got torch.int64",
        ),
        (
            {"student_logits": torch.full((2, 3, 5), math.inf)},
            "student_logits must be finite at every position that counts",
        ),
        (
            {"student_logits": torch.zeros(2, 3, 4)},
            "opening_ids must be a whole number from 0 to 3, got 4",
        ),
        (
            {"tool_should_be_used": torch.ones(2)},
            "tool_should_be_used must have the dtype torch.bool, got torch.float32",
        ),
        (
            {"tool_should_be_used": torch.tensor([True])},
            "tool_should_be_used must have the shape [2] to fit student_logits, got [1]",
        ),
        (
            {"mask": torch.ones(2, 4, dtype=torch.bool)},
            "mask must have the shape [2, 3] to fit student_logits, got [2, 4]",
        ),
        (
            {"mask": torch.tensor([[False, False, True], [True, True, True]])},
            "mask leaves a row that should use a tool without an early position",
        ),
        (
            {"teacher_prefix_ids": torch.tensor([1, 2])},
            "teacher_prefix_ids must have the axes [batch, prefix], got the shape [2]",
        ),
        (
            {"teacher_prefix_ids": torch.ones(2, 4, dtype=torch.int64)},
            "teacher_prefix_ids must have the shape [2, 3] to fit student_logits, got [2, 4]",
        ),
        (
            {"teacher_prefix_ids": torch.full((2, 3), 5)},
            "teacher_prefix_ids must lie from 0 to 4, got 5",
        ),
        (
            {"teacher_prefix_ids": torch.full((2, 3), -100)},
            "teacher_prefix_ids must hold a target that is neither masked nor -100",
        ),
        (
            {
                "student_logits": torch.zeros(2, 3, 5).index_fill(1, torch.tensor([2]), math.nan),
                "teacher_prefix_ids": torch.ones(2, 3, dtype=torch.int64),
            },
            "student_logits must be finite at every position that counts",
        ),
    ],
)
def test_early_tool_call_loss_names_the_argument_it_cannot_use(refusal, changed, wanted):
    arguments = {
        "student_logits": torch.zeros(2, 3, 5),
        "tool_should_be_used": torch.tensor([True, True]),
        "settings": make_settings(),
    }
    assert refusal(lambda: early_tool_call_loss(**(arguments | changed))) == wanted


def test_the_default_settings_ask_for_a_call_within_eight_positions():
    settings = EarlyToolCallSettings((0,))
    assert (settings.window, settings.prefix_weight) == (8, 1.0)
    assert EarlyToolCallSettings((3,), window=1, prefix_weight=0).window == 1


@pytest.mark.parametrize(
    ("settings", "wanted"),
    [
        ({"opening_ids": ()}, "opening_ids must name at least one token"),
        ({"opening_ids": (2, -1)}, "opening_ids must be a whole number of at least 0, got -1"),
        ({"opening_ids": (2, 3, 2)}, "opening_ids must not name a token twice"),
        ({"opening_ids": (2,), "window": 0}, "window must be a whole number of at least 1, got 0"),
        (
            {"opening_ids": (2,), "prefix_weight": -0.5},
            "prefix_weight must be a finite number from 0 to inf, got -0.5",
        ),
    ],
)
def test_settings_of_an_early_call_out_of_range_are_refused(refusal, settings, wanted):
    assert refusal(lambda: EarlyToolCallSettings(**settings)) == wanted
