"""Distillation of tool choice: the student learns to choose among tools as the teacher chooses.

Everything of constrained decoding is importable from here.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from tokenizers import Tokenizer
from torch import Tensor

from training.checks import (
    require_axes,
    require_choice,
    require_finite,
    require_floating,
    require_positive,
    require_shape,
    require_whole,
    require_within,
)
from training.constrained import (
    NAME_END,
    ToolChoice,
    ToolTrie,
    decode_greedily,
    select_tool,
    select_tools,
    tool_log_probabilities,
)
from training.gqa_transformer import StudentLM
from training.masking import raised

__all__ = [
    "NAME_END",
    "ToolChoice",
    "ToolRow",
    "ToolSelectMetrics",
    "ToolSelectSettings",
    "ToolTrie",
    "decode_greedily",
    "distill_tool_selection",
    "evaluate_tool_selection",
    "select_tool",
    "select_tools",
    "tool_log_probabilities",
    "tool_select_loss",
]

# How far a row of float32 probabilities may be from 1 when it is added up.
# A power of two, so that a sum can lie just on it.
SUM_TOLERANCE = 2.0**-13

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ToolRow:
    """A prompt, up to the quote that opens the tool's name, and the tool that is right there."""

    prompt_ids: Sequence[int]
    tool: str


@dataclass(frozen=True, slots=True)
class ToolSelectSettings:
    """How long and how fast to learn; the rows are shuffled by `seed`, anew in each epoch."""

    steps: int = 100
    batch_size: int = 8
    learning_rate: float = 1e-3
    temperature: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        require_whole("steps", self.steps, 1)
        require_whole("batch_size", self.batch_size, 1)
        require_positive("learning_rate", self.learning_rate)
        require_positive("temperature", self.temperature)
        require_whole("seed", self.seed, 0)


class ToolSelectMetrics(NamedTuple):
    """KL(teacher ‖ student) in nats, and the share of rows where the student's choice is right."""

    kl: float
    accuracy: float


def distill_tool_selection(
    student: StudentLM,
    teacher: StudentLM,
    tokenizer: Tokenizer,
    tools: Sequence[str],
    rows: Sequence[ToolRow],
    settings: ToolSelectSettings,
) -> list[ToolSelectMetrics]:
    """Train the student, in place, to choose among `tools` as the teacher chooses.

    Returns each step's metrics on its batch before its update, with T² · KL of the softened
    distributions. Adam: Kingma & Ba 2015, arXiv:1412.6980.
    Raises ValueError for no row, and for a row whose tool is not among the tools.
    """
    trie = ToolTrie(tokenizer, tools)
    answers = _answers(trie, rows)
    wanted = _all_log_probabilities(teacher, trie, rows, settings.batch_size).exp()
    optimizer = torch.optim.Adam(student.parameters(), lr=settings.learning_rate)
    batches, metrics = _batches(len(rows), settings), []
    for step in range(settings.steps):
        batch = next(batches)
        prompts = [rows[index].prompt_ids for index in batch.tolist()]
        chosen = tool_log_probabilities(student, trie, prompts)
        loss = tool_select_loss(chosen, wanted[batch], settings.temperature)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        metrics.append(ToolSelectMetrics(loss.item(), _accuracy(chosen, answers[batch])))
        logger.info("step %d: KL %.4f, accuracy %.3f", step, *metrics[-1])
    return metrics


def evaluate_tool_selection(
    student: StudentLM,
    teacher: StudentLM,
    trie: ToolTrie,
    rows: Sequence[ToolRow],
    batch_size: int = 32,
) -> ToolSelectMetrics:
    """Compare student and teacher on all rows, at temperature 1."""
    require_whole("batch_size", batch_size, 1)
    answers = _answers(trie, rows)
    chosen = _all_log_probabilities(student, trie, rows, batch_size)
    wanted = _all_log_probabilities(teacher, trie, rows, batch_size).exp()
    return ToolSelectMetrics(tool_select_loss(chosen, wanted).item(), _accuracy(chosen, answers))


def tool_select_loss(
    student_logits: Tensor, teacher_distribution: Tensor, temperature: float = 1.0
) -> Tensor:
    """Compute the mean of T² · KL(teacher ‖ student) over the tools, both softened by T, in nats.

    Both [batch, tools] floating; the logits may be log-probabilities; the teacher's rows add up to
    1, and T makes of p what it makes of its logits: p^(1/T), normalised. Hinton et al. 2015,
    arXiv:1503.02531.
    """
    require_floating("student_logits", student_logits)
    require_axes("student_logits", student_logits, "batch", "tools")
    require_finite("student_logits", student_logits)
    require_positive("temperature", temperature)
    _require_distribution(teacher_distribution, student_logits)
    student = (raised(student_logits) / temperature).log_softmax(dim=1)
    teacher = (raised(teacher_distribution.detach()).log() / temperature).softmax(dim=1)
    # A tool that the teacher rules out adds 0, where p · log p would be NaN.
    divergence = (torch.xlogy(teacher, teacher) - teacher * student).sum(dim=1)
    return temperature**2 * divergence.mean()


def _require_distribution(teacher_distribution: Tensor, student_logits: Tensor) -> None:
    name = "teacher_distribution"
    require_floating(name, teacher_distribution)
    require_shape(name, teacher_distribution, student_logits.shape, "student_logits")
    require_within(name, teacher_distribution, 0, 1)
    sums = raised(teacher_distribution).sum(dim=1)
    far = sums[(sums - 1).abs() > SUM_TOLERANCE]
    if far.numel():
        raise ValueError(f"{name} must add up to 1 in each row, got {far[0].item()}")


def _answers(trie: ToolTrie, rows: Sequence[ToolRow]) -> Tensor:
    """Return the place of each row's tool, [rows] int64."""
    if not rows:
        raise ValueError("rows must not be empty")
    for index, row in enumerate(rows):
        require_choice(f"rows[{index}].tool", row.tool, trie.tools)
    return torch.tensor([trie.tools.index(row.tool) for row in rows])


@torch.no_grad()
def _all_log_probabilities(
    model: StudentLM, trie: ToolTrie, rows: Sequence[ToolRow], batch_size: int
) -> Tensor:
    prompts = [row.prompt_ids for row in rows]
    batches = [prompts[start : start + batch_size] for start in range(0, len(rows), batch_size)]
    return torch.cat([tool_log_probabilities(model, trie, batch) for batch in batches])


def _batches(rows: int, settings: ToolSelectSettings) -> Iterator[Tensor]:
    generator = torch.Generator().manual_seed(settings.seed)
    while True:
        yield from torch.randperm(rows, generator=generator).split(settings.batch_size)


def _accuracy(log_probabilities: Tensor, answers: Tensor) -> float:
    return (log_probabilities.argmax(dim=1) == answers).double().mean().item()
