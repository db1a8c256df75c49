"""Fine-tuning on process supervision: a student learns to write tool calls that are valid and fit.

What it writes is generated and scored as text. Everything of generation is importable from here.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import fmean
from typing import NamedTuple

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.optim import Optimizer

from training.batches import Batch, counted_tokens, example_order
from training.checks import require_between, require_positive, require_whole
from training.config import OptimizerSettings
from training.dataset import KDDataset, Row, collate_kd_batch
from training.generation import GenerationSettings, generate, generate_text
from training.gqa_transformer import StudentLM
from training.losses import kl_divergence
from training.masking import masked_cross_entropy
from training.optimization import create_optimizer, learning_rate
from training.process_losses import (
    ProcessSettings,
    Schema,
    argument_score,
    find_tool_calls,
    json_validity_score,
    process_supervision_loss,
    tool_selection_score,
)

__all__ = [
    "GenerationSettings",
    "ProcessDistillSettings",
    "ProcessScores",
    "ProcessTask",
    "distill_process",
    "evaluate_process",
    "generate",
    "generate_text",
    "process_distill_loss",
]

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ProcessDistillSettings:
    """How to learn, in steps counted from 1, and how often to generate for held-out prompts.

    Weights are relative to the process loss. Keys and `<eos>` are no part of that one: without a
    teacher, only `ce_weight` keeps the student from forgetting them.
    """

    steps: int = 100
    batch_size: int = 8
    seed: int = 0
    kl_weight: float = 0.5
    temperature: float = 2.0
    ce_weight: float = 0.0
    evaluate_every: int = 50
    optimizer: OptimizerSettings = field(default_factory=OptimizerSettings)
    process: ProcessSettings = field(default_factory=ProcessSettings)
    generation: GenerationSettings = field(
        default_factory=lambda: GenerationSettings(temperature=0.0)
    )

    def __post_init__(self) -> None:
        require_whole("steps", self.steps, 1)
        require_whole("batch_size", self.batch_size, 1)
        require_whole("seed", self.seed, 0, 2**64 - 1)
        require_between("kl_weight", self.kl_weight, 0)
        require_positive("temperature", self.temperature)
        require_between("ce_weight", self.ce_weight, 0)
        require_whole("evaluate_every", self.evaluate_every, 1)
        require_whole("optimizer.warmup_steps", self.optimizer.warmup_steps, 0, self.steps)


@dataclass(frozen=True, slots=True)
class ProcessTask:
    """What a student learns from: each completion holds one tool call, which fits `schema`.

    Held-out rows are only generated for. The teacher, if any, is put in evaluation mode.
    """

    examples: KDDataset
    tokenizer: Tokenizer
    schema: Schema
    held_out: Sequence[Row] = ()
    teacher: StudentLM | None = None

    def __post_init__(self) -> None:
        _expected_tools("examples", self.examples.rows, self.schema)
        _expected_tools("held_out", self.held_out, self.schema)


class ProcessScores(NamedTuple):
    """Means over completions, each from 0 to 1."""

    json_validity_score: float
    tool_selection_score: float
    argument_score: float


def distill_process(
    student: StudentLM, task: ProcessTask, settings: ProcessDistillSettings
) -> list[dict[str, float]]:
    """Fine-tune the student, in place, and leave it in evaluation mode.

    Returns each step's metrics: the terms of `process_distill_loss` on its batch and "loss", their
    weighted sum, both before the update; "gradient_norm" before clipping; "learning_rate"; and
    every `evaluate_every` steps and after the last the scores of held-out rows, as "held_out_…".

    Raises FloatingPointError for a loss, gradient or new weight that is not finite, and ValueError
    for logits that are not: both name the step, and before all but the new weight, the weights are
    as the step before left them.
    """
    if task.teacher is not None:
        task.teacher.eval()
    optimizer = create_optimizer(student, settings.optimizer)
    student.train()
    history = []
    for step in range(1, settings.steps + 1):
        with _errors_at(step):
            metrics = _learn(student, task, settings, optimizer, step)
            if task.held_out and (step % settings.evaluate_every == 0 or step == settings.steps):
                scores = evaluate_process(student, task.held_out, task, settings)
                metrics |= {f"held_out_{name}": score for name, score in scores._asdict().items()}
        history.append(metrics)
        shown = ", ".join(f"{name} {value:.4g}" for name, value in metrics.items())
        logger.info("step %d of %d: %s", step, settings.steps, shown)
    student.eval()
    return history


def process_distill_loss(
    student: StudentLM, batch: Batch, task: ProcessTask, settings: ProcessDistillSettings
) -> dict[str, Tensor]:
    """Return every term, unweighted, and their weighted sum "total"; the process loss weighs 1.

    The batch as in training.batches. Its own terms are "json_validity", "tool_name", "argument";
    then "kl", T² · KL(teacher ‖ student), and "ce", −log p(label), both in nats over the labelled
    positions. A term of weight 0 is not computed, nor "kl" without a teacher.
    """
    inputs, labels = (batch["input_ids"], batch["attention_mask"]), batch["labels"]
    counted = counted_tokens(batch)
    logits = student(*inputs).logits
    terms = process_supervision_loss(
        logits, labels, task.tokenizer, task.schema, settings.process, counted
    )
    total = terms.pop("total")
    if task.teacher is not None and settings.kl_weight > 0:
        with torch.no_grad():
            teacher_logits = task.teacher(*inputs).logits
        terms["kl"] = kl_divergence(logits, teacher_logits, settings.temperature, counted)
        total = total + settings.kl_weight * terms["kl"]
    if settings.ce_weight > 0:
        terms["ce"] = masked_cross_entropy(logits, labels, counted)
        total = total + settings.ce_weight * terms["ce"]
    return terms | {"total": total}


def evaluate_process(
    student: StudentLM, rows: Sequence[Row], task: ProcessTask, settings: ProcessDistillSettings
) -> ProcessScores:
    """Generate a completion for the prompt of each row, and return the texts' mean scores.

    The tool that is right is the one that the row's completion calls. Settings that sample draw
    the same in each evaluation, from `seed`. Raises ValueError for no row, and for one whose
    completion is not one tool call that fits the task's schema.
    """
    tools = _expected_tools("rows", rows, task.schema)
    if not rows:
        raise ValueError("rows must hold at least one row, got none")
    generator = torch.Generator().manual_seed(settings.seed)
    texts: list[str] = []
    for start in range(0, len(rows), settings.batch_size):
        prompts = [row.prompt for row in rows[start : start + settings.batch_size]]
        texts += generate_text(student, task.tokenizer, prompts, settings.generation, generator)
    return ProcessScores(
        fmean(json_validity_score(text).value for text in texts),
        fmean(score.value for score in map(tool_selection_score, texts, tools)),
        fmean(argument_score(text, task.schema).value for text in texts),
    )


def _expected_tools(name: str, rows: Sequence[Row], schema: Schema) -> list[str]:
    """Return the tool that each row's completion calls."""
    for index, row in enumerate(rows):
        score = argument_score(row.completion, schema)
        if score.value < 1:
            raise ValueError(
                f"{name}[{index}].completion must hold one tool call that fits schema, "
                f"got {row.completion!r}: {score.reason}"
            )
    return [find_tool_calls(row.completion)[0].tool for row in rows]


@contextmanager
def _errors_at(step: int) -> Iterator[None]:
    try:
        yield
    except FloatingPointError as error:
        raise FloatingPointError(f"step {step}: {error}") from error
    except ValueError as error:
        raise ValueError(f"step {step}: {error}") from error


def _learn(
    student: StudentLM,
    task: ProcessTask,
    settings: ProcessDistillSettings,
    optimizer: Optimizer,
    step: int,
) -> dict[str, float]:
    terms = process_distill_loss(student, _draw_batch(task, settings, step), task, settings)
    total = terms.pop("total")
    _require_finite_number("the loss", total.item())
    optimizer.zero_grad()
    total.backward()
    norm = nn.utils.clip_grad_norm_(student.parameters(), settings.optimizer.max_gradient_norm)
    _require_finite_number("the norm of the gradient", norm.item())
    rate = learning_rate(step, settings.optimizer, settings.steps)
    for group in optimizer.param_groups:
        group["lr"] = rate
    optimizer.step()
    for name, weight in student.named_parameters():
        if not bool(weight.isfinite().all()):
            raise FloatingPointError(f"{name} is not finite after the update")
    return {
        "loss": total.item(),
        **{name: term.item() for name, term in terms.items()},
        "gradient_norm": norm.item(),
        "learning_rate": rate,
    }


def _draw_batch(
    task: ProcessTask, settings: ProcessDistillSettings, step: int
) -> dict[str, Tensor]:
    size = settings.batch_size
    indices = example_order(len(task.examples), settings.seed, (step - 1) * size, size)
    return collate_kd_batch([task.examples[index] for index in indices])


def _require_finite_number(name: str, value: float) -> None:
    if not math.isfinite(value):
        raise FloatingPointError(f"{name} is {value}")
