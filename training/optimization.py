"""One step of distillation: loss, accumulated gradient, clipping, schedule, AdamW."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.optim import AdamW, Optimizer

from training.batches import Batch, Collate, Examples, counted_tokens
from training.config import Config, OptimizerSettings
from training.losses import combined_kd_loss
from training.masking import masked_cross_entropy


def create_optimizer(model: nn.Module, settings: OptimizerSettings) -> AdamW:
    """Make AdamW for all parameters; only matrices decay, not norms and biases.

    Loshchilov & Hutter 2019, arXiv:1711.05101.
    """
    parameters = list(model.parameters())
    groups = [
        {
            "params": [parameter for parameter in parameters if parameter.dim() >= 2],
            "weight_decay": settings.weight_decay,
        },
        {
            "params": [parameter for parameter in parameters if parameter.dim() < 2],
            "weight_decay": 0.0,
        },
    ]
    betas = (settings.beta1, settings.beta2)
    return AdamW(groups, lr=settings.learning_rate, betas=betas, eps=settings.epsilon)


def learning_rate(step: int, settings: OptimizerSettings, steps: int) -> float:
    """Rise linearly to step `warmup_steps`, then fall by half a cosine to the share at `steps`.

    Steps count from 1. Loshchilov & Hutter 2017, arXiv:1608.03983.
    """
    warmup, peak, share = settings.warmup_steps, settings.learning_rate, settings.final_share
    if step <= warmup:
        return peak * step / warmup
    progress = (step - warmup) / (steps - warmup)
    return peak * (share + (1 - share) * (1 + math.cos(math.pi * progress)) / 2)


def compute_loss(
    student: nn.Module, teacher: nn.Module | None, batch: Batch, config: Config
) -> dict[str, Tensor]:
    """Return every term, unweighted, and their weighted sum "total": means over counted tokens.

    Without a teacher that is plain cross-entropy. Raises ValueError when no token counts, and for
    logits that are not finite.
    """
    counted = counted_tokens(batch)
    logits = _logits(student, batch, config)
    if teacher is None:
        names = ("student_logits", "labels")
        entropy = masked_cross_entropy(logits, batch["labels"], counted, names=names)
        return {"ce_ground_truth": entropy, "total": entropy}
    with torch.no_grad():
        teacher_logits = _logits(teacher, batch, config)
    return combined_kd_loss(logits, teacher_logits, batch["labels"], config.kd, counted)


def train_step(
    student: nn.Module,
    teacher: nn.Module | None,
    batches: Sequence[Batch],
    optimizer: Optimizer,
    config: Config,
    step: int,
) -> dict[str, float]:
    """Learn once from all `batches`: the mean over all their counted tokens, as if one batch.

    Returns the terms of the loss, "loss", "gradient_norm" before clipping, "learning_rate" and
    "tokens". Raises ValueError when no token counts, and FloatingPointError when loss, gradient or
    a new weight is not finite; before the last of these, the weights are as they were.
    """
    metrics = _accumulate(student, teacher, batches, optimizer, config)
    _require_finite_number("the loss", metrics["loss"])
    norm = nn.utils.clip_grad_norm_(student.parameters(), config.optimizer.max_gradient_norm)
    _require_finite_number("the norm of the gradient", norm.item())
    rate = learning_rate(step, config.optimizer, config.training.steps)
    for group in optimizer.param_groups:
        group["lr"] = rate
    optimizer.step()
    for name, weight in student.named_parameters():
        if not bool(weight.isfinite().all()):
            raise FloatingPointError(f"{name} is not finite after the update")
    return metrics | {"gradient_norm": norm.item(), "learning_rate": rate}


@torch.no_grad()
def evaluate(student: nn.Module, held_out: Examples, collate: Collate, config: Config) -> float:
    """Compute the mean cross-entropy over all counted tokens, in nats, in evaluation mode."""
    student.eval()
    size, entropy, tokens = config.training.batch_size, 0.0, 0
    for first in range(0, len(held_out), size):
        last = min(first + size, len(held_out))
        batch = collate([held_out[index] for index in range(first, last)])
        count = int(counted_tokens(batch).sum())
        if count:
            entropy += compute_loss(student, None, batch, config)["total"].item() * count
            tokens += count
    student.train()
    if not tokens:
        raise ValueError("held_out must hold a token that counts")
    return entropy / tokens


def _logits(model: nn.Module, batch: Batch, config: Config) -> Tensor:
    half = config.training.precision == "bfloat16"
    with torch.autocast("cpu", torch.bfloat16, enabled=half):
        logits: Tensor = model(batch["input_ids"], batch["attention_mask"]).logits
    return logits


def _accumulate(
    student: nn.Module,
    teacher: nn.Module | None,
    batches: Sequence[Batch],
    optimizer: Optimizer,
    config: Config,
) -> dict[str, float]:
    counted = [(batch, int(counted_tokens(batch).sum())) for batch in batches]
    tokens = sum(count for _, count in counted)
    if not tokens:
        raise ValueError("batches must hold a token that counts: none is labelled and unmasked")
    optimizer.zero_grad()
    metrics: dict[str, float] = defaultdict(float)
    for batch, count in counted:
        if count:
            terms = compute_loss(student, teacher, batch, config)
            (terms["total"] * (count / tokens)).backward()
            for name, term in terms.items():
                metrics[name] += term.item() * (count / tokens)
    return {"loss": metrics.pop("total"), "tokens": tokens, **metrics}


def _require_finite_number(name: str, value: float) -> None:
    if not math.isfinite(value):
        raise FloatingPointError(f"{name} is {value}")
