"""Batches of a run: which examples a step reads, from the seed and the step alone."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import torch
from torch import Tensor

from training.checks import require_dtype, require_shape
from training.config import Config
from training.masking import IGNORED

ENTRIES = ("input_ids", "attention_mask", "labels")

# input_ids [batch, sequence] int64, attention_mask [batch, sequence] bool, labels int64 with -100
# ignored: labels[t] is the token to follow input_ids[t].
Batch = Mapping[str, Tensor]
Collate = Callable[[Sequence[Any]], Batch]


class Examples(Protocol):
    """What can be counted and read by index: a list, or a data set."""

    def __len__(self) -> int:
        """Count the examples."""

    def __getitem__(self, index: int, /) -> Any:
        """Read one."""


def draw_batches(
    examples: Examples, collate: Collate, config: Config, step: int
) -> list[dict[str, Tensor]]:
    """Collate the batches that `step`, from 1, learns from, cut to the curriculum's length."""
    size = config.training.batch_size
    count = size * config.training.accumulation_steps
    indices = example_order(len(examples), config.training.seed, (step - 1) * count, count)
    length = config.curriculum.length_at(step)
    batches = []
    for first in range(0, count, size):
        batch = collate([examples[index] for index in indices[first : first + size]])
        counted_tokens(batch)
        batches.append({name: batch[name][:, :length] for name in ENTRIES})
    return batches


def example_order(examples: int, seed: int, start: int, count: int) -> list[int]:
    """Return places `start` to `start + count - 1` of the endless order in which examples are read.

    It is one shuffle of all examples after the other, each from the seed and its own number, so
    that a resumed run reads on where an uninterrupted one would.
    """
    first, last = start // examples, (start + count - 1) // examples
    shuffles = [_shuffled(examples, f"{seed}/{epoch}") for epoch in range(first, last + 1)]
    return torch.cat(shuffles)[start % examples :][:count].tolist()


def counted_tokens(batch: Batch) -> Tensor:
    """Return [batch, sequence] bool: True where a label counts, neither ignored nor padding."""
    for name in ENTRIES:
        if name not in batch:
            raise ValueError(f"batch must hold {', '.join(ENTRIES)}, got {', '.join(batch)}")
        dtype = torch.bool if name == "attention_mask" else torch.int64
        require_dtype(name, batch[name], dtype)
        require_shape(name, batch[name], batch["input_ids"].shape, "input_ids")
    return batch["attention_mask"] & (batch["labels"] != IGNORED)


def _shuffled(examples: int, name: str) -> Tensor:
    # A text seeds by its hash, so neighbouring seeds and numbers have nothing in common.
    generator = torch.Generator().manual_seed(random.Random(name).getrandbits(32))
    return torch.randperm(examples, generator=generator)
