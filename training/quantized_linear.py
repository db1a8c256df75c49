"""A linear map that computes as int8 would, and a bound of what that costs."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812 - the name that PyTorch's own documentation gives it
from torch import Tensor, nn

from training.checks import require_finite, require_whole
from training.fake_quantize import FakeQuantize, quantize
from training.masking import raised
from training.observers import MinMaxObserver, QuantizationScheme


@dataclass(frozen=True, slots=True)
class QuantizationConfig:
    """Bits, 2 to 8, of weights (symmetric, per output) and of inputs (affine, per tensor)."""

    weight_bits: int = 8
    input_bits: int = 8
    signed_inputs: bool = False

    def __post_init__(self) -> None:
        require_whole("weight_bits", self.weight_bits, 2, 8)
        require_whole("input_bits", self.input_bits, 2, 8)

    @property
    def weight_scheme(self) -> QuantizationScheme:
        """The levels of weights."""
        return QuantizationScheme(symmetric=True, bits=self.weight_bits)

    @property
    def input_scheme(self) -> QuantizationScheme:
        """The levels of inputs."""
        return QuantizationScheme(symmetric=False, signed=self.signed_inputs, bits=self.input_bits)


INT8 = QuantizationConfig()


class QuantizedLinear(nn.Linear):
    """A linear map of fake-quantised input and weight; the bias stays as it is.

    Weight and bias are the very parameters of `linear`, so ties and optimizers keep them. Unless
    frozen, the range of the weight is always that of the weight at hand. Layers that read the same
    tensor may share an input quantizer.
    """

    def __init__(
        self,
        linear: nn.Linear,
        config: QuantizationConfig = INT8,
        input_quantizer: FakeQuantize | None = None,
    ) -> None:
        nn.Module.__init__(self)  # nn.Linear's own would draw new weights
        self.in_features, self.out_features = linear.in_features, linear.out_features
        self.weight = linear.weight
        self.register_parameter("bias", linear.bias)
        observer = MinMaxObserver(config.weight_scheme, linear.out_features, running=False)
        self.weight_quantizer = FakeQuantize(observer)
        self.input_quantizer = input_quantizer or make_input_quantizer(linear, config)
        self.train(linear.training)
        self.observe_weight()

    def forward(self, x: Tensor) -> Tensor:
        """Map x [..., in_features] to [..., out_features]."""
        require_features(x, self)
        return F.linear(self.input_quantizer(x), self.weight_quantizer(self.weight), self.bias)

    def observe_weight(self) -> None:
        """Make the range of the weight that of the weight at hand, unless it is frozen."""
        require_finite("weight", self.weight)
        if self.weight_quantizer.mode != "freeze":
            self.weight_quantizer.observer.observe(self.weight)

    def weight_levels(self) -> tuple[Tensor, Tensor]:
        """Compute the weight as int8 [out, in], and its scale [out]: int8 · scale is the weight."""
        self.observe_weight()
        observer = self.weight_quantizer.observer
        scale, zero_point = observer.scale_and_zero_point()
        return quantize(self.weight, scale, zero_point, observer.scheme), scale


def make_input_quantizer(linear: nn.Linear, config: QuantizationConfig) -> FakeQuantize:
    """Make a quantizer for what `linear` reads; its range has the dtype of the weight, raised."""
    quantizer = FakeQuantize(MinMaxObserver(config.input_scheme))
    return quantizer.to(raised(linear.weight).dtype).train(linear.training)


def require_features(x: Tensor, linear: nn.Linear) -> None:
    """Refuse an x whose last axis is not what `linear` reads."""
    if x.shape[-1:] != (linear.in_features,):
        shape = list(x.shape)
        raise ValueError(f"x must have the shape [..., {linear.in_features}], got {shape}")


@torch.no_grad()
def quantization_error_bound(layer: QuantizedLinear, x: Tensor) -> Tensor:
    """Bound |layer(x) − the float layer's result| for x [..., in]: [..., out].

    With quantised weight W + E and input x + d, the difference is Σ W·d + E·(x + d), at most
    Σ_j |W_ij|·D_j + e_ij·(|x_j| + D_j), where D and e, half a step or what the range cuts off,
    bound |d| and |E|: see `FakeQuantize.error_bound`. The ranges are those of now, so in training
    mode x must have been read already. Holds in exact arithmetic: rounding of the sums adds a few
    units in the last place, far below a step.
    """
    require_features(x, layer)
    require_finite("x", x)
    layer.observe_weight()
    input_error = layer.input_quantizer.error_bound(x)
    weight_error = layer.weight_quantizer.error_bound(layer.weight)
    largest_input = x.abs() + input_error
    return F.linear(input_error, layer.weight.abs()) + F.linear(largest_input, weight_error)
