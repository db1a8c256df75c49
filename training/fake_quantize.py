"""Rounding to a quantised tensor's levels in floating point, with a straight-through gradient.

Bengio et al. 2013, arXiv:1308.3432; Jacob et al. 2018, arXiv:1712.05877, section 3.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from training.checks import (
    require_floating,
    require_leading_axes,
    require_shape,
    require_whole,
    require_within,
)
from training.masking import raised
from training.observers import MinMaxObserver, QuantizationScheme

MODES = ("observe", "enable", "freeze", "disable")


def fake_quantize(
    x: Tensor, scale: Tensor, zero_point: Tensor, scheme: QuantizationScheme
) -> Tensor:
    """Replace floating x [...] by the nearest of the numbers (level − zero_point) · scale.

    `scale` and `zero_point` have the shape [] or that of x's first axes. Ties go to the even
    multiple of the scale. The gradient is 1 where the nearest level, before it is limited to the
    scheme's, is one of them, and 0 elsewhere; scale and zero point are constants. NaN stays NaN.
    """
    scale, zero_point = _beside(x, scale, zero_point, scheme)
    wide = raised(x)
    levels = (wide.detach() / scale).round() + zero_point
    rounded = (levels.clamp(scheme.lowest, scheme.highest) - zero_point) * scale
    if torch.compiler.is_exporting():  # what is served learns nothing
        return rounded.to(x.dtype)
    inside = (levels >= scheme.lowest) & (levels <= scheme.highest)
    # Adds exactly 0, and its gradient.
    return (rounded + torch.where(inside, wide - wide.detach(), 0)).to(x.dtype)


@torch.no_grad()
def quantize(x: Tensor, scale: Tensor, zero_point: Tensor, scheme: QuantizationScheme) -> Tensor:
    """Compute the levels, int8 or uint8, that stand for x in `fake_quantize`."""
    scale, zero_point = _beside(x, scale, zero_point, scheme)
    levels = (raised(x) / scale).round() + zero_point
    dtype = torch.int8 if scheme.signed else torch.uint8
    return levels.clamp(scheme.lowest, scheme.highest).to(dtype)


class FakeQuantize(nn.Module):
    """Quantises by the range that its observer saw; the state holds that range and the mode.

    Modes: "observe" records ranges and returns x as it is; "enable", the first one, records, then
    quantises; "freeze" quantises by the range recorded so far; "disable" only returns x.
    A running observer records in training mode alone, so evaluation changes nothing.
    """

    def __init__(self, observer: MinMaxObserver) -> None:
        super().__init__()
        self.observer = observer
        self.mode = "enable"

    def observe(self) -> None:
        """Record ranges, quantise nothing."""
        self.mode = "observe"

    def enable(self) -> None:
        """Record ranges and quantise."""
        self.mode = "enable"

    def freeze(self) -> None:
        """Quantise by today's range; ValueError when nothing, or only zeros, was seen."""
        self.observer.require_width()
        self.mode = "freeze"

    def disable(self) -> None:
        """Do nothing."""
        self.mode = "disable"

    def forward(self, x: Tensor) -> Tensor:
        """Map floating x [...], or [channels, ...], to its like.

        Raises ValueError when a range is needed and none was recorded, and when one is to be
        recorded from an empty tensor or numbers that are not finite.
        """
        records = self.training or not self.observer.running
        if records and self.mode in {"observe", "enable"}:
            if torch.compiler.is_exporting():
                raise ValueError("a quantised model must be frozen before it is exported")
            self.observer.observe(x)
        if self.mode in {"observe", "disable"}:
            return x
        scale, zero_point = self.observer.scale_and_zero_point()
        return fake_quantize(x, scale, zero_point, self.observer.scheme)

    @torch.no_grad()
    def error_bound(self, x: Tensor) -> Tensor:
        """Bound |quantised x − x| for each element of x, by the range as it is now.

        Half a step inside the numbers represented, the distance to the nearest of them outside.
        """
        scheme = self.observer.scheme
        scale, zero_point = _beside(x, *self.observer.scale_and_zero_point(), scheme)
        below = (scheme.lowest - zero_point) * scale - x
        above = x - (scheme.highest - zero_point) * scale
        return torch.maximum(torch.maximum(below, above), scale / 2)

    def get_extra_state(self) -> Tensor:
        """Return the mode as its index in MODES, for the state dict."""
        return torch.tensor(MODES.index(self.mode))

    def set_extra_state(self, state: Tensor) -> None:
        """Take the mode from a state dict; ValueError when it is no index of MODES."""
        index = int(state)
        require_whole("quantisation mode", index, 0, len(MODES) - 1)
        self.mode = MODES[index]


def _beside(
    x: Tensor, scale: Tensor, zero_point: Tensor, scheme: QuantizationScheme
) -> tuple[Tensor, Tensor]:
    """Give scale and zero point axes of size 1, so that they apply along x's first axes."""
    require_floating("x", x)
    require_leading_axes("x", x, scale.shape, "scale")
    require_shape("zero_point", zero_point, scale.shape, "scale")
    if not torch.compiler.is_exporting():  # a traced program cannot branch on values
        if not bool(((scale > 0) & scale.isfinite()).all()):
            raise ValueError("scale must be finite and above 0")
        require_within("zero_point", zero_point, scheme.lowest, scheme.highest)
    shape = (*scale.shape, *(1 for _ in x.shape[scale.dim() :]))
    return scale.reshape(shape), zero_point.reshape(shape)
