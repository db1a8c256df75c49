from __future__ import annotations

import math

import pytest
import torch

from training.fake_quantize import MODES, FakeQuantize, fake_quantize, quantize
from training.observers import MinMaxObserver, QuantizationScheme

SYMMETRIC = QuantizationScheme(symmetric=True)
SIGNED = QuantizationScheme(symmetric=False)
UNSIGNED = QuantizationScheme(symmetric=False, signed=False)
TINY = QuantizationScheme(symmetric=False, signed=False, bits=2)
ONE = torch.tensor(1, dtype=torch.int32)


def make_quantizer(
    *seen: float, scheme: QuantizationScheme = UNSIGNED, running: bool = True
) -> FakeQuantize:
    """Make a quantizer, in training mode, that has seen these numbers."""
    quantizer = FakeQuantize(MinMaxObserver(scheme, running=running))
    if seen:
        quantizer.observer.observe(torch.tensor(seen, dtype=torch.float64))
    return quantizer


def make_input(*shape: int, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=generator, dtype=torch.float64)


def seen_range(quantizer: FakeQuantize) -> tuple[float, float]:
    return quantizer.observer.minimum.item(), quantizer.observer.maximum.item()


def test_a_number_becomes_the_nearest_one_represented_and_ties_go_to_the_even_step():
    # Levels 0 … 3 with zero point 1 and scale 0.5 represent −0.5, 0, 0.5 and 1.
    x = [-9, -0.76, -0.75, -0.25, -0.24, 0, 0.24, 0.25, 0.26, 0.74, 0.75, 1.24, 1.25, 9]
    wanted = [-0.5, -0.5, -0.5, 0, 0, 0, 0, 0, 0.5, 0.5, 1, 1, 1, 1]
    found = fake_quantize(torch.tensor(x), torch.tensor(0.5), ONE, TINY)
    assert found.tolist() == wanted
    levels = quantize(torch.tensor(x), torch.tensor(0.5), ONE, TINY)
    assert levels.tolist() == [round(value / 0.5) + 1 for value in wanted]


def test_the_gradient_is_one_where_the_nearest_level_exists_and_zero_elsewhere():
    x = torch.tensor([-9, -0.76, -0.74, -0.5, 0, 0.3, 1, 1.24, 1.26, 9], requires_grad=True)
    weights = torch.arange(1.0, 11.0)
    (fake_quantize(x, torch.tensor(0.5), ONE, TINY) * weights).sum().backward()
    inside = torch.tensor([0, 0, 1, 1, 1, 1, 1, 1, 0, 0])
    assert torch.equal(x.grad, weights * inside)


@pytest.mark.parametrize("scheme", [UNSIGNED, SIGNED])
def test_values_and_gradients_are_those_of_the_operator_that_torch_has(scheme):
    x = (make_input(40, 50) * 3).float()
    ours, theirs = x.clone().requires_grad_(), x.clone().requires_grad_()
    scale, zero_point = torch.tensor(0.03), torch.tensor(scheme.lowest + 90, dtype=torch.int32)
    levels = (scheme.lowest, scheme.highest)
    found = fake_quantize(ours, scale, zero_point, scheme)
    wanted = torch.fake_quantize_per_tensor_affine(theirs, scale, zero_point, *levels)
    torch.testing.assert_close(found, wanted, rtol=1e-6, atol=1e-6)
    direction = make_input(40, 50, seed=1).float()
    (found * direction).sum().backward()
    (wanted * direction).sum().backward()
    assert torch.equal(ours.grad, theirs.grad)
    assert 0 < (ours.grad == 0).sum() < 1000


def test_channels_are_quantised_each_by_its_own_scale_as_torch_does():
    x = make_input(3, 4, 5).float()
    scale, zero_point = torch.tensor([0.01, 0.2, 0.05]), torch.tensor([0, 3, -4]).int()
    found = fake_quantize(x, scale, zero_point, SIGNED)
    wanted = torch.fake_quantize_per_channel_affine(x, scale, zero_point, 0, -128, 127)
    torch.testing.assert_close(found, wanted, rtol=1e-6, atol=1e-6)
    levels = quantize(x, scale, zero_point, SIGNED)
    steps = levels.float() - zero_point[:, None, None]
    assert torch.equal(steps * scale[:, None, None], found)


def test_a_scale_may_follow_more_than_one_axis():
    x, scale = make_input(2, 3, 4), make_input(2, 3, seed=1).abs()
    found = fake_quantize(x, scale, torch.zeros(2, 3, dtype=torch.int32), SYMMETRIC)
    single = fake_quantize(x[1, 2], scale[1, 2], torch.tensor(0), SYMMETRIC)
    assert torch.equal(found[1, 2], single)


@pytest.mark.parametrize(
    ("scheme", "dtype"),
    [(SYMMETRIC, torch.int8), (SIGNED, torch.int8), (UNSIGNED, torch.uint8)],
)
def test_levels_are_bytes_that_stand_for_exactly_the_fake_quantised_numbers(scheme, dtype):
    x = make_input(50, 40).requires_grad_()
    scale, zero_point = torch.tensor(0.01), torch.tensor(0 if scheme.symmetric else 17)
    levels = quantize(x, scale, zero_point, scheme)
    assert levels.dtype == dtype
    assert not levels.requires_grad
    assert (levels.min().item(), levels.max().item()) == (scheme.lowest, scheme.highest)
    back = (levels.double() - zero_point) * scale
    assert torch.equal(back, fake_quantize(x, scale, zero_point, scheme))


def test_nan_stays_nan_and_infinities_become_the_ends_without_a_gradient():
    x = torch.tensor([math.nan, math.inf, -math.inf, 0.1], requires_grad=True)
    found = fake_quantize(x, torch.tensor(0.5), ONE, TINY)
    found.sum().backward()
    assert math.isnan(found[0].item())
    assert found[1:].tolist() == [1, -0.5, 0]
    assert x.grad.tolist() == [0, 0, 0, 1]


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_rounded_in_single_precision(dtype):
    x = (make_input(30, 30) * 2).to(dtype).requires_grad_()
    scale, zero_point = torch.tensor(0.0123), torch.tensor(7)
    found = fake_quantize(x, scale, zero_point, SIGNED)
    assert found.dtype == dtype
    wide = x.detach().float()
    assert torch.equal(found, fake_quantize(wide, scale, zero_point, SIGNED).to(dtype))
    levels = quantize(x, scale[None].expand(30), zero_point[None].expand(30), SIGNED)
    assert torch.equal(levels, quantize(wide, scale, zero_point, SIGNED))
    found.sum().backward()
    assert x.grad.dtype == dtype


@pytest.mark.parametrize("call", [fake_quantize, quantize])
@pytest.mark.parametrize(
    ("x", "scale", "zero_point", "message"),
    [
        (torch.ones(2), 0.0, 1, "scale must be finite and above 0"),
        (torch.ones(2), -1.0, 1, "scale must be finite and above 0"),
        (torch.ones(2), math.inf, 1, "scale must be finite and above 0"),
        (torch.ones(2), math.nan, 1, "scale must be finite and above 0"),
        (torch.ones(2), [1.0, 0.0], [1, 1], "scale must be finite and above 0"),
        (torch.ones(2), 1.0, 4, "zero_point must lie from 0 to 3, got 4"),
        (torch.ones(2), 1.0, -1, "zero_point must lie from 0 to 3, got -1"),
        (
            torch.ones(2),
            1.0,
            [1, 1],
            "zero_point must have the shape [] to fit scale, got [2]",
        ),
        (
            torch.ones(2, 3),
            [1.0, 1.0, 1.0],
            [1, 1, 1],
            "x must begin with the axes [3] to fit scale, got [2, 3]",
        ),
        (torch.ones(2).int(), 1.0, 1, "x must hold floating-point numbers, got torch.int32"),
    ],
)
def test_what_cannot_be_quantised_is_refused(refusal, call, x, scale, zero_point, message):
    assert refusal(lambda: call(x, torch.tensor(scale), torch.tensor(zero_point), TINY)) == message


def test_a_new_quantizer_records_and_quantises():
    quantizer = make_quantizer()
    x = torch.tensor([-1.0, 0.29, 2.0])
    assert quantizer.mode == "enable"
    scale = 3 / 255
    wanted = [round(value / scale) * scale for value in (-1.0, 0.29, 2.0)]
    assert quantizer(x).tolist() == pytest.approx(wanted, rel=1e-6)
    assert quantizer(x)[1] != x[1]
    assert seen_range(quantizer) == (-1, 2)


def test_the_range_is_extended_before_it_is_used():
    quantizer = make_quantizer(-1, 1)
    assert quantizer(torch.tensor([4.0])).tolist() == pytest.approx([4.0])
    assert seen_range(quantizer) == (-1, 4)


def test_while_observing_ranges_grow_and_numbers_pass():
    quantizer = make_quantizer(-1, 1)
    quantizer.observe()
    x = make_input(20)
    assert quantizer(x) is x
    assert seen_range(quantizer) == (min(-1, x.min().item()), max(1, x.max().item()))


def test_a_frozen_range_is_used_and_does_not_grow():
    quantizer = make_quantizer(-1, 1)
    quantizer.freeze()
    found = quantizer(torch.tensor([9.0, -9.0, 0.5]))
    assert found.tolist() == pytest.approx([127 * 2 / 255, -128 * 2 / 255, 64 * 2 / 255])
    assert seen_range(quantizer) == (-1, 1)
    assert math.isnan(quantizer(torch.tensor([math.nan])).item())


def test_a_disabled_quantizer_does_nothing():
    quantizer = make_quantizer(-1, 1)
    quantizer.disable()
    x = torch.tensor([9.0, math.nan])
    assert quantizer(x) is x
    assert seen_range(quantizer) == (-1, 1)


def test_a_quantizer_can_be_enabled_again():
    quantizer = make_quantizer(-1, 1)
    for leave in (quantizer.observe, quantizer.freeze, quantizer.disable):
        leave()
        quantizer.enable()
        assert quantizer.mode == "enable"


@pytest.mark.parametrize("mode", ["observe", "enable"])
def test_evaluation_records_no_running_range(mode):
    quantizer = make_quantizer(-1, 1).eval()
    getattr(quantizer, mode)()
    quantizer(torch.tensor([9.0]))
    assert seen_range(quantizer) == (-1, 1)


def test_a_range_that_does_not_run_is_that_of_the_tensor_at_hand_even_in_evaluation():
    quantizer = make_quantizer(-1, 1, running=False).eval()
    assert quantizer(torch.tensor([0.25])).item() == pytest.approx(0.25)
    assert seen_range(quantizer) == (0.25, 0.25)
    quantizer.freeze()
    assert quantizer(torch.tensor([9.0])).item() == pytest.approx(0.25)


@pytest.mark.parametrize("mode", ["enable", "freeze"])
def test_without_a_range_nothing_is_quantised(refusal, mode):
    quantizer = make_quantizer().eval()
    quantizer.mode = mode
    message = refusal(lambda: quantizer(torch.ones(1)))
    assert message == "nothing was observed yet: run the model in training mode first"


@pytest.mark.parametrize("mode", ["observe", "enable"])
def test_a_tensor_that_is_not_finite_is_refused_while_recording(refusal, mode):
    quantizer = make_quantizer(-1, 1)
    getattr(quantizer, mode)()
    message = refusal(lambda: quantizer(torch.tensor([math.nan])))
    assert message == "x must be finite at every position that counts"


def test_a_range_of_no_width_is_not_frozen(refusal):
    assert refusal(make_quantizer().freeze).startswith("nothing was observed yet")
    quantizer = make_quantizer(0, 0)
    assert refusal(quantizer.freeze).startswith("the observed range has width 0")
    assert quantizer.mode == "enable"
    assert quantizer(torch.zeros(2)).tolist() == [0, 0]


def test_numbers_of_no_width_have_a_gradient_so_that_they_can_leave_zero():
    x = torch.zeros(2, requires_grad=True)
    make_quantizer()(x).sum().backward()
    assert x.grad.tolist() == [1, 1]


@pytest.mark.parametrize("mode", MODES)
def test_the_state_holds_the_range_and_the_mode(mode):
    quantizer, other = make_quantizer(-1, 1), make_quantizer().double()
    getattr(quantizer, mode)()
    state = quantizer.state_dict()
    assert set(state) == {"observer.minimum", "observer.maximum", "_extra_state"}
    assert all(isinstance(value, torch.Tensor) for value in state.values())
    other.load_state_dict(state)
    assert other.mode == mode
    assert seen_range(other) == (-1, 1)
    assert torch.equal(other.eval()(torch.ones(1) / 3), quantizer.eval()(torch.ones(1) / 3))


@pytest.mark.parametrize("index", [-1, 4])
def test_a_mode_that_does_not_exist_is_not_loaded(refusal, index):
    quantizer = make_quantizer()
    message = refusal(lambda: quantizer.set_extra_state(torch.tensor(index)))
    assert message == f"quantisation mode must be a whole number from 0 to 3, got {index}"


def test_the_error_bound_is_half_a_step_inside_and_the_distance_outside():
    # Scale 0.5, zero point 1, so −0.5 … 1 is represented.
    quantizer = make_quantizer(-0.5, 1, scheme=TINY)
    x = torch.tensor([-3, -0.8, -0.7, 0, 0.25, 1.2, 1.3, 4], requires_grad=True)
    bound = quantizer.error_bound(x)
    assert bound.tolist() == pytest.approx([2.5, 0.3, 0.25, 0.25, 0.25, 0.25, 0.3, 3])
    assert not bound.requires_grad


@pytest.mark.parametrize("scheme", [SYMMETRIC, SIGNED, UNSIGNED, TINY])
def test_no_number_moves_by_more_than_its_bound(scheme):
    quantizer = FakeQuantize(MinMaxObserver(scheme, channels=3))
    quantizer.observer.observe(make_input(3, 40))
    quantizer.freeze()
    x = 2 * make_input(3, 500, seed=1)
    moved, bound = (quantizer(x) - x).abs(), quantizer.error_bound(x)
    assert (moved <= bound * (1 + 1e-12)).all()
    assert (moved / bound).max() > 0.98


def test_the_error_bound_needs_a_range_and_a_fitting_tensor(refusal):
    message = refusal(lambda: make_quantizer().error_bound(torch.ones(1)))
    assert message == "nothing was observed yet: run the model in training mode first"
    message = refusal(lambda: make_quantizer(-1, 1).error_bound(torch.ones(1).int()))
    assert message == "x must hold floating-point numbers, got torch.int32"
