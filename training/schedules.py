"""Schedules of distillation: how temperature and weights move with the epoch and the teacher."""

from __future__ import annotations

import math

import torch.nn.functional as F  # noqa: N812 - the name that PyTorch's own documentation gives it
from torch import Tensor

from training.checks import (
    require_between,
    require_positive,
    require_whole,
    resolve_mask,
)
from training.masking import require_logits, rows_that_count


def curriculum_temperature(
    epoch: int, total_epochs: int, start: float = 2.0, end: float = 1.0
) -> float:
    """Move linearly from `start` at epoch 0 to `end` at epoch `total_epochs`; both above 0.

    Cooling to 1 in equal steps: Jafari et al. 2021, arXiv:2104.07163.
    """
    require_whole("total_epochs", total_epochs, 1)
    require_whole("epoch", epoch, 0, total_epochs)
    require_positive("start", start)
    require_positive("end", end)
    progress = epoch / total_epochs
    return (1 - progress) * start + progress * end


def entropy_weighting(
    teacher_logits: Tensor,
    base_kl_weight: float = 0.4,
    min_temperature: float = 1.5,
    max_temperature: float = 3.0,
    mask: Tensor | None = None,
) -> tuple[float, dict[str, float]]:
    """Lean on the teacher where it is unsure, for there its soft targets say more than the label.

    With u the mean entropy over the positions that count, as a share of log(vocabulary) (Shannon
    1948), temperature = min + u · (max − min) and "kl_weight" = base + u · (1 − base);
    "ce_ground_truth_weight" is the rest to 1. Own rule. Logits [..., vocabulary ≥ 2] floating,
    mask [...] bool, base from 0 to 1, temperatures above 0.
    """
    require_between("base_kl_weight", base_kl_weight, 0, 1)
    require_positive("min_temperature", min_temperature)
    require_between("max_temperature", max_temperature, min_temperature)
    unsure = _entropy_share(teacher_logits, mask)
    temperature = min_temperature + unsure * (max_temperature - min_temperature)
    kl_weight = base_kl_weight + unsure * (1 - base_kl_weight)
    return temperature, {"kl_weight": kl_weight, "ce_ground_truth_weight": 1 - kl_weight}


def _entropy_share(teacher_logits: Tensor, mask: Tensor | None) -> float:
    require_logits("teacher_logits", teacher_logits)
    vocabulary = teacher_logits.shape[-1]
    require_whole("teacher_logits vocabulary", vocabulary, 2)
    mask = resolve_mask("mask", mask, teacher_logits.shape[:-1], "teacher_logits")
    log_p = F.log_softmax(rows_that_count("teacher_logits", teacher_logits, mask), dim=1)
    entropy = -(log_p.exp() * log_p).sum(dim=1).mean().item()
    # Rounding can pass 1 by a few ulp, and would make a weight negative.
    return min(entropy / math.log(vocabulary), 1.0)
