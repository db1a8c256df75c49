"""Causal self-attention with grouped queries, rotary positions and padding."""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812 - the name that PyTorch's own documentation gives it
from torch import Tensor, nn


class GroupedQueryAttention(nn.Module):
    """Attention whose key-value heads each serve heads / kv_heads queries.

    Ainslie et al. 2023, arXiv:2305.13245.
    """

    def __init__(self, width: int, heads: int, kv_heads: int) -> None:
        super().__init__()
        self.head_width = width // heads
        self.group = heads // kv_heads
        self.query = linear_map(width, width)
        self.key = linear_map(width, kv_heads * self.head_width)
        self.value = linear_map(width, kv_heads * self.head_width)
        self.output = linear_map(width, width)

    def forward(
        self,
        hidden: Tensor,
        rotation: tuple[Tensor, Tensor],
        allowed: Tensor,
        past: tuple[Tensor, Tensor] | None = None,
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """Attend from hidden [batch, sequence, width] to the past and to itself where `allowed`.

        `rotation` as made by `rotary_angles`, `allowed` by `attention_pattern`; past: rotated keys,
        and values, each [batch, kv_heads, past, head_width].
        """
        queries = rotate(self._heads(self.query(hidden)), rotation)
        keys = rotate(self._heads(self.key(hidden)), rotation)
        values = self._heads(self.value(hidden))
        if past is not None:
            keys = torch.cat([past[0], keys], dim=2)
            values = torch.cat([past[1], values], dim=2)
        attended = F.scaled_dot_product_attention(
            queries,
            keys.repeat_interleave(self.group, dim=1),
            values.repeat_interleave(self.group, dim=1),
            attn_mask=allowed,
        )
        return self.output(attended.transpose(1, 2).flatten(2)), (keys, values)

    def _heads(self, projected: Tensor) -> Tensor:
        batch, sequence, _ = projected.shape
        return projected.view(batch, sequence, -1, self.head_width).transpose(1, 2)


def linear_map(inputs: int, outputs: int) -> nn.Linear:
    """Make a linear map from [..., inputs] to [..., outputs], without bias."""
    return nn.Linear(inputs, outputs, bias=False)


def rotary_angles(
    head_width: int, base: float, start: int, length: int, dtype: torch.dtype
) -> tuple[Tensor, Tensor]:
    """Compute cos and sin of position · base^(−2i / head_width), each [length, head_width / 2].

    Positions are start … start + length − 1. Su et al. 2021, arXiv:2104.09864.
    """
    precise = torch.promote_types(dtype, torch.float32)
    exponents = torch.arange(0, head_width, 2, dtype=precise) / head_width
    positions = torch.arange(start, start + length)
    angles = positions[:, None] * base**-exponents
    return angles.cos().to(dtype), angles.sin().to(dtype)


def rotate(x: Tensor, rotation: tuple[Tensor, Tensor]) -> Tensor:
    """Turn each pair (i, i + width / 2) of x [batch, heads, length, width] by its angle."""
    cos, sin = rotation
    first, second = x.chunk(2, dim=3)
    return torch.cat([first * cos - second * sin, second * cos + first * sin], dim=3)


def attention_pattern(mask: Tensor, sequence: int) -> Tensor:
    """Say which positions the last `sequence` ones attend to: bool [batch, 1, sequence, all].

    `mask` [batch, all] bool, False for padding. Each attends to what is not padding up to itself,
    and to itself even if it is padding: a softmax over no key at all would be NaN.
    """
    keys = torch.arange(mask.shape[1])
    queries = keys[mask.shape[1] - sequence :, None]
    return (keys <= queries) & (mask[:, None, None, :] | (keys == queries))
