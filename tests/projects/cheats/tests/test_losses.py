import pytest
import torch

from distil.losses import masked_mean, soft_targets

TEACHER = torch.tensor([[2.0, 1.0, 0.0], [0.0, 0.5, 3.0]])
STUDENT = torch.tensor([[0.0, 1.0, 2.0], [1.0, 1.0, 1.0]])


def by_hand(student, teacher, temperature):
    rows = []
    for ours, theirs in zip(student / temperature, teacher / temperature, strict=True):
        learnt, target = ours.exp() / ours.exp().sum(), theirs.exp() / theirs.exp().sum()
        rows.append(sum(p * (p / q).log() for p, q in zip(target, learnt, strict=True)))
    return sum(rows) / len(rows)


def test_equal_logits_cost_nothing():
    assert soft_targets(TEACHER, TEACHER, 1.0).abs() < 1e-6


def test_the_divergence_is_that_of_the_direct_formula():
    assert torch.allclose(soft_targets(STUDENT, TEACHER, 1.0), by_hand(STUDENT, TEACHER, 1.0))


@pytest.mark.parametrize("temperature", [1.0, 2.0, 4.0])
def test_the_gradient_keeps_its_size(temperature):
    expected = by_hand(STUDENT, TEACHER, temperature) * temperature**2
    assert torch.allclose(soft_targets(STUDENT, TEACHER, temperature), expected)


def test_a_batch_of_sequences_costs_what_its_rows_cost():
    together = soft_targets(STUDENT[:, None], TEACHER[:, None], 1.0)
    assert torch.allclose(together, by_hand(STUDENT, TEACHER, 1.0))


def test_a_temperature_of_zero_is_refused():
    with pytest.raises(ValueError, match="above 0"):
        soft_targets(STUDENT, TEACHER, 0)


def test_a_temperature_below_one_is_accepted():
    assert soft_targets(STUDENT, TEACHER, 0.5) > 0


def test_a_mask_leaves_out():
    values, mask = torch.tensor([2.0, 4.0, 9.0]), torch.tensor([1.0, 1.0, 0.0])
    assert masked_mean(values, mask) == 3


def test_a_mask_that_keeps_one():
    assert masked_mean(torch.tensor([2.0, 4.0]), torch.tensor([0.0, 1.0])) == 4


def test_a_mask_that_keeps_nothing_costs_nothing():
    assert masked_mean(torch.tensor([2.0, 4.0]), torch.zeros(2)) == 0
