from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pytest
import torch
import torch._dynamo
import torch.nn.functional as F  # noqa: N812 - as in the code under test
from torch import Tensor, nn
from torch.optim import SGD

from training.config import Config, OptimizerSettings, TrainingSettings
from training.gqa_transformer import ModelConfig, StudentLM, build_student
from training.losses import KDSettings, combined_kd_loss
from training.optimization import (
    compute_loss,
    create_optimizer,
    evaluate,
    learning_rate,
    train_step,
)

# torch's optimizers load torch._dynamo, above, at first use: a second that no test is to pay for.
MODEL = ModelConfig(11, 8, 1, 2, 1, 6, 8)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Tensors this small only lose by more."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def make_config(**sections: Any) -> Config:
    wide = OptimizerSettings(learning_rate=0.1, max_gradient_norm=1e9)
    training = TrainingSettings(steps=10, batch_size=2)
    return Config(**({"model": MODEL, "training": training, "optimizer": wide} | sections))


def make_student(seed: int = 0) -> StudentLM:
    """Make a student in double precision, its weights so large that its answers are not even."""
    student = build_student(MODEL, seed).double()
    with torch.no_grad():
        for weight in student.parameters():
            weight.mul_(15 if weight.dim() == 2 else 1)
    return student


def make_batch(rows: int = 4, ignored: tuple[tuple[int, int], ...] = ()) -> dict[str, Tensor]:
    """Make `rows` of 6 tokens, the last one padding, and in row 0 also the first.

    `ignored` holds pairs of a row and how many of its labels, from the first, do not count.
    """
    generator = torch.Generator().manual_seed(7)
    tokens = torch.randint(11, (rows, 7), generator=generator)
    mask = torch.ones(rows, 6, dtype=torch.bool)
    mask[:, 5] = False
    mask[0, 0] = False
    labels = tokens[:, 1:].clone()
    for row, count in ignored:
        labels[row, :count] = -100
    return {"input_ids": tokens[:, :6], "attention_mask": mask, "labels": labels}


def part_of(batch: dict[str, Tensor], rows: slice) -> dict[str, Tensor]:
    return {name: entry[rows] for name, entry in batch.items()}


def weights_of(student: nn.Module) -> list[Tensor]:
    return [weight.detach().clone() for weight in student.parameters()]


def counted_rows(student: StudentLM, batch: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
    """Return the logits and labels of the tokens that count."""
    counted = batch["attention_mask"] & (batch["labels"] != -100)
    logits = student(batch["input_ids"], batch["attention_mask"]).logits
    return logits[counted], batch["labels"][counted]


def collate(rows: list[dict[str, Tensor]]) -> dict[str, Tensor]:
    return {name: torch.stack([row[name] for row in rows]) for name in rows[0]}


def rows_of(batch: dict[str, Tensor]) -> list[dict[str, Tensor]]:
    return [
        {name: entry[row] for name, entry in batch.items()} for row in range(len(batch["labels"]))
    ]


def test_without_a_teacher_the_loss_is_the_mean_cross_entropy_of_the_tokens_that_count():
    student, batch = make_student(), make_batch(ignored=((0, 3), (1, 5)))
    terms = compute_loss(student, None, batch, make_config())
    wanted = F.cross_entropy(*counted_rows(student, batch))
    assert terms.keys() == {"ce_ground_truth", "total"}
    for term in terms.values():
        torch.testing.assert_close(term, wanted, rtol=1e-12, atol=0)


def test_with_a_teacher_every_term_is_over_the_tokens_that_count():
    student, teacher = make_student(0), make_student(1)
    batch, kd = make_batch(ignored=((0, 3), (1, 5))), KDSettings(3.0, 0.5, 0.25, 1.5)
    terms = compute_loss(student, teacher, batch, make_config(kd=kd))
    logits, labels = counted_rows(student, batch)
    wanted = combined_kd_loss(logits, counted_rows(teacher, batch)[0], labels, kd)
    assert terms.keys() == wanted.keys() == {"kl", "ce_teacher", "ce_ground_truth", "total"}
    for name, term in terms.items():
        torch.testing.assert_close(term, wanted[name], rtol=1e-12, atol=0)


def test_a_teacher_is_run_without_gradients():
    student, teacher, seen = make_student(0), make_student(1), []
    for model in (student, teacher):
        model.register_forward_hook(lambda *passed: seen.append(passed[-1].logits.requires_grad))
    compute_loss(student, teacher, make_batch(), make_config())["total"].backward()
    assert seen == [True, False]


@pytest.mark.parametrize("teacher_seed", [None, 1])
def test_half_precision_is_used_for_the_passes_and_not_for_the_loss(teacher_seed):
    student = build_student(MODEL, 0)
    teacher = None if teacher_seed is None else make_student(teacher_seed).float()
    half = make_config(training=TrainingSettings(steps=10, precision="bfloat16"))
    seen = []
    for model in filter(None, (student, teacher)):
        model.register_forward_hook(lambda *passed: seen.append(passed[-1].logits.dtype))
    rough = compute_loss(student, teacher, make_batch(), half)["total"]
    exact = compute_loss(student, teacher, make_batch(), make_config())["total"]
    models = 1 if teacher is None else 2
    assert seen == [torch.bfloat16] * models + [torch.float32] * models
    assert rough.dtype == exact.dtype == torch.float32
    assert rough.item() != exact.item()
    assert rough.item() == pytest.approx(exact.item(), rel=1e-2)
    rough.backward()
    assert {weight.grad.dtype for weight in student.parameters()} == {torch.float32}


def test_accumulated_batches_give_the_gradient_of_one_batch_of_all_their_tokens():
    whole = make_batch(6, ignored=((0, 4), (1, 5), (2, 5), (3, 5), (5, 1)))
    parts = [part_of(whole, rows) for rows in (slice(0, 1), slice(1, 4), slice(4, 6))]
    one, other, teacher = make_student(), make_student(), make_student(1)
    config = make_config()
    metrics = train_step(one, teacher, [whole], SGD(one.parameters()), config, 1)
    split = train_step(other, teacher, parts, SGD(other.parameters()), config, 1)
    assert metrics.keys() == split.keys()
    for name in metrics:
        assert metrics[name] == pytest.approx(split[name], rel=1e-12)
    assert metrics["tokens"] == 30 - 20
    for a, b in zip(one.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(a.grad, b.grad, rtol=1e-9, atol=1e-14)
        torch.testing.assert_close(a, b, rtol=1e-9, atol=1e-14)


def test_a_step_follows_the_gradient_of_the_loss_at_the_rate_of_the_schedule():
    student, batch = make_student(), make_batch()
    loss = F.cross_entropy(*counted_rows(student, batch))
    gradients = torch.autograd.grad(loss, list(student.parameters()))
    wanted = [w - 0.05 * g for w, g in zip(weights_of(student), gradients, strict=True)]
    settings = OptimizerSettings(learning_rate=0.1, warmup_steps=2, max_gradient_norm=1e9)
    optimizer = SGD(student.parameters(), lr=77)
    config = make_config(optimizer=settings)
    metrics = train_step(student, None, [batch], optimizer, config, 1)
    torch.testing.assert_close(weights_of(student), wanted, rtol=1e-10, atol=1e-14)
    norm = torch.cat([gradient.flatten() for gradient in gradients]).norm().item()
    assert metrics == {
        "loss": pytest.approx(loss.item()),
        "ce_ground_truth": pytest.approx(loss.item()),
        "tokens": 19,
        "gradient_norm": pytest.approx(norm),
        "learning_rate": 0.05,
    }
    assert optimizer.param_groups[0]["lr"] == 0.05


def test_every_group_of_the_optimizer_learns_at_the_same_rate():
    student, config = make_student(), make_config()
    optimizer = create_optimizer(student, config.optimizer)
    train_step(student, None, [make_batch()], optimizer, config, 10)
    assert [group["lr"] for group in optimizer.param_groups] == [pytest.approx(0.01)] * 2


def test_the_gradient_of_an_earlier_step_is_forgotten():
    student, fresh, batch = make_student(), make_student(), make_batch()
    config = make_config()
    train_step(student, None, [batch], SGD(student.parameters()), config, 1)
    fresh.load_state_dict(student.state_dict())
    train_step(student, None, [batch], SGD(student.parameters()), config, 2)
    train_step(fresh, None, [batch], SGD(fresh.parameters()), config, 2)
    assert all(map(torch.equal, weights_of(student), weights_of(fresh)))


def test_a_long_gradient_is_shortened_and_its_own_length_reported():
    free, clipped, batch = make_student(), make_student(), make_batch()
    settings = OptimizerSettings(learning_rate=0.1, max_gradient_norm=0.01)
    config = make_config(optimizer=settings)
    before = train_step(free, None, [batch], SGD(free.parameters()), make_config(), 1)
    after = train_step(clipped, None, [batch], SGD(clipped.parameters()), config, 1)
    assert after["gradient_norm"] == before["gradient_norm"] > 0.01
    flat = torch.cat([weight.grad.flatten() for weight in clipped.parameters()])
    assert flat.norm().item() == pytest.approx(0.01, rel=1e-4)


def test_a_batch_without_a_token_that_counts_is_passed_over():
    whole = make_batch(4, ignored=((0, 6), (1, 6)))
    parts = [part_of(whole, slice(0, 2)), part_of(whole, slice(2, 4))]
    one, other = make_student(), make_student()
    metrics = train_step(one, None, parts, SGD(one.parameters()), make_config(), 1)
    train_step(other, None, parts[1:], SGD(other.parameters()), make_config(), 1)
    assert metrics["tokens"] == 10
    assert all(map(torch.equal, weights_of(one), weights_of(other)))


def test_a_label_outside_the_vocabulary_is_refused(refusal):
    batch = make_batch()
    batch["labels"][1, 2] = 11
    wanted = "labels must lie from 0 to 10, got 11"
    assert refusal(lambda: compute_loss(make_student(), None, batch, make_config())) == wanted


def test_a_step_without_a_token_that_counts_is_refused(refusal):
    student = make_student()
    batch = make_batch(2, ignored=((0, 6), (1, 5)))
    wanted = "batches must hold a token that counts: none is labelled and unmasked"
    optimizer = SGD(student.parameters())
    config = make_config()
    assert refusal(lambda: train_step(student, None, [batch], optimizer, config, 1)) == wanted


class Cliff(nn.Module):
    """A student beside a root of 0: its value is 0, its gradient infinite."""

    def __init__(self, student: StudentLM) -> None:
        super().__init__()
        self.student = student
        self.root = nn.Parameter(torch.zeros(1, dtype=torch.float64))

    def forward(self, token_ids: Tensor, mask: Tensor) -> Any:
        output = self.student(token_ids, mask)
        return output._replace(logits=output.logits + self.root.sqrt())


def test_a_gradient_that_is_not_finite_stops_and_leaves_the_weights():
    student = Cliff(make_student())
    before = weights_of(student)
    with pytest.raises(FloatingPointError, match=r"^the norm of the gradient is (inf|nan)$"):
        train_step(student, None, [make_batch()], SGD(student.parameters()), make_config(), 1)
    assert all(map(torch.equal, weights_of(student), before))


def test_a_loss_that_is_not_finite_stops_and_leaves_the_weights():
    student, teacher = make_student(0).float(), make_student(1).float()
    before, config = weights_of(student), make_config(kd=KDSettings(kl_weight=1e39))
    with pytest.raises(FloatingPointError, match=r"^the loss is inf$"):
        train_step(student, teacher, [make_batch()], SGD(student.parameters()), config, 1)
    assert all(map(torch.equal, weights_of(student), before))


def test_logits_that_are_not_finite_stop_and_leave_the_weights(refusal):
    student = make_student()
    with torch.no_grad():
        student.embedding.weight[3, 0] = math.nan
    before, optimizer = weights_of(student), SGD(student.parameters())
    message = refusal(
        lambda: train_step(student, None, [make_batch()], optimizer, make_config(), 1)
    )
    assert message == "student_logits must be finite at every position that counts"
    assert all(map(torch.equal, weights_of(student)[1:], before[1:]))


def test_a_weight_that_an_update_makes_infinite_is_named():
    student, teacher = make_student(0).float(), make_student(1).float()
    settings = OptimizerSettings(learning_rate=3e38, max_gradient_norm=1e9)
    config = make_config(optimizer=settings, kd=KDSettings(kl_weight=1e4))
    with pytest.raises(
        FloatingPointError, match=r"^embedding\.weight is not finite after the update$"
    ):
        train_step(student, teacher, [make_batch()], SGD(student.parameters()), config, 1)


def test_the_held_out_loss_is_the_mean_over_all_tokens_that_count():
    student, batch = make_student(), make_batch(5, ignored=((0, 5), (1, 5), (2, 2), (4, 4)))
    sizes = []

    def count(rows: list[dict[str, Tensor]]) -> dict[str, Tensor]:
        sizes.append(len(rows))
        return collate(rows)

    loss = evaluate(student, rows_of(batch), count, make_config())
    assert loss == pytest.approx(F.cross_entropy(*counted_rows(student, batch)).item(), rel=1e-12)
    assert sizes == [2, 2, 1]


def test_an_evaluation_is_in_evaluation_mode_without_gradients_and_then_training_goes_on():
    student, seen = make_student(), []
    student.register_forward_hook(
        lambda *passed: seen.append((student.training, passed[-1].logits.requires_grad))
    )
    evaluate(student, rows_of(make_batch(2)), collate, make_config())
    assert seen == [(False, False)]
    assert student.training


def test_an_evaluation_without_a_token_that_counts_is_refused(refusal):
    rows = rows_of(make_batch(2, ignored=((0, 6), (1, 6))))
    wanted = "held_out must hold a token that counts"
    assert refusal(lambda: evaluate(make_student(), rows, collate, make_config())) == wanted


def test_a_single_token_is_enough_to_evaluate_on():
    student, batch = make_student(), make_batch(1, ignored=((0, 4),))
    loss = evaluate(student, rows_of(batch), collate, make_config())
    assert loss == pytest.approx(F.cross_entropy(*counted_rows(student, batch)).item(), rel=1e-12)


def test_the_rate_rises_in_equal_steps_and_falls_by_half_a_cosine():
    settings = OptimizerSettings(learning_rate=2.0, warmup_steps=4, final_share=0.1)
    rates = [learning_rate(step, settings, 10) for step in range(1, 11)]
    wanted = [0.5, 1.0, 1.5, 2.0] + [
        0.2 + 1.8 * math.cos(math.pi * done / 12) ** 2 for done in range(1, 7)
    ]
    assert rates == pytest.approx(wanted, rel=1e-12)
    assert rates[6] == pytest.approx(0.2 + 0.9)
    assert rates[9] == pytest.approx(0.2)


def test_the_rate_may_fall_from_the_start_or_rise_to_the_end():
    settings = OptimizerSettings(learning_rate=1.0, warmup_steps=0, final_share=0.0)
    assert learning_rate(1, settings, 2) == pytest.approx(0.5)
    assert learning_rate(2, settings, 2) == pytest.approx(0.0)
    settings = OptimizerSettings(learning_rate=1.0, warmup_steps=3, final_share=0.0)
    assert learning_rate(3, settings, 3) == 1.0


def test_only_matrices_decay_and_each_weight_is_in_one_group():
    student = make_student()
    settings = OptimizerSettings(
        learning_rate=0.25, weight_decay=0.5, beta1=0.75, beta2=0.625, epsilon=0.125
    )
    optimizer = create_optimizer(student, settings)
    names = {weight: name for name, weight in student.named_parameters()}
    decaying, others = (
        [names.pop(weight) for weight in group["params"]] for group in optimizer.param_groups
    )
    assert names == {}
    assert [name for name in others if not name.endswith("norm.weight")] == []
    assert [name for name in decaying if name.endswith("norm.weight")] == []
    assert [group["weight_decay"] for group in optimizer.param_groups] == [0.5, 0.0]
    for group in optimizer.param_groups:
        assert (group["lr"], group["betas"], group["eps"]) == (0.25, (0.75, 0.625), 0.125)
