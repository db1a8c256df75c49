from __future__ import annotations

import math

import pytest
import torch

from training.hidden_layers import create_projection_layers, intermediate_layer_loss


def hidden_states(layers: int, width: int, seed: int = 0) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return [
        torch.randn(2, 3, width, generator=generator, dtype=torch.float64) for _ in range(layers)
    ]


def mean_squared_gap(student: torch.Tensor, teacher: torch.Tensor) -> float:
    pairs = zip(student.flatten().tolist(), teacher.flatten().tolist(), strict=True)
    return sum((a - b) ** 2 for a, b in pairs) / student.numel()


def test_the_loss_is_the_mean_of_the_squared_gaps_of_the_mapped_layers():
    student, teacher = hidden_states(2, 4, seed=1), hidden_states(4, 4, seed=2)
    gaps = [mean_squared_gap(student[0], teacher[1]), mean_squared_gap(student[1], teacher[3])]
    loss = intermediate_layer_loss(student, teacher, {0: 1, 1: 3})
    assert loss.item() == pytest.approx(sum(gaps) / 2, rel=1e-12)


def test_a_student_layer_is_projected_by_its_own_projection():
    student, teacher = hidden_states(2, 4, seed=1), hidden_states(2, 6, seed=2)
    projections = create_projection_layers(4, 6, {0: 1, 1: 0}, seed=3).double()
    gaps = [
        mean_squared_gap(student[0] @ projections["0"].weight.T, teacher[1]),
        mean_squared_gap(student[1] @ projections["1"].weight.T, teacher[0]),
    ]
    loss = intermediate_layer_loss(student, teacher, {0: 1, 1: 0}, projections)
    assert loss.item() == pytest.approx(sum(gaps) / 2, rel=1e-12)


def test_masked_positions_reach_neither_the_loss_nor_the_gradient():
    student, teacher = hidden_states(1, 4, seed=1)[0], hidden_states(1, 4, seed=2)[0]
    mask = torch.tensor([[True, False, True], [False, True, True]])
    wanted = mean_squared_gap(student[mask], teacher[mask])
    student[~mask] = math.nan
    teacher[~mask] = math.nan
    student.requires_grad_()
    loss = intermediate_layer_loss([student], [teacher], {0: 0}, mask=mask)
    loss.backward()
    assert loss.item() == pytest.approx(wanted, rel=1e-12)
    assert student.grad[~mask].eq(0).all()
    assert student.grad[mask].ne(0).all()


def test_gradient_flows_to_student_and_projection_and_not_to_the_teacher():
    student = hidden_states(1, 4)[0].float().requires_grad_()
    teacher = hidden_states(1, 6)[0].float().requires_grad_()
    projections = create_projection_layers(4, 6, {0: 0}, seed=0)
    intermediate_layer_loss([student], [teacher], {0: 0}, projections).backward()
    assert student.grad.ne(0).all()
    assert projections["0"].weight.grad.ne(0).all()
    assert teacher.grad is None


def test_the_gradient_of_the_loss_is_its_derivative():
    student, teacher = hidden_states(1, 3, seed=1)[0].requires_grad_(), hidden_states(1, 3)
    mask = torch.tensor([[True, False, True], [True, True, True]])
    assert torch.autograd.gradcheck(
        lambda state: intermediate_layer_loss([state], teacher, {0: 0}, mask=mask), student
    )


def test_projections_are_linear_maps_without_bias_keyed_by_student_layer():
    projections = create_projection_layers(4, 6, {2: 0, 5: 1}, seed=0)
    assert list(projections) == ["2", "5"]
    assert [tuple(layer.weight.shape) for layer in projections.values()] == [(6, 4), (6, 4)]
    assert [layer.bias for layer in projections.values()] == [None, None]
    assert not torch.equal(projections["2"].weight, projections["5"].weight)


def test_projections_keep_the_variance_of_their_input():
    weight = create_projection_layers(400, 300, {0: 0}, seed=0)["0"].weight
    assert weight.mean().item() == pytest.approx(0, abs=1e-3)
    assert weight.std().item() == pytest.approx(0.05, rel=0.02)


def test_projections_depend_on_the_seed_alone_and_leave_the_global_generator():
    before = torch.random.get_rng_state()
    first = create_projection_layers(4, 6, {0: 0}, seed=1)["0"].weight
    assert torch.equal(torch.random.get_rng_state(), before)
    torch.rand(3)
    assert torch.equal(create_projection_layers(4, 6, {0: 0}, seed=1)["0"].weight, first)
    assert not torch.equal(create_projection_layers(4, 6, {0: 0}, seed=2)["0"].weight, first)
    assert first.requires_grad


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        ((0, 1, {}, 0), "student_width must be a whole number of at least 1, got 0"),
        ((1, 0, {}, 0), "teacher_width must be a whole number of at least 1, got 0"),
        ((1, 1, {}, -1), "seed must be a whole number of at least 0, got -1"),
    ],
)
def test_projection_settings_out_of_range_are_refused(refusal, arguments, wanted):
    assert refusal(lambda: create_projection_layers(*arguments)) == wanted


def test_the_smallest_projection_settings_are_allowed():
    assert create_projection_layers(1, 1, {0: 0}, 0)["0"].weight.shape == (1, 1)


@pytest.mark.parametrize(
    ("mapping", "wanted"),
    [
        ({}, "layer_mapping must map at least one student layer"),
        (
            {2: 0},
            "layer_mapping into student_hidden_states must be a whole number from 0 to 1, got 2",
        ),
        (
            {-1: 0},
            "layer_mapping into student_hidden_states must be a whole number from 0 to 1, got -1",
        ),
        (
            {0: 3},
            "layer_mapping into teacher_hidden_states must be a whole number from 0 to 2, got 3",
        ),
    ],
)
def test_a_mapping_to_layers_that_are_not_there_is_refused(refusal, mapping, wanted):
    student, teacher = hidden_states(2, 4), hidden_states(3, 4)
    assert refusal(lambda: intermediate_layer_loss(student, teacher, mapping)) == wanted


@pytest.mark.parametrize(
    ("student", "teacher", "wanted"),
    [
        (
            torch.zeros(2, 3),
            torch.zeros(2, 3, 4),
            (
                "student_hidden_states must have the axes "
                "[batch, sequence, width], got the shape [2, 3]"
            ),
        ),
        (
            torch.zeros(2, 3, 4),
            torch.zeros(2, 3, 4, dtype=torch.int64),
            "teacher_hidden_states must hold floating-point numbers, got torch.int64",
        ),
        (
            torch.zeros(2, 3, 4),
            torch.zeros(2, 5, 4),
            (
                "teacher_hidden_states must begin with the "
                "axes [2, 3] to fit student_hidden_states, got [2, 5, 4]"
            ),
        ),
        (
            torch.zeros(2, 3, 4),
            torch.zeros(2, 3, 5),
            (
                "projection_layers output must have the "
                "shape [6, 5] to fit teacher_hidden_states, got [6, 4]"
            ),
        ),
        (
            torch.full((2, 3, 4), math.nan),
            torch.zeros(2, 3, 4),
            "student_hidden_states must be finite at every position that counts",
        ),
        (
            torch.zeros(2, 3, 4),
            torch.full((2, 3, 4), math.inf),
            "teacher_hidden_states must be finite at every position that counts",
        ),
    ],
)
def test_hidden_states_that_cannot_be_compared_are_refused(refusal, student, teacher, wanted):
    assert refusal(lambda: intermediate_layer_loss([student], [teacher], {0: 0})) == wanted


def test_a_mapped_layer_without_projection_is_refused(refusal):
    projections = create_projection_layers(4, 4, {1: 0}, seed=0)
    states = [state.float() for state in hidden_states(2, 4)]
    wanted = "projection_layers has no projection for student layer 0"
    assert refusal(lambda: intermediate_layer_loss(states, states, {0: 0}, projections)) == wanted


def test_a_mask_of_another_shape_is_refused_by_name(refusal):
    states, mask = hidden_states(1, 4), torch.ones(2, 4, dtype=torch.bool)
    wanted = "mask must have the shape [2, 3] to fit student_hidden_states, got [2, 4]"
    assert refusal(lambda: intermediate_layer_loss(states, states, {0: 0}, mask=mask)) == wanted
