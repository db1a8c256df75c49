"""Students compared on held-out rows: their scores, one's lead over another, a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

HEADINGS = ("held-out loss", "exact match", "lead in loss", "lead in match")


@dataclass(frozen=True, slots=True)
class Scores:
    """How good a student is, or by how much it is better than another.

    `loss`: mean cross-entropy of the held-out completions, in nats a token. `exact_match`: the
    share of the held-out prompts, 0 to 1, after which it writes the completion to the letter.
    """

    loss: float
    exact_match: float


def exact_match(texts: Sequence[str], wanted: Sequence[str]) -> float:
    """Compute the share of `texts` that are what is wanted, one for one; ValueError for none."""
    if not texts:
        raise ValueError("texts must hold at least one text, got none")
    return sum(text == want for text, want in zip(texts, wanted, strict=True)) / len(texts)


def best_of(scores: Sequence[Scores]) -> Scores:
    """Take the best loss and the best exact match, be it from different ones of `scores`."""
    return Scores(min(score.loss for score in scores), max(score.exact_match for score in scores))


def lead(student: Scores, other: Scores) -> Scores:
    """Compute by how much `student` is better than `other`: below 0 where it is worse."""
    return Scores(other.loss - student.loss, student.exact_match - other.exact_match)


def leads_by(margin: Scores, student: Scores, other: Scores) -> bool:
    """Tell whether `student` is better than `other` by at least `margin`, in both scores."""
    ahead = lead(student, other)
    return ahead.loss >= margin.loss and ahead.exact_match >= margin.exact_match


def table(students: Mapping[str, Scores], other: str) -> list[str]:
    """Lay out the scores of each student, by name, and its lead over the one named `other`."""
    width = max(len(name) for name in ("student", *students))
    lines = ["  ".join(["student".ljust(width), *HEADINGS])]
    for name, scores in students.items():
        ahead = lead(scores, students[other])
        cells = (
            f"{scores.loss:.4f}",
            f"{scores.exact_match:.1%}",
            f"{ahead.loss:+.4f}",
            f"{ahead.exact_match:+.1%}",
        )
        aligned = [cell.rjust(len(heading)) for cell, heading in zip(cells, HEADINGS, strict=True)]
        lines.append("  ".join([name.ljust(width), *aligned]))
    return lines
