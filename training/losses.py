"""Distillation losses: pure functions of tensors. Every loss and schedule is importable from here.

A mask is bool, True where a position counts. What it leaves out never reaches a loss or a
gradient, not even when it is NaN. Half precision is raised to float32; teachers get no gradient.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812 - the name that PyTorch's own documentation gives it
from torch import Tensor

from training.behaviour_losses import (
    EarlyToolCallSettings,
    early_tool_call_loss,
    length_aware_kd_loss,
)
from training.checks import (
    require_axes,
    require_between,
    require_choice,
    require_finite,
    require_floating,
    require_positive,
    require_shape,
    require_within,
    resolve_mask,
)
from training.hidden_layers import create_projection_layers, intermediate_layer_loss
from training.masking import (
    IGNORED,
    masked_cross_entropy,
    raised,
    require_logits,
    rows_that_count,
)
from training.schedules import curriculum_temperature, entropy_weighting

__all__ = [
    "IGNORED",
    "EarlyToolCallSettings",
    "KDSettings",
    "combined_kd_loss",
    "create_projection_layers",
    "cross_entropy_on_teacher",
    "curriculum_temperature",
    "early_tool_call_loss",
    "entropy_weighting",
    "halt_head_loss",
    "intermediate_layer_loss",
    "kl_divergence",
    "length_aware_kd_loss",
    "self_evaluation_loss",
]

REDUCTIONS = ("mean", "sum", "none")


@dataclass(frozen=True, slots=True)
class KDSettings:
    """Temperature and weights of `combined_kd_loss`; a term of weight 0 is not computed."""

    temperature: float = 2.0
    kl_weight: float = 0.4
    ce_teacher_weight: float = 0.2
    ce_ground_truth_weight: float = 0.4

    def __post_init__(self) -> None:
        require_positive("temperature", self.temperature)
        require_between("kl_weight", self.kl_weight, 0)
        require_between("ce_teacher_weight", self.ce_teacher_weight, 0)
        require_between("ce_ground_truth_weight", self.ce_ground_truth_weight, 0)
        if max(self.kl_weight, self.ce_teacher_weight, self.ce_ground_truth_weight) == 0:
            raise ValueError("kl_weight, ce_teacher_weight, ce_ground_truth_weight are all 0")


def combined_kd_loss(
    student_logits: Tensor,
    teacher_logits: Tensor,
    ground_truth_targets: Tensor,
    settings: KDSettings,
    mask: Tensor | None = None,
    extra_terms: Mapping[str, tuple[float, Tensor]] | None = None,
) -> dict[str, Tensor]:
    """Weigh KL, the teacher's likeliest token and the ground truth into one objective.

    Logits [..., vocabulary] floating, targets [...] int64 with -100 ignored, mask [...] bool;
    `extra_terms` maps a name to (weight ≥ 0, scalar loss). Returns every term, unweighted, and
    their weighted sum as "total". Soft and hard targets: Hinton et al. 2015, arXiv:1503.02531.
    """
    student, teacher = student_logits, teacher_logits
    terms: dict[str, tuple[float, Tensor]] = {}
    if settings.kl_weight > 0:
        divergence = kl_divergence(student, teacher, settings.temperature, mask)
        terms["kl"] = (settings.kl_weight, divergence)
    if settings.ce_teacher_weight > 0:
        entropy = _cross_entropy_on_likeliest(student, teacher, mask)
        terms["ce_teacher"] = (settings.ce_teacher_weight, entropy)
    if settings.ce_ground_truth_weight > 0:
        names = ("student_logits", "ground_truth_targets")
        entropy = masked_cross_entropy(student, ground_truth_targets, mask, names=names)
        terms["ce_ground_truth"] = (settings.ce_ground_truth_weight, entropy)
    for name, (weight, term) in (extra_terms or {}).items():
        _require_extra_term(name, weight, term, terms)
        terms[name] = (weight, term)
    total = torch.stack([weight * term for weight, term in terms.values()]).sum()
    return {name: term for name, (_, term) in terms.items()} | {"total": total}


def _cross_entropy_on_likeliest(student: Tensor, teacher: Tensor, mask: Tensor | None) -> Tensor:
    require_logits("student_logits", student)
    require_logits("teacher_logits", teacher)
    require_shape("teacher_logits", teacher, student.shape, "student_logits")
    counted = resolve_mask("mask", mask, student.shape[:-1], "student_logits")
    rows_that_count("teacher_logits", teacher, counted)
    return cross_entropy_on_teacher(student, teacher.argmax(dim=-1), mask=mask)


def _require_extra_term(
    name: str, weight: float, term: Tensor, taken: Mapping[str, object]
) -> None:
    if name in taken or name == "total":
        raise ValueError(f"extra_terms must not use the name {name!r} of another term")
    require_between(f"extra_terms[{name!r}] weight", weight, 0)
    if term.dim() != 0:
        shape = list(term.shape)
        raise ValueError(f"extra_terms[{name!r}] must be a scalar, got the shape {shape}")
    require_finite(f"extra_terms[{name!r}]", term)


def kl_divergence(
    student_logits: Tensor,
    teacher_logits: Tensor,
    temperature: float = 1.0,
    mask: Tensor | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Compute T² · KL(teacher ‖ student) of the distributions softened by T, in nats.

    Logits [..., vocabulary] floating and finite, mask [...] bool. `reduction`: "mean" over the
    positions that count, "sum", or "none" for [...] with 0 where masked. Hinton et al. 2015,
    arXiv:1503.02531.
    """
    require_logits("student_logits", student_logits)
    require_logits("teacher_logits", teacher_logits)
    require_shape("teacher_logits", teacher_logits, student_logits.shape, "student_logits")
    require_positive("temperature", temperature)
    require_choice("reduction", reduction, REDUCTIONS)
    mask = resolve_mask("mask", mask, student_logits.shape[:-1], "student_logits")
    student_rows = rows_that_count("student_logits", student_logits, mask) / temperature
    teacher_rows = rows_that_count("teacher_logits", teacher_logits.detach(), mask) / temperature
    student, teacher = F.log_softmax(student_rows, dim=1), F.log_softmax(teacher_rows, dim=1)
    divergence = temperature**2 * (teacher.exp() * (teacher - student)).sum(dim=1)
    if reduction == "none":
        return divergence.new_zeros(mask.shape).masked_scatter(mask, divergence)
    return divergence.mean() if reduction == "mean" else divergence.sum()


def cross_entropy_on_teacher(
    student_logits: Tensor,
    teacher_targets: Tensor,
    ignore_index: int = IGNORED,
    mask: Tensor | None = None,
) -> Tensor:
    """Compute the mean of −log p(teacher's token) over the positions that count, in nats.

    Logits [..., vocabulary] floating, targets [...] int64, mask [...] bool; a target equal to
    `ignore_index` does not count. Sequence-level distillation: Kim & Rush 2016, arXiv:1606.07947.
    """
    names = ("student_logits", "teacher_targets")
    return masked_cross_entropy(student_logits, teacher_targets, mask, ignore_index, names)


def halt_head_loss(halt_logits: Tensor, halt_targets: Tensor, mask: Tensor | None = None) -> Tensor:
    """Compute the mean cross-entropy of the decision to go on (0) or to halt (1), in nats.

    Logits [..., 2] floating, targets [...] int64 of 0, 1 or -100 (ignored), mask [...] bool.
    Supervised form of the halting unit of Graves 2016, arXiv:1603.08983.
    """
    require_logits("halt_logits", halt_logits)
    if halt_logits.shape[-1] != 2:
        shape = list(halt_logits.shape)
        raise ValueError(f"halt_logits must hold 2 logits a position, got the shape {shape}")
    names = ("halt_logits", "halt_targets")
    return masked_cross_entropy(halt_logits, halt_targets, mask, names=names)


def self_evaluation_loss(student_eval_score: Tensor, teacher_quality_score: Tensor) -> Tensor:
    """Compute the mean squared gap between the student's score of itself and the teacher's.

    Both [...] floating, of one shape, from 0 to 1. Brier 1950, Monthly Weather Review 78(1).
    """
    student, teacher = student_eval_score, teacher_quality_score
    require_axes("student_eval_score", student, "...")
    require_shape("teacher_quality_score", teacher, student.shape, "student_eval_score")
    require_floating("student_eval_score", student)
    require_floating("teacher_quality_score", teacher)
    require_within("student_eval_score", student, 0, 1)
    require_within("teacher_quality_score", teacher, 0, 1)
    return (raised(student) - raised(teacher.detach())).square().mean()
