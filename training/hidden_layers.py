"""Distillation of hidden states: mapped layers, and the projections between their widths."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from training.attention import linear_map
from training.checks import (
    require_axes,
    require_floating,
    require_leading_axes,
    require_shape,
    require_whole,
    resolve_mask,
)
from training.masking import rows_that_count


def intermediate_layer_loss(
    student_hidden_states: Sequence[Tensor],
    teacher_hidden_states: Sequence[Tensor],
    layer_mapping: Mapping[int, int],
    projection_layers: nn.ModuleDict | None = None,
    mask: Tensor | None = None,
) -> Tensor:
    """Compute the mean squared gap between mapped layers, over layers, width and what counts.

    Hidden states: for each layer [batch, sequence, width] floating; `layer_mapping` takes student
    to teacher layers, counted from 0; mask [batch, sequence] bool. Without `projection_layers`
    (see `create_projection_layers`) the widths must be equal. Hint loss: Romero et al. 2015,
    arXiv:1412.6550; over mapped layers: Jiao et al. 2020, arXiv:1909.10351.
    """
    if not layer_mapping:
        raise ValueError("layer_mapping must map at least one student layer")
    gaps = []
    for student_layer, teacher_layer in layer_mapping.items():
        student = _hidden_state("student_hidden_states", student_hidden_states, student_layer)
        teacher = _hidden_state("teacher_hidden_states", teacher_hidden_states, teacher_layer)
        positions = student.shape[:2]
        require_leading_axes("teacher_hidden_states", teacher, positions, "student_hidden_states")
        counted = resolve_mask("mask", mask, positions, "student_hidden_states")
        wanted = rows_that_count("teacher_hidden_states", teacher.detach(), counted)
        rows = rows_that_count("student_hidden_states", student, counted)
        projected = _projected(rows, student_layer, projection_layers)
        require_shape("projection_layers output", projected, wanted.shape, "teacher_hidden_states")
        gaps.append((projected - wanted).square().mean())
    return torch.stack(gaps).mean()


def _hidden_state(name: str, hidden_states: Sequence[Tensor], layer: int) -> Tensor:
    require_whole(f"layer_mapping into {name}", layer, 0, len(hidden_states) - 1)
    require_floating(name, hidden_states[layer])
    require_axes(name, hidden_states[layer], "batch", "sequence", "width")
    return hidden_states[layer]


def _projected(rows: Tensor, layer: int, projection_layers: nn.ModuleDict | None) -> Tensor:
    if projection_layers is None:
        return rows
    if str(layer) not in projection_layers:
        raise ValueError(f"projection_layers has no projection for student layer {layer}")
    projected: Tensor = projection_layers[str(layer)](rows)
    return projected


def create_projection_layers(
    student_width: int, teacher_width: int, layer_mapping: Mapping[int, int], seed: int
) -> nn.ModuleDict:
    """Make one trainable linear map, without bias, for each mapped student layer; keys are strings.

    The weights are normal with deviation student_width^-1/2, which keeps the variance of the input,
    and depend on `seed` alone. Learned projection: Jiao et al. 2020, arXiv:1909.10351, equation 8.
    """
    require_whole("student_width", student_width, 1)
    require_whole("teacher_width", teacher_width, 1)
    require_whole("seed", seed, 0)
    layers = nn.ModuleDict()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for student_layer in layer_mapping:
            linear = linear_map(student_width, teacher_width)
            nn.init.normal_(linear.weight, std=student_width**-0.5)
            layers[str(student_layer)] = linear
    return layers
