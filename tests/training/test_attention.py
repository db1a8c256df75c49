from __future__ import annotations

import math

import pytest
import torch

from training.attention import (
    GroupedQueryAttention,
    attention_pattern,
    rotary_angles,
    rotate,
)


def seeded(*shape: int, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=generator, dtype=torch.float64)


def attention_by_hand(
    attention: GroupedQueryAttention, hidden: torch.Tensor, kv_heads: int, base: float
) -> torch.Tensor:
    """Attend causally one query, one head, one key at a time, from the papers' formulas."""
    width, group = attention.head_width, attention.group
    batch, sequence, total = hidden.shape
    mixed = torch.zeros(batch, sequence, total, dtype=hidden.dtype)

    def turned(vector: torch.Tensor, position: int) -> torch.Tensor:
        result = torch.zeros_like(vector)
        half = width // 2
        for pair in range(half):
            angle = position * base ** (-2 * pair / width)
            first, second = vector[pair], vector[pair + half]
            result[pair] = first * math.cos(angle) - second * math.sin(angle)
            result[pair + half] = first * math.sin(angle) + second * math.cos(angle)
        return result

    for b in range(batch):
        for head in range(kv_heads * group):
            own = slice(head * width, (head + 1) * width)
            shared = slice(head // group * width, (head // group + 1) * width)
            for at in range(sequence):
                query = turned((attention.query.weight @ hidden[b, at])[own], at)
                scores, values = [], []
                for past in range(at + 1):
                    key = turned((attention.key.weight @ hidden[b, past])[shared], past)
                    scores.append(float(query @ key) / math.sqrt(width))
                    values.append((attention.value.weight @ hidden[b, past])[shared])
                total_weight = sum(math.exp(score) for score in scores)
                for score, value in zip(scores, values, strict=True):
                    mixed[b, at, own] += math.exp(score) / total_weight * value
    return mixed @ attention.output.weight.T


@pytest.mark.parametrize(("heads", "kv_heads"), [(4, 2), (3, 1)])
def test_attention_equals_the_formula_worked_out_by_hand(heads, kv_heads):
    width = heads * 4
    with torch.random.fork_rng():
        torch.manual_seed(0)
        attention = GroupedQueryAttention(width, heads, kv_heads).double()
    hidden = seeded(2, 3, width)
    with torch.no_grad():
        rotation = rotary_angles(4, 100.0, 0, 3, torch.float64)
        pattern = attention_pattern(torch.ones(2, 3, dtype=torch.bool), 3)
        attended, (keys, values) = attention(hidden, rotation, pattern)
        wanted = attention_by_hand(attention, hidden, kv_heads, 100.0)
    torch.testing.assert_close(attended, wanted, rtol=1e-10, atol=1e-12)
    assert keys.shape == values.shape == (2, kv_heads, 3, 4)


def test_attention_over_a_past_equals_the_end_of_attention_over_all():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        attention = GroupedQueryAttention(8, 2, 1).double()
    hidden, mask = seeded(2, 5, 8), torch.ones(2, 5, dtype=torch.bool)

    def attend(start: int, end: int, past: tuple[torch.Tensor, torch.Tensor] | None):
        rotation = rotary_angles(4, 100.0, start, end - start, torch.float64)
        pattern = attention_pattern(mask[:, :end], end - start)
        return attention(hidden[:, start:end], rotation, pattern, past)

    attended, whole = attend(0, 5, None)
    _, past = attend(0, 3, None)
    rest, joined = attend(3, 5, past)
    torch.testing.assert_close(rest, attended[:, 3:], rtol=1e-10, atol=1e-12)
    torch.testing.assert_close(joined, whole, rtol=1e-10, atol=1e-12)


def test_attention_has_no_bias_and_smaller_key_and_value_weights():
    attention = GroupedQueryAttention(16, 4, 2)
    shapes = {name: tuple(weight.shape) for name, weight in attention.named_parameters()}
    assert shapes == {
        "query.weight": (16, 16),
        "key.weight": (8, 16),
        "value.weight": (8, 16),
        "output.weight": (16, 16),
    }


def test_rotary_angles_are_position_times_falling_powers_of_the_base():
    cos, sin = rotary_angles(6, 50.0, 3, 2, torch.float64)
    angles = [[at * 50.0 ** (-2 * pair / 6) for pair in range(3)] for at in (3, 4)]
    wanted = torch.tensor(angles, dtype=torch.float64)
    torch.testing.assert_close(cos, wanted.cos(), rtol=1e-12, atol=0)
    torch.testing.assert_close(sin, wanted.sin(), rtol=1e-12, atol=0)


def test_half_precision_angles_are_computed_before_they_are_rounded():
    cos, sin = rotary_angles(4, 10_000.0, 1000, 7, torch.bfloat16)
    exact_cos, exact_sin = rotary_angles(4, 10_000.0, 1000, 7, torch.float32)
    assert cos.dtype == sin.dtype == torch.bfloat16
    assert torch.equal(cos, exact_cos.bfloat16())
    assert torch.equal(sin, exact_sin.bfloat16())


def test_a_rotation_turns_each_pair_of_halves_by_its_angle():
    x = torch.tensor([1.0, 0.0, 0.0, 2.0], dtype=torch.float64).view(1, 1, 1, 4)
    angles = torch.tensor([[math.pi / 2, math.pi / 6]], dtype=torch.float64)
    turned = rotate(x, (angles.cos(), angles.sin())).flatten().tolist()
    assert turned == pytest.approx([0, -1, 1, math.sqrt(3)], abs=1e-12)


def test_a_rotation_keeps_lengths_and_depends_on_the_distance_only():
    query, key = seeded(1, 1, 1, 8, seed=1), seeded(1, 1, 1, 8, seed=2)

    def score(query_at: int, key_at: int) -> float:
        turned = [
            rotate(x, rotary_angles(8, 10_000.0, at, 1, torch.float64))
            for x, at in ((query, query_at), (key, key_at))
        ]
        return float((turned[0] * turned[1]).sum())

    assert score(7, 7) == pytest.approx(float((query * key).sum()), rel=1e-10)
    assert score(9, 4) == pytest.approx(score(5, 0), rel=1e-10)
    assert score(9, 4) != pytest.approx(score(4, 9), rel=1e-3)


def test_each_position_attends_to_itself_and_to_what_came_before():
    pattern = attention_pattern(torch.ones(1, 3, dtype=torch.bool), 3)
    assert pattern.int().tolist() == [[[[1, 0, 0], [1, 1, 0], [1, 1, 1]]]]


def test_the_last_positions_attend_to_the_past_too():
    pattern = attention_pattern(torch.ones(1, 4, dtype=torch.bool), 2)
    assert pattern.int().tolist() == [[[[1, 1, 1, 0], [1, 1, 1, 1]]]]


def test_only_padding_itself_attends_to_padding():
    mask = torch.tensor([[False, True, True], [True, False, True]])
    assert attention_pattern(mask, 3).int().tolist() == [
        [[[1, 0, 0], [0, 1, 0], [0, 1, 1]]],
        [[[1, 0, 0], [1, 1, 0], [1, 0, 1]]],
    ]
