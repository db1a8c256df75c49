from __future__ import annotations

import math

import pytest
import torch

from training.masking import masked_cross_entropy, raised, require_logits, rows_that_count

NAMES = ("scores", "answers")


def seeded_logits(*shape: int, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=generator, dtype=torch.float64)


def log_probability(row: list[float], token: int) -> float:
    return row[token] - math.log(sum(math.exp(logit) for logit in row))


@pytest.mark.parametrize(
    ("dtype", "wanted"),
    [
        (torch.bool, torch.float32),
        (torch.int64, torch.float32),
        (torch.float16, torch.float32),
        (torch.bfloat16, torch.float32),
        (torch.float32, torch.float32),
        (torch.float64, torch.float64),
    ],
)
def test_numbers_are_raised_to_single_precision_at_least(dtype, wanted):
    assert raised(torch.ones(2, dtype=dtype)).dtype == wanted


def test_rows_are_selected_in_order_and_raised():
    tensor = torch.arange(12, dtype=torch.float16).view(2, 2, 3)
    rows = rows_that_count("x", tensor, torch.tensor([[True, False], [False, True]]))
    assert rows.tolist() == [[0.0, 1.0, 2.0], [9.0, 10.0, 11.0]]
    assert rows.dtype == torch.float32


def test_a_masked_row_may_hold_nan_and_a_counted_row_may_not(refusal):
    tensor = torch.tensor([[math.nan, 1.0], [2.0, 3.0]])
    assert rows_that_count("x", tensor, torch.tensor([False, True])).tolist() == [[2.0, 3.0]]
    wanted = "x must be finite at every position that counts"
    assert refusal(lambda: rows_that_count("x", tensor, torch.tensor([True, True]))) == wanted


def test_logits_are_floating_with_an_axis_before_the_vocabulary(refusal):
    require_logits("x", torch.zeros(1, 1))
    wanted = "x must hold floating-point numbers, got torch.int64"
    assert refusal(lambda: require_logits("x", torch.zeros(1, 1, dtype=torch.int64))) == wanted
    wanted = "x must have the axes [..., vocabulary], got the shape [4]"
    assert refusal(lambda: require_logits("x", torch.zeros(4))) == wanted


def test_cross_entropy_is_the_mean_of_minus_log_p_over_what_counts():
    logits = seeded_logits(2, 3, 5)
    targets = torch.tensor([[0, 4, -100], [2, 1, 3]])
    mask = torch.tensor([[True, True, True], [True, False, True]])
    counted = [(0, 0, 0), (0, 1, 4), (1, 0, 2), (1, 2, 3)]
    rows = logits.tolist()
    wanted = -sum(log_probability(rows[b][s], token) for b, s, token in counted) / 4
    loss = masked_cross_entropy(logits, targets, mask, names=NAMES)
    assert loss.item() == pytest.approx(wanted, rel=1e-12)


def test_cross_entropy_gives_no_gradient_to_masked_or_ignored_positions():
    logits = seeded_logits(4, 3).index_fill(0, torch.tensor([1, 2]), math.nan).requires_grad_()
    targets = torch.tensor([0, -7, 1, 2])
    mask = torch.tensor([True, True, False, True])
    masked_cross_entropy(logits, targets, mask, ignored=-7).backward()
    assert logits.grad[[1, 2]].eq(0).all()
    assert logits.grad[[0, 3]].ne(0).all()


def test_a_masked_target_may_be_out_of_range():
    logits = seeded_logits(2, 3)
    mask = torch.tensor([False, True])
    loss = masked_cross_entropy(logits, torch.tensor([99, 2]), mask)
    assert loss.item() == pytest.approx(-log_probability(logits[1].tolist(), 2), rel=1e-12)


@pytest.mark.parametrize(
    ("logits", "targets", "mask", "wanted"),
    [
        (
            torch.zeros(3),
            torch.zeros(3),
            None,
            "scores must have the axes [..., vocabulary], got the shape [3]",
        ),
        (
            torch.zeros(2, 3),
            torch.zeros(2),
            None,
            "answers must have the dtype torch.int64, got torch.float32",
        ),
        (
            torch.zeros(2, 3),
            torch.zeros(3, dtype=torch.int64),
            None,
            "answers must have the shape [2] to fit scores, got [3]",
        ),
        (torch.zeros(2, 3), torch.tensor([0, 3]), None, "answers must lie from 0 to 2, got 3"),
        (torch.zeros(2, 3), torch.tensor([-1, 2]), None, "answers must lie from 0 to 2, got -1"),
        (
            torch.zeros(2, 3),
            torch.tensor([0, -100]),
            torch.tensor([False, True]),
            "answers must hold a target that is neither masked nor -100",
        ),
        (
            torch.zeros(2, 3),
            torch.tensor([0, 1]),
            torch.tensor([True]),
            "mask must have the shape [2] to fit scores, got [1]",
        ),
        (
            torch.tensor([[math.inf, 0.0]]),
            torch.tensor([1]),
            None,
            "scores must be finite at every position that counts",
        ),
    ],
)
def test_cross_entropy_names_the_argument_it_cannot_use(refusal, logits, targets, mask, wanted):
    assert refusal(lambda: masked_cross_entropy(logits, targets, mask, names=NAMES)) == wanted
