from __future__ import annotations

import dataclasses
import math
from typing import Any

import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - as in the code under test

from training.attention import attention_pattern, rotary_angles
from training.gqa_transformer import (
    Block,
    KVCache,
    ModelConfig,
    RMSNorm,
    StudentLM,
    SwiGLU,
    build_student,
)


def make_config(**changed: Any) -> ModelConfig:
    sizes: dict[str, Any] = {
        "vocabulary_size": 11,
        "width": 16,
        "layers": 2,
        "heads": 4,
        "kv_heads": 2,
        "feed_forward_width": 12,
        "max_positions": 8,
    }
    return ModelConfig(**(sizes | changed))


def make_student(seed: int = 0, **changed: Any) -> StudentLM:
    """Make a student in double precision, its weights so large that every part matters."""
    student = build_student(make_config(**changed), seed).double()
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for weight in student.parameters():
            if weight.dim() == 2:
                weight.mul_(15)
            else:
                weight.add_(torch.rand(weight.shape, generator=generator))
    return student


def make_tokens(batch: int, sequence: int, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(11, (batch, sequence), generator=generator)


def assert_equal_numbers(actual: torch.Tensor, wanted: torch.Tensor) -> None:
    torch.testing.assert_close(actual, wanted, rtol=1e-9, atol=1e-10)


def test_rms_norm_divides_by_the_root_mean_square_and_scales_by_its_weight():
    norm = RMSNorm(3, 0.5).double()
    with torch.no_grad():
        norm.weight.copy_(torch.tensor([1.0, 2.0, -1.0]))
    x = torch.tensor([[[1.0, -2.0, 4.0], [0.0, 0.0, 0.0]]], dtype=torch.float64)
    root = math.sqrt((1 + 4 + 16) / 3 + 0.5)
    wanted = [[[1 / root, -4 / root, -4 / root], [0.0, 0.0, 0.0]]]
    assert_equal_numbers(norm(x), torch.tensor(wanted, dtype=torch.float64))


def test_rms_norm_starts_with_weights_of_one():
    assert RMSNorm(3, 1e-6).weight.tolist() == [1.0, 1.0, 1.0]


def test_rms_norm_in_half_precision_does_not_overflow_and_keeps_the_dtype():
    norm = RMSNorm(2, 1e-6).half()
    result = norm(torch.tensor([[[60_000.0, 60_000.0]]]).half())
    assert result.dtype == torch.float16
    assert result.flatten().tolist() == [1.0, 1.0]


def test_swiglu_gates_one_projection_with_the_other():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        feed_forward = SwiGLU(3, 4).double()
    x = torch.tensor([0.5, -1.0, 2.0], dtype=torch.float64)
    gate = (feed_forward.gate.weight @ x).tolist()
    up = (feed_forward.up.weight @ x).tolist()
    inner = [g / (1 + math.exp(-g)) * u for g, u in zip(gate, up, strict=True)]
    wanted = feed_forward.down.weight @ torch.tensor(inner, dtype=torch.float64)
    assert_equal_numbers(feed_forward(x), wanted)
    assert {name for name, _ in feed_forward.named_parameters()} == {
        "gate.weight",
        "up.weight",
        "down.weight",
    }


def test_a_block_adds_attention_then_feed_forward_of_the_normed_input():
    block = make_student().blocks[0]
    assert isinstance(block, Block)
    hidden = torch.randn(2, 3, 16, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    rotation = rotary_angles(4, 10_000.0, 0, 3, torch.float64)
    allowed = attention_pattern(torch.ones(2, 3, dtype=torch.bool), 3)
    attended = block.attention(block.attention_norm(hidden), rotation, allowed)[0]
    middle = hidden + attended
    wanted = middle + block.feed_forward(block.feed_forward_norm(middle))
    assert_equal_numbers(block(hidden, rotation, allowed)[0], wanted)


def test_the_student_is_embedding_blocks_norm_and_the_embedding_again():
    student, tokens = make_student(halt_head=True, rope_base=77.0), make_tokens(2, 5)
    hidden = student.embedding.weight[tokens]
    rotation = rotary_angles(4, 77.0, 0, 5, torch.float64)
    allowed = attention_pattern(torch.ones(2, 5, dtype=torch.bool), 5)
    output = student(tokens)
    assert len(output.hidden_states) == len(student.blocks) == 2
    for block, state in zip(student.blocks, output.hidden_states, strict=True):
        hidden = block(hidden, rotation, allowed)[0]
        assert_equal_numbers(state, hidden)
    final = hidden / (hidden.square().mean(-1, keepdim=True) + 1e-6).sqrt() * student.norm.weight
    assert_equal_numbers(output.logits, final @ student.embedding.weight.T)
    assert_equal_numbers(output.halt_logits, final @ student.halt.weight.T)
    assert output.logits.shape == (2, 5, 11)
    assert output.halt_logits.shape == (2, 5, 2)


def test_the_settings_reach_the_parts_they_are_for():
    student = build_student(make_config(norm_epsilon=0.25, feed_forward_width=9), 0)
    norms = [module for module in student.modules() if isinstance(module, RMSNorm)]
    assert [norm.epsilon for norm in norms] == [0.25] * 5
    assert student.blocks[1].feed_forward.up.weight.shape == (9, 16)
    assert student.blocks[1].attention.key.weight.shape == (8, 16)
    assert student.blocks[1].attention.query.weight.shape == (16, 16)


def test_without_a_halt_head_there_are_no_halt_logits():
    student = make_student()
    assert student.halt is None
    assert student(make_tokens(1, 2)).halt_logits is None


def test_the_output_weights_are_the_embedding_and_stored_once():
    student = build_student(make_config(halt_head=True), 0)
    names = {name for name, _ in student.named_parameters() if "blocks" not in name}
    assert names == {"embedding.weight", "norm.weight", "halt.weight"}


@pytest.mark.parametrize("steps", [[1] * 7, [3, 4], [1, 5, 1], [6, 1]])
def test_reading_step_by_step_equals_one_full_pass(steps):
    student, tokens = make_student(halt_head=True), make_tokens(3, 7)
    full = student(tokens)
    cache, outputs = None, []
    for part in tokens.split(steps, dim=1):
        outputs.append(student(part, cache=cache))
        cache = outputs[-1].cache
    assert_equal_numbers(torch.cat([o.logits for o in outputs], dim=1), full.logits)
    assert_equal_numbers(torch.cat([o.halt_logits for o in outputs], dim=1), full.halt_logits)
    for layer in range(2):
        states = torch.cat([o.hidden_states[layer] for o in outputs], dim=1)
        assert_equal_numbers(states, full.hidden_states[layer])
        assert_equal_numbers(cache.keys[layer], full.cache.keys[layer])
        assert_equal_numbers(cache.values[layer], full.cache.values[layer])
    assert torch.equal(cache.mask, full.cache.mask)


def test_reading_padded_tokens_step_by_step_equals_one_full_pass():
    student, tokens = make_student(), make_tokens(2, 6)
    mask = torch.tensor([[False, False, True, True, True, True], [True] * 6])
    full = student(tokens, mask)
    first = student(tokens[:, :4], mask[:, :4])
    second = student(tokens[:, 4:], mask[:, 4:], cache=first.cache)
    logits = torch.cat([first.logits, second.logits], dim=1)
    assert_equal_numbers(logits[mask], full.logits[mask])
    assert torch.equal(second.cache.mask, mask)
    unmasked = student(tokens[:, 4:], cache=first.cache)
    assert_equal_numbers(unmasked.logits, second.logits)


def test_reading_on_leaves_the_earlier_cache_as_it_was():
    student, tokens = make_student(), make_tokens(1, 4)
    cache = student(tokens[:, :2]).cache
    keys = [key.clone() for key in cache.keys]
    once = student(tokens[:, 2:], cache=cache).logits
    assert all(torch.equal(a, b) for a, b in zip(cache.keys, keys, strict=True))
    assert torch.equal(student(tokens[:, 2:], cache=cache).logits, once)


def test_a_later_token_never_changes_an_earlier_position():
    student, tokens = make_student(), make_tokens(1, 6)
    changed = tokens.clone()
    changed[0, 4] = (tokens[0, 4] + 1) % 11
    before, after = student(tokens).logits, student(changed).logits
    assert torch.equal(before[:, :4], after[:, :4])
    assert (before[:, 4:] - after[:, 4:]).abs().amax(dim=2).gt(1e-3).all()


def test_padding_before_or_after_the_text_does_not_change_it():
    student, tokens = make_student(), make_tokens(1, 4)
    padding = torch.full((1, 2), 3)
    real, absent = torch.ones(1, 4, dtype=torch.bool), torch.zeros(1, 2, dtype=torch.bool)
    plain = student(tokens).logits
    left = student(torch.cat([padding, tokens], 1), torch.cat([absent, real], 1)).logits
    right = student(torch.cat([tokens, padding], 1), torch.cat([real, absent], 1)).logits
    assert_equal_numbers(left[:, 2:], plain)
    assert_equal_numbers(right[:, :4], plain)
    assert left.isfinite().all()
    unmasked = student(torch.cat([padding, tokens], 1)).logits
    assert (unmasked[:, 2:] - plain).abs().max() > 1e-3


def test_the_order_of_the_tokens_matters():
    student = make_student()
    one, other = torch.tensor([[1, 2, 3]]), torch.tensor([[2, 1, 3]])
    assert (student(one).logits[:, 2] - student(other).logits[:, 2]).abs().max() > 1e-3


def test_every_weight_gets_a_gradient():
    student, tokens = make_student(halt_head=True), make_tokens(2, 6)
    output = student(tokens)
    loss = F.cross_entropy(output.logits.flatten(0, 1), tokens.flatten())
    (loss + output.halt_logits.square().sum()).backward()
    assert [name for name, p in student.named_parameters() if not p.grad.abs().sum() > 0] == []


def test_a_student_in_half_precision_answers_in_half_precision():
    output = build_student(make_config(), 0).bfloat16()(make_tokens(1, 4))
    assert output.logits.dtype == output.cache.keys[0].dtype == torch.bfloat16
    assert output.logits.isfinite().all()


def test_the_weights_depend_on_the_seed_alone_and_the_global_generator_is_left():
    before = torch.random.get_rng_state()
    first = build_student(make_config(), 1).state_dict()
    assert torch.equal(torch.random.get_rng_state(), before)
    torch.rand(3)
    second = build_student(make_config(), 1).state_dict()
    assert all(torch.equal(first[name], second[name]) for name in first)
    other = build_student(make_config(), 2).state_dict()
    assert not torch.equal(first["embedding.weight"], other["embedding.weight"])


@pytest.mark.parametrize("deviation", [0.02, 0.3])
def test_every_matrix_starts_with_the_deviation_asked_for(deviation):
    sizes = {"vocabulary_size": 200, "width": 64, "feed_forward_width": 200}
    config = make_config(**sizes, halt_head=True, initial_deviation=deviation)
    student = build_student(config, 0)
    matrices = {name: weight for name, weight in student.named_parameters() if weight.dim() == 2}
    assert len(matrices) == 1 + 2 * 7 + 1
    for name, weight in matrices.items():
        assert weight.std().item() == pytest.approx(deviation, rel=0.25), name
        assert weight.mean().item() == pytest.approx(0, abs=deviation / 4), name


def test_a_position_at_the_limit_is_read_and_one_past_it_refused(refusal):
    student = make_student()
    assert student(make_tokens(1, 8)).logits.shape == (1, 8, 11)
    wanted = "token_ids must end within 8 positions, got 9"
    assert refusal(lambda: student(make_tokens(1, 9))) == wanted
    cache = student(make_tokens(1, 5)).cache
    assert student(make_tokens(1, 3), cache=cache).cache.mask.shape == (1, 8)
    assert refusal(lambda: student(make_tokens(1, 4), cache=cache)) == wanted


@pytest.mark.parametrize(
    ("tokens", "mask", "wanted"),
    [
        (torch.zeros(1, 2), None, "token_ids must have the dtype torch.int64, got torch.float32"),
        (
            torch.tensor([1, 2]),
            None,
            "token_ids must have the axes [batch, sequence], got the shape [2]",
        ),
        (
            torch.zeros(0, 2, dtype=torch.int64),
            None,
            "token_ids must not be empty, got the shape [0, 2]",
        ),
        (torch.tensor([[0, 11]]), None, "token_ids must lie from 0 to 10, got 11"),
        (torch.tensor([[-1, 10]]), None, "token_ids must lie from 0 to 10, got -1"),
        (
            torch.tensor([[0, 10]]),
            torch.ones(1, 2),
            "attention_mask must have the dtype torch.bool, got torch.float32",
        ),
        (
            torch.tensor([[0, 10]]),
            torch.tensor([[True]]),
            "attention_mask must have the shape [1, 2] to fit token_ids, got [1, 1]",
        ),
    ],
)
def test_tokens_that_cannot_be_read_are_refused(refusal, tokens, mask, wanted):
    student = make_student()
    assert refusal(lambda: student(tokens, mask)) == wanted


def test_a_cache_of_another_batch_or_depth_is_refused(refusal):
    student = make_student()
    cache = student(make_tokens(2, 3)).cache
    wanted = "cache mask must begin with the axes [1] to fit token_ids, got [2, 3]"
    assert refusal(lambda: student(make_tokens(1, 1), cache=cache)) == wanted
    shallow = KVCache(cache.keys[:1], cache.values[:1], cache.mask)
    wanted = "cache must have 2 layers, got 1"
    assert refusal(lambda: student(make_tokens(2, 1), cache=shallow)) == wanted


def test_a_config_cannot_be_changed_and_has_these_defaults():
    config = make_config()
    assert (config.rope_base, config.norm_epsilon, config.halt_head) == (10_000.0, 1e-6, False)
    assert config.initial_deviation == 0.02
    with pytest.raises(dataclasses.FrozenInstanceError):
        config.width = 32
    assert not hasattr(config, "__dict__")


def test_the_smallest_config_is_allowed_and_runs():
    config = ModelConfig(2, 2, 1, 1, 1, 1, 2)
    assert (config.head_width, type(config.head_width)) == (2, int)
    assert build_student(config, 0)(torch.tensor([[0, 1]])).logits.shape == (1, 2, 2)


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("vocabulary_size", 1, "a whole number of at least 2"),
        ("width", 1, "a whole number of at least 2"),
        ("layers", 0, "a whole number of at least 1"),
        ("heads", 0, "a whole number of at least 1"),
        ("kv_heads", 0, "a whole number of at least 1"),
        ("feed_forward_width", 0, "a whole number of at least 1"),
        ("max_positions", 1, "a whole number of at least 2"),
        ("rope_base", 0.0, "a finite number above 0"),
        ("norm_epsilon", math.nan, "a finite number above 0"),
        ("initial_deviation", 0.0, "a finite number above 0"),
    ],
)
def test_a_size_out_of_range_is_refused(refusal, name, value, rule):
    wanted = f"{name} must be {rule}, got {value}"
    assert refusal(lambda: make_config(**{name: value})) == wanted


def test_heads_must_leave_an_even_width_to_each(refusal):
    wanted = "heads must divide width into even parts, got 16"
    assert refusal(lambda: make_config(heads=16)) == wanted
    wanted = "heads must divide width into even parts, got 3"
    assert refusal(lambda: make_config(heads=3, kv_heads=3)) == wanted
    assert make_config(heads=8).head_width == 2


def test_kv_heads_must_divide_the_heads(refusal):
    assert refusal(lambda: make_config(kv_heads=3)) == "kv_heads must divide heads, got 3"
    assert refusal(lambda: make_config(kv_heads=8)) == "kv_heads must divide heads, got 8"


def test_a_seed_is_a_whole_number_from_zero(refusal):
    wanted = "seed must be a whole number of at least 0, got -1"
    assert refusal(lambda: build_student(make_config(), -1)) == wanted
