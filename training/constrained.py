"""Choice of a tool by constrained decoding: only tokens that go on with a tool's name may follow.

A prompt ends with the quote that opens the name, and the name with what follows it in JSON: a name
that begins another then still has an end of its own, and each tool is one leaf of the trie.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from training.checks import require_choice, require_finite, require_within
from training.gqa_transformer import KVCache, StudentLM
from training.masking import rows_that_count
from training.token_bytes import token_bytes

# As it follows in a tool call, so that the tokens are those of a whole call.
NAME_END = '",'
METHODS = ("exact", "greedy")


@dataclass(frozen=True, slots=True)
class ToolChoice:
    """A chosen tool, the logarithm of its probability, and the probability of each tool."""

    tool: str
    log_probability: float
    distribution: Mapping[str, float]


class ToolTrie:
    """The token sequences of tools' names, sorted by name.

    Raises ValueError for no tool, an empty or repeated name, and a tokenizer that changes a name.
    """

    def __init__(self, tokenizer: Tokenizer, tools: Sequence[str]) -> None:
        _require_tools(tools)
        self.tools = tuple(sorted(tools))
        self.sequences = tuple(_encode_name(tokenizer, tool) for tool in self.tools)
        following: dict[tuple[int, ...], dict[int, None]] = {}
        for sequence in self.sequences:
            for length, token in enumerate(sequence):
                following.setdefault(sequence[:length], {})[token] = None
            following[sequence] = {}
        self._following = {prefix: tuple(tokens) for prefix, tokens in following.items()}

    def allowed_tokens(self, prefix: Sequence[int]) -> tuple[int, ...]:
        """Return the tokens that may follow `prefix`, in the order of the first names they lead to.

        None follow a whole name. Raises ValueError for a prefix of no name.
        """
        if tuple(prefix) not in self._following:
            raise ValueError(f"prefix must begin the tokens of a tool, got {list(prefix)}")
        return self._following[tuple(prefix)]


def select_tool(
    model: StudentLM,
    tokenizer: Tokenizer,
    prompt_ids: Sequence[int],
    tools: Sequence[str],
    method: str = "exact",
) -> ToolChoice:
    """Choose one of `tools` after the prompt; see `select_tools`."""
    return select_tools(model, ToolTrie(tokenizer, tools), [prompt_ids], method)[0]


@torch.no_grad()
def select_tools(
    model: StudentLM, trie: ToolTrie, prompts: Sequence[Sequence[int]], method: str = "exact"
) -> list[ToolChoice]:
    """Choose a tool after each prompt of token ids; the prompts may differ in length.

    "exact" takes the likeliest tool, "greedy" the likeliest token at each step, which can end in
    another tool. Of equals the first by name is taken.
    """
    require_choice("method", method, METHODS)
    rows = tool_log_probabilities(model, trie, prompts)
    chosen = [trie.tools[index] for index in rows.argmax(dim=1).tolist()]
    if method == "greedy":
        chosen = decode_greedily(model, trie, prompts)
    return [_choice(trie, tool, rows[at].tolist()) for at, tool in enumerate(chosen)]


@torch.no_grad()
def decode_greedily(
    model: StudentLM, trie: ToolTrie, prompts: Sequence[Sequence[int]]
) -> list[str]:
    """Write a tool's name after each prompt, of the allowed tokens always the likeliest.

    The cost does not grow with the number of tools. Raises ValueError as `tool_log_probabilities`.
    """
    names, _ = _padded_names(trie)
    require_within("trie sequences", names, 0, model.config.vocabulary_size - 1)
    output = model(*_padded_on_the_left(prompts))
    paths: list[tuple[int, ...]] = [() for _ in prompts]
    while unfinished := [row for row, path in enumerate(paths) if trie.allowed_tokens(path)]:
        for row in unfinished:
            logits = output.logits[row, -1]
            require_finite("model logits", logits)
            # The first of equals, so the one that leads to the first name.
            paths[row] += (max(trie.allowed_tokens(paths[row]), key=logits.__getitem__),)
        # A row with a whole name repeats its end, which nothing reads.
        output = model(torch.tensor([path[-1:] for path in paths]), cache=output.cache)
    return [trie.tools[trie.sequences.index(path)] for path in paths]


def tool_log_probabilities(
    model: StudentLM, trie: ToolTrie, prompts: Sequence[Sequence[int]]
) -> Tensor:
    """Compute the logarithm of each tool's probability after each prompt: [batch, tools].

    The product over the name's tokens of p(token) among the allowed ones: the tools' probabilities
    add up to 1. Differentiable. Raises ValueError where a logit that counts is not finite.
    """
    ids, mask = _padded_on_the_left(prompts)
    names, in_name = _padded_names(trie)
    (batch, _), (tools, steps) = ids.shape, names.shape
    prompt = model(ids, mask)
    # What pads a shorter name is on its right, where no token of the name looks.
    named = model(names.repeat(batch, 1), cache=_repeat(prompt.cache, tools))
    first = prompt.logits[:, -1:].repeat_interleave(tools, dim=0)
    logits = torch.cat([first, named.logits[:, :-1]], dim=1).view(batch, tools, steps, -1)
    rows = rows_that_count("model logits", logits, in_name.expand(batch, -1, -1))
    allowed = _allowed_rows(trie, rows.shape[1]).repeat(batch, 1)
    constrained = rows.masked_fill(~allowed, -torch.inf).log_softmax(dim=1)
    of_token = constrained.gather(1, names[in_name].repeat(batch)[:, None]).view(batch, -1)
    tool_of_token = in_name.nonzero()[:, 0]
    return of_token.new_zeros(batch, tools).index_add(1, tool_of_token, of_token)


def _choice(trie: ToolTrie, tool: str, log_probabilities: Sequence[float]) -> ToolChoice:
    distribution = dict(zip(trie.tools, map(math.exp, log_probabilities), strict=True))
    return ToolChoice(tool, log_probabilities[trie.tools.index(tool)], distribution)


def _require_tools(tools: Sequence[str]) -> None:
    if not tools:
        raise ValueError("tools must not be empty")
    for index, tool in enumerate(tools):
        if not tool:
            raise ValueError(f"tools[{index}] must have a name, got {tool!r}")
        if tool in tools[:index]:
            raise ValueError(f"tools must not repeat, got {tool!r} twice")


def _encode_name(tokenizer: Tokenizer, tool: str) -> tuple[int, ...]:
    written = json.dumps(tool, ensure_ascii=False)[1:-1] + NAME_END
    ids = tokenizer.encode(written, add_special_tokens=False).ids
    encoded = b"".join(token_bytes("tools", tokenizer, ids))
    if encoded != written.encode():
        raise ValueError(f"tokenizer must keep {written!r} as it is, got {encoded!r}")
    return tuple(ids)


def _padded_on_the_left(prompts: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
    """Return ids [batch, longest] int64 and their mask; the names follow on the right."""
    if not prompts:
        raise ValueError("prompts must not be empty")
    for index, prompt in enumerate(prompts):
        if not prompt:
            raise ValueError(f"prompts[{index}] must not be empty")
    rows = [torch.tensor(prompt) for prompt in prompts]
    ids = pad_sequence(rows, batch_first=True, padding_side="left")
    masks = [torch.ones_like(row, dtype=torch.bool) for row in rows]
    return ids, pad_sequence(masks, batch_first=True, padding_side="left")


def _padded_names(trie: ToolTrie) -> tuple[Tensor, Tensor]:
    """Return ids [tools, longest] int64, and where they belong to a name, bool."""
    rows = [torch.tensor(sequence) for sequence in trie.sequences]
    masks = [torch.ones_like(row, dtype=torch.bool) for row in rows]
    return pad_sequence(rows, batch_first=True), pad_sequence(masks, batch_first=True)


def _repeat(cache: KVCache, times: int) -> KVCache:
    """Repeat each row of the batch in place, for as many continuations."""
    return KVCache(
        tuple(keys.repeat_interleave(times, dim=0) for keys in cache.keys),
        tuple(values.repeat_interleave(times, dim=0) for values in cache.values),
        cache.mask.repeat_interleave(times, dim=0),
    )


def _allowed_rows(trie: ToolTrie, vocabulary: int) -> Tensor:
    """Say for each token of each name which tokens are allowed in its place, [tokens, vocabulary].

    In the order of `trie.sequences`, without padding.
    """
    prefixes = [sequence[:end] for sequence in trie.sequences for end in range(len(sequence))]
    allowed = torch.zeros(len(prefixes), vocabulary, dtype=torch.bool)
    for row, prefix in enumerate(prefixes):
        allowed[row, list(trie.allowed_tokens(prefix))] = True
    return allowed
