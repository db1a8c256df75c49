from __future__ import annotations

import dataclasses
import math
from typing import Any

import pytest
import torch

from training.observers import MinMaxObserver, QuantizationScheme

SYMMETRIC = QuantizationScheme(symmetric=True)
SIGNED = QuantizationScheme(symmetric=False)
UNSIGNED = QuantizationScheme(symmetric=False, signed=False)


def observed(
    *tensors: torch.Tensor, scheme: QuantizationScheme = UNSIGNED, **options: Any
) -> MinMaxObserver:
    observer = MinMaxObserver(scheme, **options)
    for tensor in tensors:
        observer.observe(tensor)
    return observer


def make_input(*numbers: float) -> torch.Tensor:
    return torch.tensor(numbers, dtype=torch.float64)


@pytest.mark.parametrize(
    ("symmetric", "signed", "bits", "levels"),
    [
        (True, True, 8, (-127, 127)),
        (True, True, 2, (-1, 1)),
        (False, True, 8, (-128, 127)),
        (False, True, 3, (-4, 3)),
        (False, False, 8, (0, 255)),
        (False, False, 2, (0, 3)),
    ],
)
def test_a_scheme_has_the_levels_of_its_bits(symmetric, signed, bits, levels):
    scheme = QuantizationScheme(symmetric=symmetric, signed=signed, bits=bits)
    assert (scheme.lowest, scheme.highest) == levels


def test_a_scheme_is_of_signed_eight_bits_unless_told():
    assert QuantizationScheme(symmetric=True) == QuantizationScheme(True, signed=True, bits=8)


@pytest.mark.parametrize("bits", [1, 9, 8.0, True])
def test_bits_outside_two_to_eight_are_refused(refusal, bits):
    message = refusal(lambda: QuantizationScheme(symmetric=True, bits=bits))
    assert message == f"bits must be a whole number from 2 to 8, got {bits!r}"


def test_symmetric_levels_are_signed(refusal):
    message = refusal(lambda: QuantizationScheme(symmetric=True, signed=False))
    assert message == "signed must be True for symmetric levels, got False"


def test_a_scheme_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        SYMMETRIC.bits = 4
    assert not hasattr(SYMMETRIC, "__dict__")


def test_an_observer_starts_with_an_empty_range():
    whole, each = MinMaxObserver(UNSIGNED), MinMaxObserver(SYMMETRIC, channels=2)
    assert (whole.minimum.tolist(), whole.maximum.tolist()) == (math.inf, -math.inf)
    assert (each.minimum.tolist(), each.maximum.tolist()) == ([math.inf] * 2, [-math.inf] * 2)
    assert whole.scheme == UNSIGNED
    assert set(whole.state_dict()) == {"minimum", "maximum"}


def test_a_running_range_covers_all_that_was_seen():
    observer = observed(make_input(1, -2, 3), make_input(-1, 2), make_input(0, 7))
    assert (observer.minimum.item(), observer.maximum.item()) == (-2, 7)


def test_a_range_that_does_not_run_is_that_of_the_last_tensor():
    observer = observed(make_input(1, -2, 3), make_input(-1, 2), running=False)
    assert (observer.minimum.item(), observer.maximum.item()) == (-1, 2)


def test_each_channel_has_a_range_of_its_own():
    first = torch.tensor([[[1.0, -2.0], [3.0, 4.0]], [[-5.0, -6.0], [-7.0, -8.0]]])
    observer = observed(first, -first, channels=2)
    assert observer.minimum.tolist() == [-4, -8]
    assert observer.maximum.tolist() == [4, 8]
    single = observed(torch.tensor([1.0, 2.0]), channels=2)
    assert single.minimum.tolist() == single.maximum.tolist() == [1, 2]


@pytest.mark.parametrize(
    ("seen", "held"),
    [
        (torch.float16, torch.float32),
        (torch.bfloat16, torch.float32),
        (torch.float32, torch.float32),
        (torch.float64, torch.float64),
    ],
)
def test_a_range_is_held_in_at_least_single_precision(seen, held):
    observer = observed(torch.ones(3, dtype=seen))
    assert observer.minimum.dtype == observer.maximum.dtype == held
    assert observer.half().scale_and_zero_point()[0].dtype == torch.float32


def test_a_range_has_no_gradient():
    observer = observed(torch.ones(3, requires_grad=True))
    assert not observer.minimum.requires_grad
    assert not observer.maximum.requires_grad


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (torch.tensor([1.0, math.nan]), "x must be finite at every position that counts"),
        (torch.tensor([1.0, math.inf]), "x must be finite at every position that counts"),
        (torch.empty(0, 3), "x must not be empty, got the shape [0, 3]"),
        (torch.tensor(1.0), "x must have the axes [...], got the shape []"),
        (torch.tensor([1]), "x must hold floating-point numbers, got torch.int64"),
    ],
)
@pytest.mark.parametrize("running", [True, False])
def test_a_tensor_without_a_range_is_refused_and_changes_nothing(refusal, x, message, running):
    observer = observed(make_input(-3, 5), running=running)
    assert refusal(lambda: observer.observe(x)) == message
    assert (observer.minimum.item(), observer.maximum.item()) == (-3, 5)


def test_a_tensor_of_other_channels_is_refused(refusal):
    observer = MinMaxObserver(SYMMETRIC, channels=3)
    message = refusal(lambda: observer.observe(torch.ones(2, 3)))
    assert message == "x must begin with the axes [3] to fit channels, got [2, 3]"


def test_an_observer_of_no_channels_is_refused(refusal):
    message = refusal(lambda: MinMaxObserver(SYMMETRIC, channels=0))
    assert message == "channels must be a whole number of at least 1, got 0"
    assert MinMaxObserver(SYMMETRIC, channels=1).minimum.shape == (1,)


def test_reset_forgets_the_range(refusal):
    observer = observed(make_input(-3, 5))
    observer.reset()
    assert (observer.minimum.item(), observer.maximum.item()) == (math.inf, -math.inf)
    assert refusal(observer.scale_and_zero_point).startswith("nothing was observed yet")


@pytest.mark.parametrize(
    ("scheme", "seen", "scale", "zero_point"),
    [
        (UNSIGNED, (-1, 2), 3 / 255, 85),
        (SIGNED, (-1, 2), 3 / 255, -43),
        (UNSIGNED, (0, 51), 0.2, 0),
        (SIGNED, (0, 51), 0.2, -128),
        (UNSIGNED, (-51, 0), 0.2, 255),
        (SIGNED, (-51, 0), 0.2, 127),
        # Zero is always inside.
        (UNSIGNED, (10, 51), 0.2, 0),
        (UNSIGNED, (-51, -10), 0.2, 255),
        # 0 lies at level 1.3 and is moved to a whole one.
        (QuantizationScheme(symmetric=False, signed=False, bits=2), (-1.3, 1.7), 1, 1),
        (SYMMETRIC, (-1, 2), 2 / 127, 0),
        (SYMMETRIC, (-2, 1), 2 / 127, 0),
        (SYMMETRIC, (1, 2), 2 / 127, 0),
        (SYMMETRIC, (-2, -1), 2 / 127, 0),
        (QuantizationScheme(symmetric=True, bits=3), (-3, 6), 2, 0),
    ],
)
def test_scale_and_zero_point_cover_the_range_and_zero(scheme, seen, scale, zero_point):
    found = observed(make_input(*seen), scheme=scheme).scale_and_zero_point()
    assert found[0].item() == pytest.approx(scale, rel=1e-12)
    assert found[1].item() == zero_point
    assert (found[0].dtype, found[1].dtype) == (torch.float64, torch.int32)


def test_each_channel_has_a_scale_and_a_zero_point():
    x = torch.tensor([[-1.0, 2.0], [-51.0, 0.0]], dtype=torch.float64)
    scale, zero_point = observed(x, channels=2).scale_and_zero_point()
    assert scale.tolist() == pytest.approx([3 / 255, 0.2])
    assert zero_point.tolist() == [85, 255]
    scale, zero_point = observed(x, scheme=SYMMETRIC, channels=2).scale_and_zero_point()
    assert scale.tolist() == pytest.approx([2 / 127, 51 / 127])
    assert zero_point.tolist() == [0, 0]
    assert zero_point.dtype == torch.int32


@pytest.mark.parametrize("scheme", [UNSIGNED, SYMMETRIC])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_only_zeros_give_the_smallest_normal_scale(scheme, dtype):
    scale, zero_point = observed(torch.zeros(3, dtype=dtype), scheme=scheme).scale_and_zero_point()
    assert scale.item() == torch.finfo(dtype).tiny
    assert zero_point.item() == 0


@pytest.mark.parametrize("scheme", [UNSIGNED, SIGNED, SYMMETRIC])
@pytest.mark.parametrize("size", [1e-45, 4e-43, 1e-38, 3.4e38])
def test_ranges_of_any_width_have_a_finite_scale_and_a_level_for_zero(scheme, size):
    for numbers in ([-size, size], [-size, 0.0], [0.0, size]):
        observer = observed(torch.tensor(numbers), scheme=scheme)
        scale, zero_point = observer.scale_and_zero_point()
        assert 0 < scale.item() < math.inf
        assert scheme.lowest <= zero_point.item() <= scheme.highest


def test_a_range_must_be_observed_before_it_is_used(refusal):
    message = "nothing was observed yet: run the model in training mode first"
    for observer in (MinMaxObserver(UNSIGNED), MinMaxObserver(SYMMETRIC, channels=2)):
        assert refusal(observer.scale_and_zero_point) == message
        assert refusal(observer.require_width) == message


def test_a_damaged_range_is_not_used(refusal):
    observer = observed(torch.ones(2, 1), channels=2)
    observer.load_state_dict({"minimum": torch.tensor([0, math.nan]), "maximum": torch.ones(2)})
    assert refusal(observer.scale_and_zero_point).startswith("nothing was observed yet")


@pytest.mark.parametrize("numbers", [(0, 5), (-5, 0), (5, 5), (-5, -5), (-1, 1)])
def test_a_range_with_a_number_other_than_zero_has_a_width(numbers):
    observed(make_input(*numbers)).require_width()
    observed(torch.stack([make_input(0, 0), make_input(*numbers)]), channels=2).require_width()


def test_a_range_of_zeros_has_no_width(refusal):
    observer = observed(torch.zeros(2, 3), channels=2)
    message = "the observed range has width 0: nothing but zeros was seen"
    assert refusal(observer.require_width) == message
