"""Process supervision of tool calls: scores of text, and losses at the positions that matter.

A loss is a mean cross entropy, in nats, over the tokens that hold one part of the calls in the
labels; the parts are found in the tokens' bytes. What a mask leaves out never reaches a loss.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from tokenizers import Tokenizer
from torch import Tensor

from training.call_positions import CallPositions, find_call_positions
from training.checks import (
    require_axes,
    require_between,
    require_dtype,
    require_floating,
    require_shape,
    require_within,
    resolve_mask,
)
from training.masking import IGNORED, masked_cross_entropy, raised
from training.tool_calls import (
    ARGUMENT_TYPES,
    Schema,
    Score,
    ToolCall,
    argument_problems,
    argument_score,
    find_tool_calls,
    json_validity_score,
    require_schema,
    tool_selection_score,
)

__all__ = [
    "ARGUMENT_TYPES",
    "CallPositions",
    "ProcessSettings",
    "Schema",
    "Score",
    "ToolCall",
    "argument_loss",
    "argument_problems",
    "argument_score",
    "find_call_positions",
    "find_tool_calls",
    "json_validity_loss",
    "json_validity_score",
    "process_supervision_loss",
    "require_schema",
    "tool_name_loss",
    "tool_selection_score",
]


@dataclass(frozen=True, slots=True)
class ProcessSettings:
    """Weights of `process_supervision_loss`; a term of weight 0 is not computed."""

    json_validity_weight: float = 0.3
    tool_name_weight: float = 0.4
    argument_weight: float = 0.3

    def __post_init__(self) -> None:
        require_between("json_validity_weight", self.json_validity_weight, 0)
        require_between("tool_name_weight", self.tool_name_weight, 0)
        require_between("argument_weight", self.argument_weight, 0)
        if max(self.json_validity_weight, self.tool_name_weight, self.argument_weight) == 0:
            raise ValueError("json_validity_weight, tool_name_weight, argument_weight are all 0")


def process_supervision_loss(
    logits: Tensor,
    labels: Tensor,
    tokenizer: Tokenizer,
    schema: Schema,
    settings: ProcessSettings,
    mask: Tensor | None = None,
) -> dict[str, Tensor]:
    """Weigh the structure, the tool names and the argument values of the labels' calls.

    Logits [batch, sequence, vocabulary] floating, labels [batch, sequence] int64 with -100 ignored,
    mask [batch, sequence] bool. Returns the terms "json_validity", "tool_name" and "argument",
    unweighted, and their weighted sum as "total"; without an argument value to learn from that
    term is 0. Raises ValueError for labels without a call, and for a call unfit for `schema`.
    """
    require_schema(schema)
    found = _find(logits, labels, tokenizer, mask)
    _require_fitting_calls(found, schema)
    parts = {
        "json_validity": (settings.json_validity_weight, found.structure),
        "tool_name": (settings.tool_name_weight, found.tool_name),
        "argument": (settings.argument_weight, found.arguments),
    }
    terms, weighed = {}, []
    for name, (weight, positions) in parts.items():
        if weight > 0:
            terms[name] = _mean_or_zero(logits, labels, positions)
            weighed.append(weight * terms[name])
    return terms | {"total": torch.stack(weighed).sum()}


def json_validity_loss(
    logits: Tensor, labels: Tensor, tokenizer: Tokenizer, mask: Tensor | None = None
) -> Tensor:
    """Compute the mean of −log p(label) where the label holds JSON structure.

    Brackets, colons, commas and the strings' quotes, of every whole JSON object in the labels;
    arguments as in `process_supervision_loss`. Raises ValueError for labels without an object.
    """
    found = _find(logits, labels, tokenizer, mask)
    return _mean("a whole JSON object", logits, labels, found.structure)


def tool_name_loss(
    logits: Tensor, labels: Tensor, tokenizer: Tokenizer, mask: Tensor | None = None
) -> Tensor:
    """Compute the mean of −log p(label) where the label holds a called tool's name.

    The quotes count: the closing one tells a name from the longer names that it begins. Arguments
    as in `process_supervision_loss`. Raises ValueError for labels without a call.
    """
    found = _find(logits, labels, tokenizer, mask)
    return _mean("a whole tool call", logits, labels, found.tool_name)


def argument_loss(
    logits: Tensor, labels: Tensor, tokenizer: Tokenizer, mask: Tensor | None = None
) -> Tensor:
    """Compute the mean of −log p(label) where the label holds the value of a call's argument.

    Arguments as in `process_supervision_loss`. Raises ValueError for labels without a value.
    """
    found = _find(logits, labels, tokenizer, mask)
    return _mean("a whole tool call with an argument", logits, labels, found.arguments)


def _find(
    logits: Tensor, labels: Tensor, tokenizer: Tokenizer, mask: Tensor | None
) -> CallPositions:
    require_floating("logits", logits)
    require_axes("logits", logits, "batch", "sequence", "vocabulary")
    require_dtype("labels", labels, torch.int64)
    require_shape("labels", labels, logits.shape[:2], "logits")
    counted = resolve_mask("mask", mask, labels.shape, "logits") & (labels != IGNORED)
    require_within("labels", labels[counted], 0, logits.shape[2] - 1)
    return find_call_positions(labels, counted, tokenizer)


def _require_fitting_calls(found: CallPositions, schema: Schema) -> None:
    if not found.calls:
        raise _nothing_to_learn("a whole tool call")
    for row, call in found.calls:
        if call.tool not in schema:
            raise ValueError(f"labels[{row}] call the tool {call.tool!r}, which schema lacks")
        problems = argument_problems(call, schema)
        if problems:
            raise ValueError(f"labels[{row}] call {call.tool!r} against schema: {problems[0]}")


def _mean_or_zero(logits: Tensor, labels: Tensor, positions: Tensor) -> Tensor:
    if not bool(positions.any()):
        # Of no logits at all, so that it has a gradient, which is 0.
        return raised(logits[positions]).sum()
    return masked_cross_entropy(logits, labels, positions)


def _mean(part: str, logits: Tensor, labels: Tensor, positions: Tensor) -> Tensor:
    if not bool(positions.any()):
        raise _nothing_to_learn(part)
    return masked_cross_entropy(logits, labels, positions)


def _nothing_to_learn(part: str) -> ValueError:
    return ValueError(f"labels must hold {part} where neither masked nor {IGNORED}")
