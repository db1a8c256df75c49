from __future__ import annotations

import copy
import dataclasses
import math

import pytest
import torch
from torch import nn

from training.fake_quantize import FakeQuantize
from training.observers import MinMaxObserver, QuantizationScheme
from training.quantized_linear import (
    INT8,
    QuantizationConfig,
    QuantizedLinear,
    make_input_quantizer,
    quantization_error_bound,
)

CONFIGS = [
    INT8,
    QuantizationConfig(signed_inputs=True),
    QuantizationConfig(weight_bits=4),
    QuantizationConfig(input_bits=3, weight_bits=2),
]


def make_numbers(*shape: int, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=generator, dtype=torch.float64)


def make_linear(inputs: int = 5, outputs: int = 3, bias: bool = True, seed: int = 0) -> nn.Linear:
    linear = nn.Linear(inputs, outputs, bias=bias).double()
    with torch.no_grad():
        linear.weight.copy_(make_numbers(outputs, inputs, seed=seed))
        if bias:
            linear.bias.copy_(make_numbers(outputs, seed=seed + 1))
    return linear


def steps(x: torch.Tensor, scale: torch.Tensor, low: int, high: int) -> torch.Tensor:
    """Round to whole multiples of the scale, limited to low … high of them."""
    return (x / scale).round().clamp(low, high) * scale


def float_result(layer: nn.Linear, x: torch.Tensor) -> torch.Tensor:
    return x @ layer.weight.T + (0 if layer.bias is None else layer.bias)


def test_int8_has_eight_bits_for_all_and_unsigned_inputs():
    assert QuantizationConfig() == INT8
    assert INT8.weight_scheme == QuantizationScheme(symmetric=True, signed=True, bits=8)
    assert INT8.input_scheme == QuantizationScheme(symmetric=False, signed=False, bits=8)


def test_bits_and_signs_reach_the_schemes_they_are_for():
    config = QuantizationConfig(weight_bits=4, input_bits=6, signed_inputs=True)
    layer = QuantizedLinear(make_linear(), config)
    assert layer.weight_quantizer.observer.scheme == QuantizationScheme(True, True, 4)
    assert layer.input_quantizer.observer.scheme == QuantizationScheme(False, True, 6)


@pytest.mark.parametrize("name", ["weight_bits", "input_bits"])
@pytest.mark.parametrize("bits", [1, 9, 8.0])
def test_bits_out_of_range_are_refused_by_name(refusal, name, bits):
    message = refusal(lambda: QuantizationConfig(**{name: bits}))
    assert message == f"{name} must be a whole number from 2 to 8, got {bits!r}"
    assert QuantizationConfig(2, 2) != QuantizationConfig(8, 8)


def test_a_config_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        INT8.weight_bits = 4
    assert not hasattr(INT8, "__dict__")


def test_weight_and_bias_are_the_parameters_of_the_linear_map():
    linear = make_linear()
    layer = QuantizedLinear(linear)
    assert layer.weight is linear.weight
    assert layer.bias is linear.bias
    assert [name for name, _ in layer.named_parameters()] == ["weight", "bias"]
    assert (layer.in_features, layer.out_features) == (5, 3)
    without = QuantizedLinear(make_linear(bias=False))
    assert without.bias is None
    assert set(without.state_dict()) == set(layer.state_dict()) - {"bias"}


def test_making_a_layer_draws_no_random_number():
    linear = make_linear()
    before = torch.get_rng_state()
    QuantizedLinear(linear)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("training", [True, False])
def test_a_layer_is_in_the_mode_of_the_linear_map(training):
    layer = QuantizedLinear(make_linear().train(training))
    assert all(module.training is training for module in layer.modules())
    assert make_input_quantizer(make_linear().train(training), INT8).training is training


@pytest.mark.parametrize(
    ("dtype", "held"),
    [(torch.float64, torch.float64), (torch.float32, torch.float32), (torch.half, torch.float32)],
)
def test_ranges_are_held_in_the_dtype_of_the_weight_but_not_in_half(dtype, held):
    layer = QuantizedLinear(make_linear().to(dtype))
    assert {buffer.dtype for buffer in layer.buffers()} == {held}
    assert len(list(layer.buffers())) == 4


def test_the_result_is_that_of_the_rounded_input_and_the_rounded_weight():
    layer = QuantizedLinear(make_linear())
    x = make_numbers(2, 4, 5, seed=3)
    input_scale = (x.max() - x.min()) / 255
    rounded = steps(x, input_scale, -255, 255)
    scale = layer.weight.abs().amax(dim=1, keepdim=True) / 127
    weight = steps(layer.weight, scale, -127, 127)
    torch.testing.assert_close(layer(x), rounded @ weight.T + layer.bias, rtol=1e-12, atol=1e-12)
    assert layer.input_quantizer.observer.minimum == x.min()
    assert layer.input_quantizer.observer.maximum == x.max()
    without = QuantizedLinear(make_linear(bias=False))
    torch.testing.assert_close(without(x), rounded @ weight.T, rtol=1e-12, atol=1e-12)


def test_gradients_pass_straight_through_where_nothing_is_cut_off():
    layer = QuantizedLinear(make_linear())
    layer(make_numbers(4, 5))
    layer.input_quantizer.freeze()
    layer.weight_quantizer.freeze()
    with torch.no_grad():
        layer.weight.mul_(1.3)
    x = (1.5 * make_numbers(6, 5, seed=2)).requires_grad_()
    direction = make_numbers(6, 3, seed=4)
    (layer(x) * direction).sum().backward()

    low, high = layer.input_quantizer.observer.minimum, layer.input_quantizer.observer.maximum
    scale = (high - low) / 255
    zero_point = -(low / scale).round()
    shifted = (x.detach() / scale).round() + zero_point
    x_inside = (shifted >= 0) & (shifted <= 255)
    rounded = (shifted.clamp(0, 255) - zero_point) * scale
    weight_scale = layer.weight_quantizer.observer.maximum.maximum(
        -layer.weight_quantizer.observer.minimum
    )[:, None]
    weight_scale = weight_scale / 127
    weight_inside = (layer.weight / weight_scale).round().abs() <= 127
    weight = steps(layer.weight.detach(), weight_scale, -127, 127)

    assert 0 < x_inside.sum() < 30
    assert 0 < weight_inside.sum() < 15
    close = {"rtol": 1e-12, "atol": 1e-12}
    torch.testing.assert_close(x.grad, (direction @ weight) * x_inside, **close)
    torch.testing.assert_close(layer.weight.grad, (direction.T @ rounded) * weight_inside, **close)
    torch.testing.assert_close(layer.bias.grad, direction.sum(0), **close)


@pytest.mark.parametrize("training", [True, False])
def test_the_range_of_the_weight_is_that_of_the_weight_at_hand(training):
    layer = QuantizedLinear(make_linear())
    x = make_numbers(2, 5)
    layer(x)
    with torch.no_grad():
        layer.weight.mul_(3)
    layer.train(training)(x)
    observer = layer.weight_quantizer.observer
    assert torch.equal(observer.minimum, layer.weight.amin(dim=1))
    assert torch.equal(observer.maximum, layer.weight.amax(dim=1))


def test_a_frozen_weight_keeps_its_range():
    layer = QuantizedLinear(make_linear())
    before = layer.weight.abs().amax(dim=1) / 127
    layer.weight_quantizer.freeze()
    with torch.no_grad():
        layer.weight.mul_(3)
    layer.observe_weight()
    assert torch.equal(layer.weight_levels()[1], before)
    layer.weight_quantizer.enable()
    layer.observe_weight()
    torch.testing.assert_close(layer.weight_quantizer.observer.maximum, layer.weight.amax(dim=1))
    torch.testing.assert_close(layer.weight_levels()[1], 3 * before)


def test_int8_weights_times_their_scales_are_exactly_the_weights_that_are_computed_with():
    layer = QuantizedLinear(make_linear().float())
    levels, scale = layer.weight_levels()
    assert levels.dtype == torch.int8
    assert (levels.shape, scale.shape) == ((3, 5), (3,))
    assert levels.abs().amax(dim=1).tolist() == [127, 127, 127]
    assert torch.equal(levels * scale[:, None], layer.weight_quantizer(layer.weight))
    with torch.no_grad():
        layer.weight.mul_(-2)
    assert torch.equal(layer.weight_levels()[1], 2 * scale)


def test_layers_that_share_an_input_quantizer_share_the_range():
    shared = FakeQuantize(MinMaxObserver(INT8.input_scheme))
    first = QuantizedLinear(make_linear(), INT8, shared)
    second = QuantizedLinear(make_linear(seed=5), INT8, shared)
    assert first.input_quantizer is second.input_quantizer is shared
    first(torch.tensor([[-1.0, 0, 0, 0, 7]]).double())
    assert second.input_quantizer.observer.maximum == 7


@pytest.mark.parametrize("shape", [(2, 4), (), (5, 1)])
def test_an_input_of_another_width_is_refused_before_it_is_recorded(refusal, shape):
    layer = QuantizedLinear(make_linear())
    x = torch.ones(shape, dtype=torch.float64)
    message = f"x must have the shape [..., 5], got {list(shape)}"
    assert refusal(lambda: layer(x)) == message
    assert refusal(lambda: quantization_error_bound(layer, x)) == message
    assert layer.input_quantizer.observer.minimum == math.inf


def test_weights_that_are_not_finite_are_refused(refusal):
    linear = make_linear()
    layer = QuantizedLinear(copy.deepcopy(linear))
    message = "weight must be finite at every position that counts"
    with torch.no_grad():
        linear.weight[0, 0] = layer.weight[0, 0] = math.nan
    assert refusal(lambda: QuantizedLinear(linear)) == message
    assert refusal(layer.weight_levels) == message


def test_a_channel_of_zeros_stays_zero_and_can_learn():
    linear = make_linear()
    with torch.no_grad():
        linear.weight[1] = 0
    layer = QuantizedLinear(linear)
    x = make_numbers(4, 5)
    result = layer(x)
    assert torch.equal(result[:, 1], linear.bias[1].expand(4))
    result.sum().backward()
    assert (layer.weight.grad[1] != 0).all()


@pytest.mark.parametrize("config", CONFIGS)
@pytest.mark.parametrize("seed", range(3))
def test_every_result_lies_within_the_error_bound_which_is_not_loose(config, seed):
    layer = QuantizedLinear(make_linear(32, 24, seed=10 * seed), config)
    x = make_numbers(40, 32, seed=10 * seed + 2)
    error = (layer(x) - float_result(layer, x)).abs()
    bound = quantization_error_bound(layer, x)
    assert error.shape == bound.shape == (40, 24)
    assert not bound.requires_grad
    assert (error <= bound).all()
    # The terms have random signs, the bound adds their sizes, so some sqrt(32) lies between.
    assert bound.max() < 8 * error.max()
    assert bound.mean() < 20 * error.mean()


def test_the_error_bound_is_reached_when_every_rounding_goes_the_same_way():
    linear = make_linear(4, 1, bias=False)
    with torch.no_grad():
        linear.weight.copy_(torch.tensor([[127, 10.501, 3.501, 50.501]], dtype=torch.float64))
    layer = QuantizedLinear(linear)
    layer(torch.tensor([[0.0, 0, 0, 255]]).double())
    layer.eval()
    x = torch.tensor([[0.501, 20.501, 7.501, 90.501]], dtype=torch.float64)
    error = layer(x) - float_result(layer, x)
    # By hand: half a step is 0.5 for each input and for each weight.
    wanted = 0.5 * (127 + 10.501 + 3.501 + 50.501) + 0.5 * (0.501 + 20.501 + 7.501 + 90.501 + 2)
    assert quantization_error_bound(layer, x).item() == pytest.approx(wanted, rel=1e-12)
    # The first weight is exact; all else is rounded up by nearly half a step.
    assert wanted - 0.5 - 0.4 < error.item() < wanted


@pytest.mark.parametrize("config", CONFIGS)
def test_the_error_bound_holds_for_inputs_and_weights_beyond_their_ranges(config):
    layer = QuantizedLinear(make_linear(16, 12), config)
    layer(make_numbers(30, 16, seed=1))
    layer.input_quantizer.freeze()
    layer.weight_quantizer.freeze()
    with torch.no_grad():
        layer.weight.mul_(1.5)
    x = 3 * make_numbers(30, 16, seed=2)
    error = (layer(x) - float_result(layer, x)).abs()
    bound = quantization_error_bound(layer, x)
    assert (error <= bound).all()
    assert bound.mean() < 10 * error.mean()


def test_the_error_bound_follows_the_weight_at_hand():
    layer = QuantizedLinear(make_linear())
    x = make_numbers(4, 5)
    layer(x)
    layer.eval()
    before = quantization_error_bound(layer, x)
    with torch.no_grad():
        layer.weight.mul_(2)
    torch.testing.assert_close(quantization_error_bound(layer, x), 2 * before)


def test_a_frozen_layer_can_be_traced_and_one_that_records_cannot(refusal):
    layer = QuantizedLinear(make_linear())
    x = make_numbers(4, 5)
    wanted = layer(x)
    layer.eval()
    message = refusal(lambda: torch.export.export(layer, (x,)))
    assert message == "a quantised model must be frozen before it is exported"
    layer.input_quantizer.freeze()
    layer.weight_quantizer.freeze()
    assert torch.equal(torch.export.export(layer, (x,)).module()(x), wanted)


def test_fewer_bits_have_a_wider_error_bound():
    x = make_numbers(4, 5)
    bounds = []
    for bits in (8, 6, 4):
        layer = QuantizedLinear(make_linear(), QuantizationConfig(bits, bits))
        layer(x)
        bounds.append(quantization_error_bound(layer, x))
    assert (bounds[0] < bounds[1]).all()
    assert (bounds[1] < bounds[2]).all()


def test_the_error_bound_needs_a_range_and_finite_inputs(refusal):
    layer = QuantizedLinear(make_linear())
    x = make_numbers(2, 5)
    message = refusal(lambda: quantization_error_bound(layer, x))
    assert message == "nothing was observed yet: run the model in training mode first"
    layer(x)
    x[0, 0] = math.nan
    message = refusal(lambda: quantization_error_bound(layer, x))
    assert message == "x must be finite at every position that counts"
