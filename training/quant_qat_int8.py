"""Quantisation-aware training to int8: a student's linear maps learn with the rounding they will get.

Embeddings, and the output weights tied to them, stay in floating point. Everything of the topic can
be imported from here.
"""

from __future__ import annotations

import copy
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from training.attention import GroupedQueryAttention
from training.checks import require_choice, require_shape
from training.fake_quantize import MODES, FakeQuantize, fake_quantize, quantize
from training.observers import MinMaxObserver, QuantizationScheme
from training.quantized_linear import (
    INT8,
    QuantizationConfig,
    QuantizedLinear,
    make_input_quantizer,
    quantization_error_bound,
)

__all__ = [
    "INT8",
    "MODES",
    "FakeQuantize",
    "MinMaxObserver",
    "QuantizationConfig",
    "QuantizationScheme",
    "QuantizedAttention",
    "QuantizedLinear",
    "dequantize_int8",
    "export_int8",
    "fake_quantize",
    "fold_weights",
    "quantization_error_bound",
    "quantize",
    "quantize_model",
    "quantized_linears",
    "switch_quantization",
]

# What export_int8 adds to the name of a quantised map, beside its weight.
ADDED = (".weight_scale", ".input_scale", ".input_zero_point", ".input_levels")


class QuantizedAttention(GroupedQueryAttention):
    """Attention with the four maps of `attention` quantised; the first three share one input range.

    Scores, rotation, cache and masks are computed as before, in floating point.
    """

    def __init__(self, attention: GroupedQueryAttention, config: QuantizationConfig = INT8) -> None:
        nn.Module.__init__(self)  # the parent's own would draw new weights
        self.head_width, self.group = attention.head_width, attention.group
        shared = make_input_quantizer(attention.query, config)
        self.query = QuantizedLinear(attention.query, config, shared)
        self.key = QuantizedLinear(attention.key, config, shared)
        self.value = QuantizedLinear(attention.value, config, shared)
        self.output = QuantizedLinear(attention.output, config)
        self.train(attention.training)


def quantize_model(
    model: nn.Module, config: QuantizationConfig = INT8, skip: Collection[str] = ()
) -> tuple[str, ...]:
    """Replace each attention and linear map inside `model`, in place; return the maps' names.

    `skip` names modules that stay as they are with all below them; a map inside an attention cannot
    be skipped alone. Parameters stay the same objects under the same names. Subclasses of nn.Linear
    are left alone. Ranges include what padded positions hold. Raises ValueError, and changes
    nothing, when `model` is quantised already, has nothing to quantise or weights that are not
    finite, and when a name in `skip` keeps nothing.
    """
    if any(isinstance(module, FakeQuantize) for module in model.modules()):
        raise ValueError("model must be in floating point, but it is quantised already")
    found = _replaceable(model)
    for name in skip:
        if not any(_lies_in(other, name) for other in found):
            raise ValueError(f"skip must name an attention, a linear map or their parent: {name!r}")
    chosen = {
        name: module
        for name, module in found.items()
        if not any(_lies_in(name, other) for other in skip)
    }
    if not chosen:
        raise ValueError("model must hold a linear map to quantise")
    # By module, not by name: one that is used twice is replaced by one that is used twice.
    made = {}
    for name, module in chosen.items():
        with _errors_named(name):
            made[module] = _quantized(module, config)
    for name, module in chosen.items():
        parent, _, child = name.rpartition(".")
        setattr(model.get_submodule(parent), child, made[module])
    return tuple(quantized_linears(model))


def quantized_linears(model: nn.Module) -> dict[str, QuantizedLinear]:
    """Find the quantised maps by name; ValueError when there are none."""
    found = {
        name: module
        for name, module in _modules(model).items()
        if isinstance(module, QuantizedLinear)
    }
    if not found:
        raise ValueError("model must be quantised, but holds no quantised linear map")
    return found


def switch_quantization(model: nn.Module, mode: str) -> None:
    """Switch all quantizers of `model` to one of MODES, see `FakeQuantize`.

    Freezing keeps the ranges of the weights at hand. Raises ValueError, and switches nothing, when
    a map has read nothing, or nothing but zeros, before it is frozen.
    """
    require_choice("mode", mode, MODES)
    layers = quantized_linears(model)
    if mode == "freeze":
        for name, layer in layers.items():
            with _errors_named(name):
                layer.observe_weight()
                layer.weight_quantizer.observer.require_width()
                layer.input_quantizer.observer.require_width()
    for layer in layers.values():
        layer.weight_quantizer.mode = layer.input_quantizer.mode = mode


def export_int8(model: nn.Module) -> dict[str, Tensor]:
    """Copy the tensors of `model`, by the names of its state dict, with int8 for quantised weights.

    Each quantised map NAME adds NAME.weight_scale [out], NAME.input_scale [], NAME.input_zero_point
    [] and NAME.input_levels [2], the lowest and highest; float weight = int8 · scale, exactly what
    the model computes with. Raises ValueError when a map has read nothing yet.
    """
    layers = quantized_linears(model)
    quantizers = tuple(
        f"{name}." for name, module in _modules(model).items() if isinstance(module, FakeQuantize)
    )
    exported = {
        key: value.detach().clone()
        for key, value in model.state_dict().items()
        if not key.startswith(quantizers)
    }
    for name, layer in layers.items():
        with _errors_named(name):
            tensors = _int8_tensors(layer)
        exported |= {f"{name}.{key}": value for key, value in tensors.items()}
    return exported


def fold_weights(model: nn.Module) -> nn.Module:
    """Copy `model`; the frozen maps of the copy hold rounded weights, and round them no more.

    It computes the same from a shorter program, for serving: weights no longer learn there.
    """
    folded = copy.deepcopy(model)
    for layer in _modules(folded).values():
        if isinstance(layer, QuantizedLinear) and layer.weight_quantizer.mode == "freeze":
            rounded = layer.weight_quantizer(layer.weight).detach()
            # A new one: the weight may be another module's as well.
            layer.weight = nn.Parameter(rounded, requires_grad=False)
            layer.weight_quantizer.disable()
    return folded


def dequantize_int8(exported: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Make the state dict of a model in floating point from what `export_int8` returned.

    Raises ValueError when an int8 tensor has no scale for each of its rows.
    """
    floating = {}
    for key, value in exported.items():
        if value.dtype == torch.int8:
            floating[key] = value * _scale_of(key, exported)[:, None]
        elif not key.endswith(ADDED):
            floating[key] = value.clone()
    return floating


def _replaceable(model: nn.Module) -> dict[str, nn.Linear | GroupedQueryAttention]:
    """Find what can be replaced by name: attentions, and linear maps outside of them."""
    modules = {
        name: module
        for name, module in _modules(model).items()
        # Exactly these: a subclass may compute something else.
        if name and (type(module) is nn.Linear or type(module) is GroupedQueryAttention)
    }
    return {
        name: module
        for name, module in modules.items()
        if not any(name.startswith(f"{outer}.") for outer in modules)
    }


def _modules(model: nn.Module) -> dict[str, nn.Module]:
    """Find all modules by name, one that is used twice by both of its names."""
    return dict(model.named_modules(remove_duplicate=False))


def _lies_in(name: str, parent: str) -> bool:
    return name == parent or name.startswith(f"{parent}.")


def _quantized(module: nn.Linear | GroupedQueryAttention, config: QuantizationConfig) -> nn.Module:
    if isinstance(module, nn.Linear):
        return QuantizedLinear(module, config)
    return QuantizedAttention(module, config)


@contextmanager
def _errors_named(name: str) -> Iterator[None]:
    try:
        yield
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error


def _int8_tensors(layer: QuantizedLinear) -> dict[str, Tensor]:
    weight, weight_scale = layer.weight_levels()
    observer = layer.input_quantizer.observer
    scale, zero_point = observer.scale_and_zero_point()
    levels = [observer.scheme.lowest, observer.scheme.highest]
    return {
        "weight": weight,
        "weight_scale": weight_scale,
        "input_scale": scale,
        "input_zero_point": zero_point,
        "input_levels": torch.tensor(levels, dtype=torch.int32),
    }


def _scale_of(key: str, exported: Mapping[str, Tensor]) -> Tensor:
    name = f"{key}_scale"
    if name not in exported:
        raise ValueError(f"exported must hold {name} beside the int8 {key}")
    require_shape(name, exported[name], exported[key].shape[:1], key)
    return exported[name]
