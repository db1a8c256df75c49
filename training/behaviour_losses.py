"""Losses on what the student does: how long it writes, how soon it calls a tool. Own formulas."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812 - the name that PyTorch's own documentation gives it
from torch import Tensor

from training.checks import (
    require_axes,
    require_between,
    require_dtype,
    require_finite,
    require_floating,
    require_leading_axes,
    require_shape,
    require_whole,
    require_within,
    resolve_mask,
)
from training.masking import masked_cross_entropy, raised


def length_aware_kd_loss(
    student_attn_mask: Tensor,
    teacher_attn_mask: Tensor,
    required_fields_present: Tensor,
    hinge: float = 0.15,
    slope: float = 1.0,
) -> Tensor:
    """Charge slope · max(0, (Ls − Lt) / Lt − hinge) for answers longer than the teacher's.

    Averaged over the batch; an answer that holds all its required fields costs nothing. The masks
    [batch, student sequence] and [batch, teacher sequence] hold 0 to 1 in any dtype, a length is a
    row's sum: a student mask of probabilities carries gradient. Fields [batch] bool.
    """
    require_between("hinge", hinge, 0)
    require_between("slope", slope, 0)
    lengths = _lengths("student_attn_mask", student_attn_mask)
    teacher_lengths = _lengths("teacher_attn_mask", teacher_attn_mask.detach())
    require_leading_axes("teacher_attn_mask", teacher_attn_mask, lengths.shape, "student_attn_mask")
    if not bool((teacher_lengths > 0).all()):
        raise ValueError("teacher_attn_mask must count at least one position in each row")
    require_dtype("required_fields_present", required_fields_present, torch.bool)
    batch = lengths.shape
    require_shape("required_fields_present", required_fields_present, batch, "student_attn_mask")
    excess = (lengths - teacher_lengths) / teacher_lengths
    charge = slope * F.relu(excess - hinge)
    return charge.masked_fill(required_fields_present, 0.0).mean()


def _lengths(name: str, attn_mask: Tensor) -> Tensor:
    require_axes(name, attn_mask, "batch", "sequence")
    require_within(name, attn_mask, 0, 1)
    return raised(attn_mask).sum(dim=1)


@dataclass(frozen=True, slots=True)
class EarlyToolCallSettings:
    """Token ids that open a tool call, how many first positions are early, the prefix's weight."""

    opening_ids: tuple[int, ...]
    window: int = 8
    prefix_weight: float = 1.0

    def __post_init__(self) -> None:
        if not self.opening_ids:
            raise ValueError("opening_ids must name at least one token")
        for token_id in self.opening_ids:
            require_whole("opening_ids", token_id, 0)
        if len(set(self.opening_ids)) < len(self.opening_ids):
            raise ValueError("opening_ids must not name a token twice")
        require_whole("window", self.window, 1)
        require_between("prefix_weight", self.prefix_weight, 0)


def early_tool_call_loss(
    student_logits: Tensor,
    tool_should_be_used: Tensor,
    settings: EarlyToolCallSettings,
    teacher_prefix_ids: Tensor | None = None,
    mask: Tensor | None = None,
) -> Tensor:
    """Ask for a tool call within the first `window` positions, where a tool should be used.

    The mean over those rows of −log of the mean probability, over the window's positions that
    count, of all opening tokens together, plus `prefix_weight` times the cross-entropy on the
    teacher's first tokens; 0 when no row should use a tool. Logits [batch, sequence, vocabulary]
    floating, tool [batch] bool, prefix [batch, ≤ sequence] int64 with -100 ignored, mask
    [batch, sequence] bool.
    """
    require_floating("student_logits", student_logits)
    require_axes("student_logits", student_logits, "batch", "sequence", "vocabulary")
    require_dtype("tool_should_be_used", tool_should_be_used, torch.bool)
    batch, sequence, vocabulary = student_logits.shape
    require_shape("tool_should_be_used", tool_should_be_used, torch.Size([batch]), "student_logits")
    require_whole("opening_ids", max(settings.opening_ids), 0, vocabulary - 1)
    mask = resolve_mask("mask", mask, torch.Size([batch, sequence]), "student_logits")
    used = tool_should_be_used
    if not bool(used.any()):
        return raised(student_logits[used]).sum()
    loss = _opening_loss(student_logits[used], mask[used], settings)
    if teacher_prefix_ids is None:
        return loss
    return loss + settings.prefix_weight * _prefix_loss(
        student_logits, teacher_prefix_ids, mask & used[:, None]
    )


def _opening_loss(logits: Tensor, mask: Tensor, settings: EarlyToolCallSettings) -> Tensor:
    counted = mask[:, : settings.window]
    if not bool(counted.any(dim=1).all()):
        raise ValueError("mask leaves a row that should use a tool without an early position")
    early = raised(logits[:, : settings.window])
    early = early.masked_fill(~counted[:, :, None], 0.0)
    require_finite("student_logits", early)
    opening = F.log_softmax(early, dim=2)[:, :, list(settings.opening_ids)].logsumexp(dim=2)
    summed = opening.masked_fill(~counted, -math.inf).logsumexp(dim=1)
    positions = counted.sum(dim=1).to(summed.dtype)
    return (positions.log() - summed).mean()


def _prefix_loss(logits: Tensor, prefix_ids: Tensor, mask: Tensor) -> Tensor:
    require_axes("teacher_prefix_ids", prefix_ids, "batch", "prefix")
    early = slice(prefix_ids.shape[1])
    names = ("student_logits", "teacher_prefix_ids")
    return masked_cross_entropy(logits[:, early], prefix_ids, mask[:, early], names=names)
