"""The range of what a tensor held, and the whole-number grid that covers it.

Affine and symmetric quantisation as in Jacob et al. 2018, arXiv:1712.05877, sections 2.1 and 3.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from training.checks import (
    require_axes,
    require_finite,
    require_floating,
    require_leading_axes,
    require_whole,
)
from training.masking import raised


@dataclass(frozen=True, slots=True)
class QuantizationScheme:
    """Which levels (whole numbers) stand for real numbers: real = (level − zero point) · scale.

    Symmetric: zero point 0, levels ±(2^(bits − 1) − 1), always signed. Affine: all 2^bits levels,
    from −2^(bits − 1) if signed and from 0 if not.
    """

    symmetric: bool
    signed: bool = True
    bits: int = 8

    def __post_init__(self) -> None:
        require_whole("bits", self.bits, 2, 8)
        if self.symmetric and not self.signed:
            raise ValueError("signed must be True for symmetric levels, got False")

    @property
    def lowest(self) -> int:
        """The lowest level."""
        if self.symmetric:
            return -self.highest
        return -(1 << (self.bits - 1)) if self.signed else 0

    @property
    def highest(self) -> int:
        """The highest level."""
        return (1 << (self.bits - self.signed)) - 1


class MinMaxObserver(nn.Module):
    """Smallest and largest number seen, of whole tensors or of each index of their first axis.

    The buffers `minimum` and `maximum` are [] or [channels], of at least the dtype observed; before
    anything was seen they are +inf and −inf. Not `running`: only the last tensor seen counts.
    """

    minimum: Tensor
    maximum: Tensor

    def __init__(
        self, scheme: QuantizationScheme, channels: int | None = None, running: bool = True
    ) -> None:
        super().__init__()
        if channels is not None:
            require_whole("channels", channels, 1)
        self.scheme = scheme
        self.running = running
        shape = () if channels is None else (channels,)
        self.register_buffer("minimum", torch.full(shape, math.inf))
        self.register_buffer("maximum", torch.full(shape, -math.inf))

    @torch.no_grad()
    def observe(self, x: Tensor) -> None:
        """Take in floating x [...], or [channels, ...]; ValueError when empty or not finite."""
        require_floating("x", x)
        require_axes("x", x, "...")
        require_leading_axes("x", x, self.minimum.shape, "channels")
        require_finite("x", x)
        if not self.running:
            self.reset()
        rows = raised(x).reshape(*self.minimum.shape, -1)
        self.minimum = torch.minimum(self.minimum, rows.amin(dim=-1))
        self.maximum = torch.maximum(self.maximum, rows.amax(dim=-1))

    def reset(self) -> None:
        """Forget what was seen."""
        self.minimum = torch.full_like(self.minimum, math.inf)
        self.maximum = torch.full_like(self.maximum, -math.inf)

    def scale_and_zero_point(self) -> tuple[Tensor, Tensor]:
        """Compute the step and the level of 0, floating and int32, each [] or [channels].

        The range seen is first widened to include 0, which is always represented exactly. A width
        of 0 (only zeros were seen) gives the smallest normal number as the scale. Raises ValueError
        when nothing was seen.
        """
        if not torch.compiler.is_exporting():  # a traced program cannot branch on values
            self._require_seen()
        low, high = raised(self.minimum).clamp(max=0), raised(self.maximum).clamp(min=0)
        highest, lowest = self.scheme.highest, self.scheme.lowest
        smallest = torch.finfo(low.dtype).tiny
        if self.scheme.symmetric:
            scale = (torch.maximum(-low, high) / highest).clamp(min=smallest)
            return scale, torch.zeros_like(scale, dtype=torch.int32)
        steps = highest - lowest
        # Not (high − low) / steps, which overflows for the widest ranges.
        scale = (high / steps - low / steps).clamp(min=smallest)
        return scale, (lowest - (low / scale).round()).to(torch.int32)

    def require_width(self) -> None:
        """Raise ValueError when nothing, or nothing but zeros, was seen."""
        self._require_seen()
        if not bool(self.minimum.any() | self.maximum.any()):
            raise ValueError("the observed range has width 0: nothing but zeros was seen")

    def _require_seen(self) -> None:
        # Written so that NaN, as in a damaged checkpoint, is refused too.
        if not bool((self.minimum <= self.maximum).all()):
            raise ValueError("nothing was observed yet: run the model in training mode first")
