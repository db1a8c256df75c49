"""The rows of a toy run: who sees which labels, and the rows that the teacher completes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from tokenizers import Tokenizer

from training.checks import require_whole
from training.dataset import Row
from training.generation import GenerationSettings, generate_text
from training.gqa_transformer import StudentLM
from training.process_losses import argument_score
from training.toy_data import TOOLS, make_rows

GREEDY = GenerationSettings(temperature=0.0)


@dataclass(frozen=True, slots=True)
class RowCounts:
    """How many rows of each kind there are; no prompt is of two kinds, but for `labelled`.

    `teacher`: what the teacher learns from; the first `labelled` of them are for the students.
    `unlabelled`: prompts that neither teacher nor student knows the completion of. `validation`:
    to choose checkpoints by. `held_out`: for the scores.
    """

    teacher: int = 800
    labelled: int = 60
    unlabelled: int = 480
    validation: int = 80
    held_out: int = 160

    def __post_init__(self) -> None:
        require_whole("teacher", self.teacher, 1)
        require_whole("labelled", self.labelled, 1, self.teacher)
        require_whole("unlabelled", self.unlabelled, 1)
        require_whole("validation", self.validation, 1)
        require_whole("held_out", self.held_out, 1)


class ToyRows(NamedTuple):
    """The rows of a run, see RowCounts; of the unlabelled ones only the prompts."""

    teacher: list[Row]
    labelled: list[Row]
    unlabelled: list[str]
    validation: list[Row]
    held_out: list[Row]


def make_toy_rows(counts: RowCounts, seed: int) -> ToyRows:
    """Draw all rows of a run; ValueError when the made task has too few."""
    seen = make_rows(counts.teacher + counts.unlabelled, seed)
    unseen = make_rows(counts.validation + counts.held_out, seed, "held-out")
    return ToyRows(
        teacher=seen[: counts.teacher],
        labelled=seen[: counts.labelled],
        unlabelled=[row.prompt for row in seen[counts.teacher :]],
        validation=unseen[: counts.validation],
        held_out=unseen[counts.validation :],
    )


def complete_rows(teacher: StudentLM, tokenizer: Tokenizer, prompts: Sequence[str]) -> list[Row]:
    """Let the teacher write the completions, greedily; keep what `usable_rows` keeps."""
    return usable_rows(prompts, generate_text(teacher, tokenizer, prompts, GREEDY))


def usable_rows(prompts: Sequence[str], completions: Sequence[str]) -> list[Row]:
    """Make rows of the completions that hold one tool call which fits its tool, right or not.

    That can be told without knowing the answer; what else the teacher got wrong, stays wrong.
    """
    return [
        Row(prompt, completion)
        for prompt, completion in zip(prompts, completions, strict=True)
        if argument_score(completion, TOOLS).value == 1
    ]
