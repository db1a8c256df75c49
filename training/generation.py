"""Generation of text from a model's logits: batched, with the KV cache, greedy or sampled.

Temperature, then the `top_k` likeliest tokens (Fan et al. 2018, arXiv:1805.04833), then of these
the nucleus of `top_p` (Holtzman et al. 2020, arXiv:1904.09751).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence

from training.checks import (
    require_between,
    require_dtype,
    require_finite,
    require_whole,
    require_within,
)
from training.gqa_transformer import KVCache, ModelConfig, StudentLM, StudentOutput
from training.tokenizer import EOS_ID, encode_prompt


@dataclass(frozen=True, slots=True)
class GenerationSettings:
    """How the next token is chosen, and when a completion ends.

    Temperature 0 and `top_k` 1 both take the likeliest token. None: any token may follow
    (`top_k`), none ends a completion (`eos_id`).
    """

    max_new_tokens: int = 64
    temperature: float = 1.0
    top_k: int | None = None
    top_p: float = 1.0
    eos_id: int | None = EOS_ID

    def __post_init__(self) -> None:
        require_whole("max_new_tokens", self.max_new_tokens, 1)
        require_between("temperature", self.temperature, 0)
        if self.top_k is not None:
            require_whole("top_k", self.top_k, 1)
        if not 0 < self.top_p <= 1:
            raise ValueError(f"top_p must be a number above 0 and at most 1, got {self.top_p!r}")
        if self.eos_id is not None:
            require_whole("eos_id", self.eos_id, 0)

    @property
    def greedy(self) -> bool:
        """Tell whether the likeliest token is taken, the first of equals, without a draw."""
        return self.temperature == 0 or self.top_k == 1


def generate_text(
    model: StudentLM,
    tokenizer: Tokenizer,
    prompts: Sequence[str],
    settings: GenerationSettings,
    generator: torch.Generator | None = None,
) -> list[str]:
    """Write on after each prompt; the texts are without it and without special tokens."""
    prompt_ids = [encode_prompt(tokenizer, prompt) for prompt in prompts]
    return tokenizer.decode_batch(generate(model, prompt_ids, settings, generator))


@torch.no_grad()
def generate(
    model: StudentLM,
    prompt_ids: Sequence[Sequence[int]],
    settings: GenerationSettings,
    generator: torch.Generator | None = None,
) -> list[list[int]]:
    """Write on after each prompt, in evaluation mode; return the new tokens alone.

    A completion ends with its `eos_id`, which is part of it, after `max_new_tokens`, or with the
    token after the model's last position, whatever else is in the batch. Tokens are drawn from
    `generator`, or torch's global one; greedy settings draw none.

    Raises ValueError for an empty prompt, one that the model cannot read, settings that do not fit
    its vocabulary, and logits that are not finite.
    """
    config = model.config
    _require_fitting(settings, prompt_ids, config)
    sequences = [list(prompt) for prompt in prompt_ids]
    lengths = [
        min(len(prompt) + settings.max_new_tokens, config.max_positions + 1)
        for prompt in prompt_ids
    ]
    going = list(range(len(sequences)))
    cache = None
    with _evaluation_mode(model):
        while going:
            unread = [sequences[row] for row in going]
            output = _read(model, unread, cache, config.max_positions)
            tokens = _choose(output.logits[:, -1], settings, generator)
            for place, row in enumerate(going):
                sequences[row].append(tokens[place])
            kept = [
                place
                for place, row in enumerate(going)
                if tokens[place] != settings.eos_id and len(sequences[row]) < lengths[row]
            ]
            going = [going[place] for place in kept]
            cache = _select(output.cache, kept)
    return [sequence[len(prompt_ids[row]) :] for row, sequence in enumerate(sequences)]


def _require_fitting(
    settings: GenerationSettings, prompt_ids: Sequence[Sequence[int]], config: ModelConfig
) -> None:
    if settings.top_k is not None:
        require_whole("top_k", settings.top_k, 1, config.vocabulary_size)
    if settings.eos_id is not None:
        require_whole("eos_id", settings.eos_id, 0, config.vocabulary_size - 1)
    if not prompt_ids:
        raise ValueError("prompt_ids must hold at least one prompt, got none")
    for index, prompt in enumerate(prompt_ids):
        name = f"prompt_ids[{index}]"
        require_whole(f"the length of {name}", len(prompt), 1, config.max_positions)
        ids = torch.tensor(prompt)
        require_dtype(name, ids, torch.int64)
        require_within(name, ids, 0, config.vocabulary_size - 1)


@contextmanager
def _evaluation_mode(model: nn.Module) -> Iterator[None]:
    # Module by module: a part that was in evaluation mode already stays there.
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for module, training in modes:
            module.training = training


def _read(
    model: StudentLM, sequences: Sequence[Sequence[int]], cache: KVCache | None, limit: int
) -> StudentOutput:
    """Read the last token of each sequence, or all of them without a cache that has room."""
    if cache is not None and cache.mask.shape[1] < limit:
        return model(torch.tensor([row[-1:] for row in sequences]), cache=cache)
    # A full cache holds padding for rows longer than those that still go on: they have room.
    rows = [torch.tensor(row) for row in sequences]
    masks = [torch.ones_like(row, dtype=torch.bool) for row in rows]
    ids = pad_sequence(rows, batch_first=True, padding_side="left")
    return model(ids, pad_sequence(masks, batch_first=True, padding_side="left"))


def _choose(
    logits: Tensor, settings: GenerationSettings, generator: torch.Generator | None
) -> list[int]:
    """Choose a token for each row of logits [batch, vocabulary]."""
    require_finite("model logits", logits)
    if settings.greedy:
        return logits.argmax(dim=1).tolist()
    weights = _weights(logits, settings)
    return torch.multinomial(weights, 1, generator=generator)[:, 0].tolist()


def _weights(logits: Tensor, settings: GenerationSettings) -> Tensor:
    """Weigh each token, [batch, vocabulary] float64: 0 outside of `top_k` and of the nucleus."""
    values, order = logits.double().sort(descending=True, stable=True)
    # Differences, so that not even a tiny temperature takes the likeliest to infinity.
    below = (values - values[:, :1])[:, : settings.top_k]
    weights = (below / settings.temperature).softmax(dim=1)
    likelier = weights.cumsum(dim=1) - weights
    nucleus = weights * (likelier < settings.top_p)
    return torch.zeros_like(values).scatter(1, order[:, : settings.top_k], nucleus)


def _select(cache: KVCache, rows: Sequence[int]) -> KVCache:
    return KVCache(
        tuple(keys[rows] for keys in cache.keys),
        tuple(values[rows] for values in cache.values),
        cache.mask[rows],
    )
