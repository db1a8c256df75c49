from __future__ import annotations

import dataclasses
import math

import pytest
import torch

from training import losses
from training.losses import (
    KDSettings,
    combined_kd_loss,
    cross_entropy_on_teacher,
    halt_head_loss,
    kl_divergence,
    self_evaluation_loss,
)

MASK = torch.tensor([[True, False, True], [True, True, False]])


def seeded_logits(*shape: int, seed: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return 2 * torch.randn(shape, generator=generator, dtype=torch.float64)


def log_probabilities(row: list[float], temperature: float = 1.0) -> list[float]:
    scaled = [logit / temperature for logit in row]
    normalizer = math.log(sum(math.exp(logit) for logit in scaled))
    return [logit - normalizer for logit in scaled]


def divergence(student: list[float], teacher: list[float], temperature: float) -> float:
    log_q = log_probabilities(student, temperature)
    log_p = log_probabilities(teacher, temperature)
    return temperature**2 * sum(math.exp(p) * (p - q) for p, q in zip(log_p, log_q, strict=True))


def divergences(student: torch.Tensor, teacher: torch.Tensor, temperature: float) -> torch.Tensor:
    rows = zip(student.flatten(0, -2).tolist(), teacher.flatten(0, -2).tolist(), strict=True)
    values = [divergence(s, t, temperature) for s, t in rows]
    return torch.tensor(values, dtype=torch.float64).view(student.shape[:-1])


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_kl_divergence_is_the_mean_of_the_softened_divergences_times_t_squared(temperature):
    student, teacher = seeded_logits(2, 3, 5, seed=1), seeded_logits(2, 3, 5, seed=2)
    wanted = divergences(student, teacher, temperature).mean()
    loss = kl_divergence(student, teacher, temperature)
    torch.testing.assert_close(loss, wanted, rtol=1e-12, atol=0)


def test_kl_divergence_takes_temperature_one_when_none_is_given():
    student, teacher = seeded_logits(4, 5, seed=1), seeded_logits(4, 5, seed=2)
    assert torch.equal(kl_divergence(student, teacher), kl_divergence(student, teacher, 1.0))
    assert not torch.isclose(kl_divergence(student, teacher), kl_divergence(student, teacher, 2.0))


def test_kl_divergence_counts_only_unmasked_positions_in_every_reduction():
    student, teacher = seeded_logits(2, 3, 5, seed=1), seeded_logits(2, 3, 5, seed=2)
    each = divergences(student, teacher, 2.0) * MASK
    student[~MASK] = math.nan
    teacher[~MASK] = math.inf
    wanted = {"none": each, "sum": each.sum(), "mean": each.sum() / 4}
    for reduction, value in wanted.items():
        loss = kl_divergence(student, teacher, 2.0, MASK, reduction)
        torch.testing.assert_close(loss, value, rtol=1e-12, atol=0)


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_kl_divergence_gives_masked_positions_no_gradient(reduction):
    student = seeded_logits(2, 3, 5, seed=1).masked_fill(~MASK[..., None], math.nan)
    student.requires_grad_()
    kl_divergence(student, seeded_logits(2, 3, 5, seed=2), 2.0, MASK, reduction).sum().backward()
    assert student.grad[~MASK].eq(0).all()
    assert student.grad[MASK].ne(0).all()


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_the_gradient_of_kl_divergence_is_its_derivative(reduction):
    student = seeded_logits(2, 3, 4, seed=1).requires_grad_()
    teacher = seeded_logits(2, 3, 4, seed=2)
    assert torch.autograd.gradcheck(
        lambda logits: kl_divergence(logits, teacher, 1.5, MASK, reduction), student
    )


def test_kl_divergence_is_zero_for_equal_logits_and_for_logits_moved_by_a_constant():
    logits = seeded_logits(3, 5, seed=1)
    assert kl_divergence(logits, logits).item() == 0
    assert kl_divergence(logits + 7, logits).item() == pytest.approx(0, abs=1e-12)


def test_kl_divergence_survives_tokens_that_the_teacher_rules_out():
    student, teacher = torch.zeros(1, 3), torch.tensor([[0.0, 0.0, -1e9]])
    assert kl_divergence(student, teacher).item() == pytest.approx(math.log(3 / 2), rel=1e-6)


def test_kl_divergence_gives_the_teacher_no_gradient():
    student = seeded_logits(2, 3, seed=1).requires_grad_()
    teacher = seeded_logits(2, 3, seed=2).requires_grad_()
    kl_divergence(student, teacher).backward()
    assert teacher.grad is None
    assert student.grad.ne(0).all()


def test_half_precision_logits_are_compared_in_single_precision():
    student = seeded_logits(4, 5, seed=1).bfloat16()
    teacher = seeded_logits(4, 5, seed=2).half()
    loss = kl_divergence(student, teacher, 3.0)
    assert loss.dtype == torch.float32
    torch.testing.assert_close(loss, kl_divergence(student.float(), teacher.float(), 3.0))


@pytest.mark.parametrize(
    ("changed", "wanted"),
    [
        (
            {"student_logits": torch.zeros(5)},
            "student_logits must have the axes [..., vocabulary], got the shape [5]",
        ),
        (
            {"student_logits": torch.zeros(0, 5)},
            "student_logits must not be empty, got the shape [0, 5]",
        ),
        (
            {"student_logits": torch.full((2, 5), math.nan)},
            "student_logits must be finite at every position that counts",
        ),
        (
            {"teacher_logits": torch.full((2, 5), math.inf)},
            "teacher_logits must be finite at every position that counts",
        ),
        (
            {"teacher_logits": torch.zeros(2, 5, dtype=torch.int32)},
            "teacher_logits must hold floating-point numbers, got torch.int32",
        ),
        (
            {"teacher_logits": torch.zeros(2, 4)},
            "teacher_logits must have the shape [2, 5] to fit student_logits, got [2, 4]",
        ),
        ({"temperature": 0.0}, "temperature must be a finite number above 0, got 0.0"),
        ({"temperature": math.nan}, "temperature must be a finite number above 0, got nan"),
        ({"reduction": "batchmean"}, "reduction must be one of mean, sum, none, got 'batchmean'"),
        ({"mask": torch.zeros(2, dtype=torch.bool)}, "mask leaves no position to count"),
        (
            {"mask": torch.ones(5, dtype=torch.bool)},
            "mask must have the shape [2] to fit student_logits, got [5]",
        ),
    ],
)
def test_kl_divergence_names_the_argument_it_cannot_use(refusal, changed, wanted):
    arguments = {"student_logits": torch.zeros(2, 5), "teacher_logits": torch.zeros(2, 5)}
    assert refusal(lambda: kl_divergence(**(arguments | changed))) == wanted


def test_cross_entropy_on_teacher_is_the_mean_of_minus_log_p_of_its_tokens():
    logits = seeded_logits(2, 3, 5, seed=1)
    targets = torch.tensor([[4, 0, -100], [1, 2, 3]])
    rows = logits.tolist()
    counted = [(0, 0, 4), (1, 0, 1), (1, 1, 2)]
    wanted = -sum(log_probabilities(rows[b][s])[token] for b, s, token in counted) / 3
    loss = cross_entropy_on_teacher(logits, targets, mask=MASK)
    assert loss.item() == pytest.approx(wanted, rel=1e-12)


def test_cross_entropy_on_teacher_takes_any_index_to_ignore():
    logits = seeded_logits(2, 5, seed=1)
    wanted = -log_probabilities(logits[1].tolist())[3]
    loss = cross_entropy_on_teacher(logits, torch.tensor([0, 3]), ignore_index=0)
    assert loss.item() == pytest.approx(wanted, rel=1e-12)


def test_cross_entropy_on_teacher_names_its_arguments(refusal):
    logits, targets = torch.zeros(2, 5), torch.tensor([0, 5])
    wanted = "teacher_targets must lie from 0 to 4, got 5"
    assert refusal(lambda: cross_entropy_on_teacher(logits, targets)) == wanted
    wanted = "student_logits must hold floating-point numbers, got torch.int64"
    assert refusal(lambda: cross_entropy_on_teacher(logits.long(), targets)) == wanted


def test_halt_head_loss_is_the_mean_cross_entropy_of_the_two_decisions():
    logits = seeded_logits(2, 3, 2, seed=1)
    targets = torch.tensor([[0, 1, 1], [1, 0, -100]])
    rows = logits.tolist()
    counted = [(0, 0, 0), (0, 2, 1), (1, 0, 1), (1, 1, 0)]
    wanted = -sum(log_probabilities(rows[b][s])[halt] for b, s, halt in counted) / 4
    loss = halt_head_loss(logits, targets, MASK)
    assert loss.item() == pytest.approx(wanted, rel=1e-12)


@pytest.mark.parametrize(
    ("logits", "targets", "mask", "wanted"),
    [
        (
            torch.zeros(2),
            torch.tensor([0]),
            None,
            "halt_logits must have the axes [..., vocabulary], got the shape [2]",
        ),
        (
            torch.zeros(1, 3),
            torch.tensor([0]),
            None,
            "halt_logits must hold 2 logits a position, got the shape [1, 3]",
        ),
        (
            torch.zeros(1, 1),
            torch.tensor([0]),
            None,
            "halt_logits must hold 2 logits a position, got the shape [1, 1]",
        ),
        (
            torch.tensor([[0.0, math.nan]]),
            torch.tensor([0]),
            None,
            "halt_logits must be finite at every position that counts",
        ),
        (torch.zeros(1, 2), torch.tensor([2]), None, "halt_targets must lie from 0 to 1, got 2"),
        (
            torch.zeros(1, 2),
            torch.tensor([0]),
            torch.tensor([False]),
            "mask leaves no position to count",
        ),
    ],
)
def test_halt_head_loss_names_the_argument_it_cannot_use(refusal, logits, targets, mask, wanted):
    assert refusal(lambda: halt_head_loss(logits, targets, mask)) == wanted


def test_self_evaluation_loss_is_the_mean_squared_gap():
    student = torch.tensor([0.0, 0.5, 1.0], dtype=torch.float64)
    teacher = torch.tensor([1.0, 0.25, 0.75], dtype=torch.float64)
    assert self_evaluation_loss(student, teacher).item() == (1 + 0.0625 + 0.0625) / 3


def test_self_evaluation_loss_moves_the_student_toward_the_teacher_only():
    student = torch.tensor([0.25, 0.5], requires_grad=True)
    teacher = torch.tensor([0.75, 0.25], requires_grad=True)
    self_evaluation_loss(student, teacher).backward()
    assert student.grad.tolist() == [-0.5, 0.25]
    assert teacher.grad is None


def test_self_evaluation_in_half_precision_is_computed_in_single_precision():
    student, teacher = torch.tensor([0.1]).bfloat16(), torch.tensor([0.7]).half()
    loss = self_evaluation_loss(student, teacher)
    assert loss.dtype == torch.float32
    assert loss.item() == pytest.approx((student.item() - teacher.item()) ** 2, rel=1e-6)


@pytest.mark.parametrize(
    ("student", "teacher", "wanted"),
    [
        (
            torch.tensor(0.5),
            torch.tensor(0.5),
            "student_eval_score must have the axes [...], got the shape []",
        ),
        (torch.zeros(0), torch.zeros(0), "student_eval_score must not be empty, got the shape [0]"),
        (
            torch.zeros(2),
            torch.zeros(3),
            "teacher_quality_score must have the shape [2] to fit student_eval_score, got [3]",
        ),
        (
            torch.ones(2, dtype=torch.int64),
            torch.ones(2),
            "student_eval_score must hold floating-point numbers, got torch.int64",
        ),
        (
            torch.ones(2),
            torch.ones(2, dtype=torch.bool),
            "teacher_quality_score must hold floating-point numbers, got torch.bool",
        ),
        (torch.tensor([-0.5]), torch.zeros(1), "student_eval_score must lie from 0 to 1, got -0.5"),
        (torch.tensor([1.5]), torch.zeros(1), "student_eval_score must lie from 0 to 1, got 1.5"),
        (
            torch.zeros(1),
            torch.tensor([math.nan]),
            "teacher_quality_score must lie from 0 to 1, got nan",
        ),
        (
            torch.zeros(1),
            torch.tensor([2.0]),
            "teacher_quality_score must lie from 0 to 1, got 2.0",
        ),
        (
            torch.zeros(1),
            torch.tensor([-1.0]),
            "teacher_quality_score must lie from 0 to 1, got -1.0",
        ),
    ],
)
def test_self_evaluation_loss_names_the_argument_it_cannot_use(refusal, student, teacher, wanted):
    assert refusal(lambda: self_evaluation_loss(student, teacher)) == wanted


def batch() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    student, teacher = seeded_logits(2, 3, 5, seed=1), seeded_logits(2, 3, 5, seed=2)
    return student, teacher, torch.tensor([[4, 0, -100], [1, 2, 3]])


def test_settings_cannot_be_changed_once_made():
    settings = KDSettings()
    with pytest.raises(dataclasses.FrozenInstanceError):
        settings.temperature = 3.0
    assert settings.temperature == 2.0


def test_settings_hold_nothing_but_their_fields():
    assert not hasattr(KDSettings(), "__dict__")


def test_combined_kd_loss_weighs_soft_targets_likeliest_tokens_and_ground_truth():
    student, teacher, targets = batch()
    settings = KDSettings(
        temperature=3.0, kl_weight=0.5, ce_teacher_weight=0.25, ce_ground_truth_weight=2.0
    )
    terms = combined_kd_loss(student, teacher, targets, settings, MASK)
    choice = torch.tensor(
        [[max(range(5), key=row.__getitem__) for row in rows] for rows in teacher.tolist()]
    )
    wanted = {
        "kl": kl_divergence(student, teacher, 3.0, MASK),
        "ce_teacher": cross_entropy_on_teacher(student, choice, mask=MASK),
        "ce_ground_truth": cross_entropy_on_teacher(student, targets, mask=MASK),
    }
    total = 0.5 * wanted["kl"] + 0.25 * wanted["ce_teacher"] + 2.0 * wanted["ce_ground_truth"]
    assert list(terms) == [*wanted, "total"]
    torch.testing.assert_close(terms, wanted | {"total": total}, rtol=1e-12, atol=0)


@pytest.mark.parametrize("kept", ["kl", "ce_teacher", "ce_ground_truth"])
def test_a_term_of_weight_zero_is_not_computed(kept):
    student, teacher, targets = batch()
    weights = {f"{name}_weight": 0.0 for name in ("kl", "ce_teacher", "ce_ground_truth")}
    settings = KDSettings(**(weights | {f"{kept}_weight": 0.5}))
    terms = combined_kd_loss(student, teacher, targets, settings)
    assert list(terms) == [kept, "total"]
    assert terms["total"].item() == pytest.approx(0.5 * terms[kept].item(), rel=1e-12)


def test_a_batch_without_ground_truth_can_be_learned_from_the_teacher_alone():
    student, teacher, targets = batch()
    settings = KDSettings(ce_ground_truth_weight=0.0)
    terms = combined_kd_loss(student, teacher, targets.fill_(-100), settings)
    assert list(terms) == ["kl", "ce_teacher", "total"]


def test_extra_terms_are_weighed_in_and_may_have_another_precision():
    student, teacher, targets = batch()
    extra = {"halt": (0.5, torch.tensor(3.0)), "free": (0, torch.tensor(7.0))}
    plain = combined_kd_loss(student, teacher, targets, KDSettings())
    terms = combined_kd_loss(student, teacher, targets, KDSettings(), extra_terms=extra)
    assert terms["halt"].item() == 3.0
    assert terms["total"].item() == pytest.approx(plain["total"].item() + 1.5, rel=1e-12)


def test_the_gradient_of_the_combined_loss_is_its_derivative():
    student, teacher, targets = batch()
    assert torch.autograd.gradcheck(
        lambda logits: combined_kd_loss(logits, teacher, targets, KDSettings(), MASK)["total"],
        student.requires_grad_(),
    )


def test_masked_positions_do_not_reach_the_combined_loss():
    student, teacher, targets = batch()
    wanted = combined_kd_loss(student, teacher, targets, KDSettings(), MASK)
    student[~MASK] = math.nan
    teacher[~MASK] = math.nan
    targets[~MASK] = 99
    torch.testing.assert_close(
        combined_kd_loss(student, teacher, targets, KDSettings(), MASK), wanted, rtol=0, atol=0
    )


ONLY_CHOICE = {"kl_weight": 0.0, "ce_ground_truth_weight": 0.0}
ONLY_TRUTH = {"kl_weight": 0.0, "ce_teacher_weight": 0.0}


@pytest.mark.parametrize(
    ("settings", "changed", "wanted"),
    [
        (
            ONLY_CHOICE,
            {"student_logits": torch.zeros(5)},
            "student_logits must have the axes [..., vocabulary], got the shape [5]",
        ),
        (
            ONLY_CHOICE,
            {"teacher_logits": torch.zeros(2, 5, dtype=torch.int64)},
            "teacher_logits must hold floating-point numbers, got torch.int64",
        ),
        (
            ONLY_CHOICE,
            {"teacher_logits": torch.zeros(2, 6)},
            "teacher_logits must have the shape [2, 5] to fit student_logits, got [2, 6]",
        ),
        (
            ONLY_CHOICE,
            {"teacher_logits": torch.full((2, 5), math.nan)},
            "teacher_logits must be finite at every position that counts",
        ),
        (
            ONLY_CHOICE,
            {"mask": torch.ones(3, dtype=torch.bool)},
            "mask must have the shape [2] to fit student_logits, got [3]",
        ),
        (
            ONLY_CHOICE,
            {"mask": torch.zeros(2, dtype=torch.bool)},
            "mask leaves no position to count",
        ),
        (
            ONLY_TRUTH,
            {"ground_truth_targets": torch.tensor([-100, -100])},
            "ground_truth_targets must hold a target that is neither masked nor -100",
        ),
        (
            ONLY_TRUTH,
            {"student_logits": torch.full((2, 5), math.nan)},
            "student_logits must be finite at every position that counts",
        ),
        (
            ONLY_TRUTH,
            {"extra_terms": {"ce_ground_truth": (1.0, torch.tensor(1.0))}},
            "extra_terms must not use the name 'ce_ground_truth' of another term",
        ),
        (
            ONLY_TRUTH,
            {"extra_terms": {"total": (1.0, torch.tensor(1.0))}},
            "extra_terms must not use the name 'total' of another term",
        ),
        (
            ONLY_TRUTH,
            {"extra_terms": {"halt": (-0.1, torch.tensor(1.0))}},
            "extra_terms['halt'] weight must be a finite number from 0 to inf, got -0.1",
        ),
        (
            ONLY_TRUTH,
            {"extra_terms": {"halt": (1.0, torch.zeros(1))}},
            "extra_terms['halt'] must be a scalar, got the shape [1]",
        ),
        (
            ONLY_TRUTH,
            {"extra_terms": {"halt": (1.0, torch.tensor(math.nan))}},
            "extra_terms['halt'] must be finite at every position that counts",
        ),
    ],
)
def test_combined_kd_loss_names_the_argument_it_cannot_use(refusal, settings, changed, wanted):
    arguments = {
        "student_logits": torch.zeros(2, 5),
        "teacher_logits": torch.zeros(2, 5),
        "ground_truth_targets": torch.tensor([0, 1]),
        "settings": KDSettings(**settings),
    }
    assert refusal(lambda: combined_kd_loss(**(arguments | changed))) == wanted


def test_the_default_settings_are_these():
    assert KDSettings() == KDSettings(
        temperature=2.0, kl_weight=0.4, ce_teacher_weight=0.2, ce_ground_truth_weight=0.4
    )


@pytest.mark.parametrize(
    ("settings", "wanted"),
    [
        ({"temperature": -1.0}, "temperature must be a finite number above 0, got -1.0"),
        ({"kl_weight": -0.1}, "kl_weight must be a finite number from 0 to inf, got -0.1"),
        (
            {"ce_teacher_weight": math.nan},
            "ce_teacher_weight must be a finite number from 0 to inf, got nan",
        ),
        (
            {"ce_ground_truth_weight": math.inf},
            "ce_ground_truth_weight must be a finite number from 0 to inf, got inf",
        ),
        (
            {"kl_weight": 0, "ce_teacher_weight": 0, "ce_ground_truth_weight": 0},
            "kl_weight, ce_teacher_weight, ce_ground_truth_weight are all 0",
        ),
    ],
)
def test_settings_out_of_range_are_refused(refusal, settings, wanted):
    assert refusal(lambda: KDSettings(**settings)) == wanted


def test_weights_may_be_tiny():
    KDSettings(kl_weight=1e-9, ce_teacher_weight=0.0, ce_ground_truth_weight=0.0)


def test_every_loss_and_schedule_can_be_imported_from_here():
    assert set(losses.__all__) >= {
        "kl_divergence",
        "cross_entropy_on_teacher",
        "intermediate_layer_loss",
        "self_evaluation_loss",
        "halt_head_loss",
        "length_aware_kd_loss",
        "early_tool_call_loss",
        "curriculum_temperature",
        "entropy_weighting",
        "combined_kd_loss",
    }
    assert [name for name in losses.__all__ if not hasattr(losses, name)] == []
