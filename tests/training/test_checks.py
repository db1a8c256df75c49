from __future__ import annotations

import math

import pytest
import torch

from training import checks


@pytest.mark.parametrize("value", [1, 2, 3])
def test_a_whole_number_may_equal_either_bound(value):
    checks.require_whole("count", value, 1, 3)


@pytest.mark.parametrize("value", [0, 4, 2.0, True, "2", None])
def test_a_whole_number_outside_the_bounds_or_of_another_type_is_refused(refusal, value):
    wanted = f"count must be a whole number from 1 to 3, got {value!r}"
    assert refusal(lambda: checks.require_whole("count", value, 1, 3)) == wanted


def test_a_whole_number_may_have_no_upper_bound(refusal):
    checks.require_whole("count", 1, 1)
    checks.require_whole("count", 10**9, 1)
    wanted = "count must be a whole number of at least 1, got 0"
    assert refusal(lambda: checks.require_whole("count", 0, 1)) == wanted


def test_a_positive_number_may_be_tiny_or_below_one():
    checks.require_positive("rate", 1e-300)
    checks.require_positive("rate", 0.5)


@pytest.mark.parametrize("value", [0, 0.0, -1e-9, math.nan, math.inf, -math.inf])
def test_a_number_that_is_not_positive_and_finite_is_refused(refusal, value):
    wanted = f"rate must be a finite number above 0, got {value!r}"
    assert refusal(lambda: checks.require_positive("rate", value)) == wanted


@pytest.mark.parametrize("value", [-1, 0.5, 2])
def test_a_bounded_number_may_equal_either_bound(value):
    checks.require_between("share", value, -1, 2)


@pytest.mark.parametrize("value", [-1.001, 2.001, math.nan, math.inf, -math.inf])
def test_a_number_outside_its_bounds_is_refused(refusal, value):
    wanted = f"share must be a finite number from -1 to 2, got {value!r}"
    assert refusal(lambda: checks.require_between("share", value, -1, 2)) == wanted


def test_a_bounded_number_without_an_upper_bound_must_still_be_finite(refusal):
    checks.require_between("share", 1e300, 0)
    wanted = "share must be a finite number from 0 to inf, got inf"
    assert refusal(lambda: checks.require_between("share", math.inf, 0)) == wanted


def test_only_a_listed_choice_is_accepted(refusal):
    checks.require_choice("reduction", "sum", ("mean", "sum"))
    wanted = "reduction must be one of mean, sum, got 'max'"
    assert refusal(lambda: checks.require_choice("reduction", "max", ("mean", "sum"))) == wanted


def test_axes_are_counted_exactly(refusal):
    checks.require_axes("x", torch.zeros(2, 3), "batch", "sequence")
    for shape in ([2], [2, 3, 4]):
        tensor = torch.zeros(shape)
        wanted = f"x must have the axes [batch, sequence], got the shape {shape}"
        assert refusal(lambda t=tensor: checks.require_axes("x", t, "batch", "sequence")) == wanted


def test_a_leading_ellipsis_stands_for_one_axis_or_more(refusal):
    checks.require_axes("x", torch.zeros(2, 3), "...", "vocabulary")
    checks.require_axes("x", torch.zeros(2, 3, 4), "...", "vocabulary")
    wanted = "x must have the axes [..., vocabulary], got the shape [3]"
    assert refusal(lambda: checks.require_axes("x", torch.zeros(3), "...", "vocabulary")) == wanted


@pytest.mark.parametrize("shape", [[0, 3], [2, 0]])
def test_an_empty_tensor_is_refused(refusal, shape):
    wanted = f"x must not be empty, got the shape {shape}"
    tensor = torch.zeros(shape)
    assert refusal(lambda: checks.require_axes("x", tensor, "batch", "sequence")) == wanted


def test_a_shape_must_fit_the_argument_that_prescribes_it(refusal):
    checks.require_shape("x", torch.zeros(2, 3), torch.Size([2, 3]), "y")
    wanted = "x must have the shape [2, 3] to fit y, got [3, 2]"
    shape = torch.Size([2, 3])
    assert refusal(lambda: checks.require_shape("x", torch.zeros(3, 2), shape, "y")) == wanted


def test_leading_axes_leave_the_other_axes_free(refusal):
    checks.require_leading_axes("x", torch.zeros(2, 3, 7), torch.Size([2, 3]), "y")
    wanted = "x must begin with the axes [2, 3] to fit y, got [2, 4, 7]"
    tensor, shape = torch.zeros(2, 4, 7), torch.Size([2, 3])
    assert refusal(lambda: checks.require_leading_axes("x", tensor, shape, "y")) == wanted


def test_only_floating_point_tensors_are_floating(refusal):
    checks.require_floating("x", torch.zeros(1, dtype=torch.bfloat16))
    wanted = "x must hold floating-point numbers, got torch.int64"
    tensor = torch.zeros(1, dtype=torch.int64)
    assert refusal(lambda: checks.require_floating("x", tensor)) == wanted


def test_a_dtype_must_be_the_one_named(refusal):
    checks.require_dtype("x", torch.zeros(1, dtype=torch.bool), torch.bool)
    wanted = "x must have the dtype torch.bool, got torch.float32"
    assert refusal(lambda: checks.require_dtype("x", torch.zeros(1), torch.bool)) == wanted


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_one_value_that_is_not_finite_is_enough_to_refuse(refusal, value):
    checks.require_finite("x", torch.tensor([0.0, -1e30]))
    wanted = "x must be finite at every position that counts"
    tensor = torch.tensor([0.0, value])
    assert refusal(lambda: checks.require_finite("x", tensor)) == wanted


@pytest.mark.parametrize("value", [-0.001, 1.001, math.nan])
def test_values_outside_their_range_are_refused_and_the_first_is_named(refusal, value):
    checks.require_within("x", torch.tensor([0.0, 0.5, 1.0]), 0, 1)
    tensor = torch.tensor([0.0, value, 7.0], dtype=torch.float64)
    wanted = f"x must lie from 0 to 1, got {value}"
    assert refusal(lambda: checks.require_within("x", tensor, 0, 1)) == wanted


def test_without_a_mask_every_position_counts():
    mask = checks.resolve_mask("mask", None, torch.Size([2, 3]), "x")
    assert mask.dtype == torch.bool
    assert mask.tolist() == [[True] * 3] * 2


def test_a_mask_with_one_position_is_returned_as_it_is():
    mask = torch.tensor([False, True])
    assert checks.resolve_mask("mask", mask, torch.Size([2]), "x") is mask


@pytest.mark.parametrize(
    ("mask", "wanted"),
    [
        (torch.ones(2), "mask must have the dtype torch.bool, got torch.float32"),
        (torch.tensor([True] * 3), "mask must have the shape [2] to fit x, got [3]"),
        (torch.tensor([False] * 2), "mask leaves no position to count"),
    ],
)
def test_a_mask_that_cannot_be_used_is_refused(refusal, mask, wanted):
    assert refusal(lambda: checks.resolve_mask("mask", mask, torch.Size([2]), "x")) == wanted
