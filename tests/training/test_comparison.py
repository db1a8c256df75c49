from __future__ import annotations

import math

import pytest

from training.comparison import Scores, best_of, exact_match, lead, leads_by, table


@pytest.mark.parametrize(
    ("texts", "share"),
    [
        (["a"], 1.0),
        (["b"], 0.0),
        (["a", "b", "c", "d"], 1.0),
        (["a", "c", "b", "d"], 0.5),
        (["A", " b", "c.", "d"], 0.25),
    ],
)
def test_a_text_matches_when_it_is_to_the_letter_what_is_wanted_in_its_place(texts, share):
    assert exact_match(texts, ["a", "b", "c", "d"][: len(texts)]) == share


def test_there_must_be_a_text_to_match(refusal):
    message = "texts must hold at least one text, got none"
    assert refusal(lambda: exact_match([], [])) == message


@pytest.mark.parametrize(("texts", "wanted"), [(["a"], ["a", "b"]), (["a", "b"], ["a"])])
def test_texts_and_what_is_wanted_must_be_as_many(refusal, texts, wanted):
    assert "zip()" in refusal(lambda: exact_match(texts, wanted))


def test_the_best_loss_and_the_best_match_may_be_of_different_scores():
    early, late = Scores(0.5, 0.25), Scores(0.75, 0.5)
    assert best_of([early, late]) == best_of([late, early]) == Scores(0.5, 0.5)
    assert best_of([late]) == late


def test_a_lead_is_a_lower_loss_and_a_higher_match():
    good, poor = Scores(0.25, 0.75), Scores(1.0, 0.25)
    assert lead(good, poor) == Scores(0.75, 0.5)
    assert lead(poor, good) == Scores(-0.75, -0.5)
    assert lead(good, good) == Scores(0, 0)


@pytest.mark.parametrize(
    ("student", "leads"),
    [
        (Scores(0.75, 0.75), True),
        (Scores(0.5, 1.0), True),
        (Scores(0.76, 0.75), False),
        (Scores(0.75, 0.74), False),
        (Scores(0.0, 0.74), False),
        (Scores(0.76, 1.0), False),
        (Scores(math.nan, 1.0), False),
        (Scores(0.0, math.nan), False),
    ],
)
def test_a_margin_is_reached_in_both_scores_or_not_at_all(student, leads):
    assert leads_by(Scores(0.25, 0.5), student, Scores(1.0, 0.25)) is leads


def test_the_table_has_a_line_for_each_student_with_its_lead_over_the_other():
    students = {"distilled": Scores(0.0234, 0.9062), "alone": Scores(0.51, 0.1)}
    assert table(students, "alone") == [
        "student    held-out loss  exact match  lead in loss  lead in match",
        "distilled         0.0234        90.6%       +0.4866         +80.6%",
        "alone             0.5100        10.0%       +0.0000          +0.0%",
    ]


def test_the_table_shows_who_is_behind_and_has_room_for_its_headings():
    assert table({"a": Scores(2, 0), "b": Scores(1, 1)}, "b") == [
        "student  held-out loss  exact match  lead in loss  lead in match",
        "a               2.0000         0.0%       -1.0000        -100.0%",
        "b               1.0000       100.0%       +0.0000          +0.0%",
    ]
