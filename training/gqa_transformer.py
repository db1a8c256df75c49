"""The student: a decoder-only transformer with grouped-query attention and a functional KV cache.

Pre-norm RMSNorm, rotary positions, SwiGLU, tied embeddings (Press & Wolf 2017, arXiv:1608.05859),
optionally a head that says when to halt. Float tensors have the dtype of the weights.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F  # noqa: N812 - the name that PyTorch's own documentation gives it
from torch import Tensor, nn

from training.attention import (
    GroupedQueryAttention,
    attention_pattern,
    linear_map,
    rotary_angles,
)
from training.checks import (
    require_axes,
    require_dtype,
    require_leading_axes,
    require_positive,
    require_shape,
    require_whole,
    require_within,
)
from training.masking import raised


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """Sizes of a student; `heads` divides `width` into even parts, and `kv_heads` `heads`.

    Weights begin normal, of mean 0 and the standard deviation `initial_deviation`.
    """

    vocabulary_size: int
    width: int
    layers: int
    heads: int
    kv_heads: int
    feed_forward_width: int
    max_positions: int
    rope_base: float = 10_000.0
    norm_epsilon: float = 1e-6
    halt_head: bool = False
    initial_deviation: float = 0.02

    def __post_init__(self) -> None:
        require_whole("vocabulary_size", self.vocabulary_size, 2)
        require_whole("width", self.width, 2)
        require_whole("layers", self.layers, 1)
        require_whole("heads", self.heads, 1)
        require_whole("kv_heads", self.kv_heads, 1)
        require_whole("feed_forward_width", self.feed_forward_width, 1)
        require_whole("max_positions", self.max_positions, 2)
        require_positive("rope_base", self.rope_base)
        require_positive("norm_epsilon", self.norm_epsilon)
        require_positive("initial_deviation", self.initial_deviation)
        if self.width % (2 * self.heads) != 0:
            raise ValueError(f"heads must divide width into even parts, got {self.heads}")
        if self.heads % self.kv_heads != 0:
            raise ValueError(f"kv_heads must divide heads, got {self.kv_heads}")

    @property
    def head_width(self) -> int:
        """Width of one attention head."""
        return self.width // self.heads


class KVCache(NamedTuple):
    """What attention needs of the positions already read.

    For each layer keys (rotated) and values [batch, kv_heads, past, head_width]; mask [batch, past]
    bool, False for padding.
    """

    keys: tuple[Tensor, ...]
    values: tuple[Tensor, ...]
    mask: Tensor


class StudentOutput(NamedTuple):
    """What one pass returns.

    logits [batch, sequence, vocabulary]; halt_logits [batch, sequence, 2] (go on, halt) or None;
    hidden_states: after each block [batch, sequence, width]; cache: all positions read so far.
    """

    logits: Tensor
    halt_logits: Tensor | None
    hidden_states: tuple[Tensor, ...]
    cache: KVCache


def build_student(config: ModelConfig, seed: int) -> StudentLM:
    """Make a student; its weights depend on `config` and `seed` alone, the global RNG is kept."""
    require_whole("seed", seed, 0)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return StudentLM(config)


class StudentLM(nn.Module):
    """Language model; the weights are drawn from the global RNG, see `build_student`."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.embedding = nn.Embedding(config.vocabulary_size, config.width)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.layers))
        self.norm = RMSNorm(config.width, config.norm_epsilon)
        self.halt = linear_map(config.width, 2) if config.halt_head else None
        for module in self.modules():
            if isinstance(module, nn.Linear | nn.Embedding):
                nn.init.normal_(module.weight, std=config.initial_deviation)

    def forward(
        self,
        token_ids: Tensor,
        attention_mask: Tensor | None = None,
        cache: KVCache | None = None,
    ) -> StudentOutput:
        """Read `token_ids` [batch, sequence] int64 after the positions of `cache`.

        attention_mask [batch, sequence] bool, False for padding, which no other position attends
        to. Past and sequence together are at most `max_positions`.
        """
        self._check(token_ids, attention_mask, cache)
        mask = torch.ones_like(token_ids, dtype=torch.bool)
        if attention_mask is not None:
            mask = attention_mask
        if cache is not None:
            mask = torch.cat([cache.mask, mask], dim=1)
        hidden = self.embedding(token_ids)
        sequence = token_ids.shape[1]
        start = mask.shape[1] - sequence
        rotation = rotary_angles(
            self.config.head_width, self.config.rope_base, start, sequence, hidden.dtype
        )
        allowed = attention_pattern(mask, sequence)
        hidden_states, keys, values = [], [], []
        for layer, block in enumerate(self.blocks):
            past = (cache.keys[layer], cache.values[layer]) if cache is not None else None
            hidden, (layer_keys, layer_values) = block(hidden, rotation, allowed, past)
            hidden_states.append(hidden)
            keys.append(layer_keys)
            values.append(layer_values)
        final = self.norm(hidden)
        return StudentOutput(
            logits=F.linear(final, self.embedding.weight),
            halt_logits=self.halt(final) if self.halt is not None else None,
            hidden_states=tuple(hidden_states),
            cache=KVCache(tuple(keys), tuple(values), mask),
        )

    def _check(
        self, token_ids: Tensor, attention_mask: Tensor | None, cache: KVCache | None
    ) -> None:
        require_dtype("token_ids", token_ids, torch.int64)
        require_axes("token_ids", token_ids, "batch", "sequence")
        if not torch.compiler.is_exporting():  # a traced program cannot branch on values
            require_within("token_ids", token_ids, 0, self.config.vocabulary_size - 1)
        if attention_mask is not None:
            require_dtype("attention_mask", attention_mask, torch.bool)
            require_shape("attention_mask", attention_mask, token_ids.shape, "token_ids")
        positions = token_ids.shape[1]
        if cache is not None:
            if len(cache.keys) != self.config.layers:
                raise ValueError(
                    f"cache must have {self.config.layers} layers, got {len(cache.keys)}"
                )
            require_leading_axes("cache mask", cache.mask, token_ids.shape[:1], "token_ids")
            positions += cache.mask.shape[1]
        limit = self.config.max_positions
        if positions > limit:
            raise ValueError(f"token_ids must end within {limit} positions, got {positions}")


class Block(nn.Module):
    """One pre-norm layer: attention, then feed-forward, each added to its input."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.attention_norm = RMSNorm(config.width, config.norm_epsilon)
        self.attention = GroupedQueryAttention(config.width, config.heads, config.kv_heads)
        self.feed_forward_norm = RMSNorm(config.width, config.norm_epsilon)
        self.feed_forward = SwiGLU(config.width, config.feed_forward_width)

    def forward(
        self,
        hidden: Tensor,
        rotation: tuple[Tensor, Tensor],
        allowed: Tensor,
        past: tuple[Tensor, Tensor] | None = None,
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """Return hidden [batch, sequence, width] and the layer's keys and values, past included."""
        normed = self.attention_norm(hidden)
        attended, present = self.attention(normed, rotation, allowed, past)
        hidden = hidden + attended
        return hidden + self.feed_forward(self.feed_forward_norm(hidden)), present


class RMSNorm(nn.Module):
    """x / sqrt(mean(x²) + ε) · weight over the last axis.

    Zhang & Sennrich 2019, arXiv:1910.07467.
    """

    def __init__(self, width: int, epsilon: float) -> None:
        super().__init__()
        self.epsilon = epsilon
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x: Tensor) -> Tensor:
        """Normalise x [..., width]; half precision is computed in float32, then cast back."""
        wide = raised(x)
        scale = torch.rsqrt(wide.square().mean(dim=-1, keepdim=True) + self.epsilon)
        return (wide * scale).to(x.dtype) * self.weight


class SwiGLU(nn.Module):
    """down(silu(gate(x)) · up(x)), without bias; Shazeer 2020, arXiv:2002.05202."""

    def __init__(self, width: int, inner_width: int) -> None:
        super().__init__()
        self.gate = linear_map(width, inner_width)
        self.up = linear_map(width, inner_width)
        self.down = linear_map(inner_width, width)

    def forward(self, x: Tensor) -> Tensor:
        """Map x [..., width] to [..., width]."""
        mapped: Tensor = self.down(F.silu(self.gate(x)) * self.up(x))
        return mapped
