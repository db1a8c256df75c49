from __future__ import annotations

import copy
import math
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from training import fake_quantize, observers, quant_qat_int8, quantized_linear
from training.attention import GroupedQueryAttention, attention_pattern, rotary_angles
from training.gqa_transformer import ModelConfig, StudentLM, build_student
from training.quant_qat_int8 import (
    MODES,
    FakeQuantize,
    QuantizationConfig,
    QuantizedAttention,
    QuantizedLinear,
    dequantize_int8,
    export_int8,
    fold_weights,
    quantize_model,
    quantized_linears,
    switch_quantization,
)

BLOCK = [
    "attention.query",
    "attention.key",
    "attention.value",
    "attention.output",
    "feed_forward.gate",
    "feed_forward.up",
    "feed_forward.down",
]
NOT_OBSERVED = "nothing was observed yet: run the model in training mode first"


def make_student(**changed: Any) -> StudentLM:
    """Make a student in double precision, its weights so large that every part matters."""
    sizes: dict[str, Any] = {
        "vocabulary_size": 11,
        "width": 8,
        "layers": 2,
        "heads": 2,
        "kv_heads": 1,
        "feed_forward_width": 12,
        "max_positions": 8,
        "halt_head": True,
    }
    student = build_student(ModelConfig(**(sizes | changed)), seed=0).double()
    with torch.no_grad():
        for weight in student.parameters():
            weight.mul_(15 if weight.dim() == 2 else 1)
    return student


def make_tokens(batch: int = 3, sequence: int = 6, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(11, (batch, sequence), generator=generator)


def make_quantized(**changed: Any) -> StudentLM:
    """Make a quantised student that has read a batch, in training mode."""
    student = make_student(**changed)
    quantize_model(student)
    student(make_tokens())
    return student


def make_attention() -> GroupedQueryAttention:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return GroupedQueryAttention(8, 2, 1).double()


def train(student: StudentLM, optimizer: torch.optim.Optimizer, seeds: range) -> list[float]:
    losses = []
    for seed in seeds:
        tokens = make_tokens(seed=seed % 2)
        logits = student(tokens[:, :-1]).logits
        loss = nn.functional.cross_entropy(logits.flatten(0, 1), tokens[:, 1:].flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def assert_equal_states(model: nn.Module, other: nn.Module) -> None:
    state, wanted = model.state_dict(), other.state_dict()
    assert state.keys() == wanted.keys()
    assert [key for key in state if not torch.equal(state[key], wanted[key])] == []


def test_everything_of_the_topic_is_in_one_module():
    inner = {"make_input_quantizer", "require_features"}
    for module in (observers, fake_quantize, quantized_linear):
        own = {
            name: value
            for name, value in vars(module).items()
            if getattr(value, "__module__", "") == module.__name__ and name[0] != "_"
        }
        assert own.keys() - inner <= set(quant_qat_int8.__all__)
        assert all(getattr(quant_qat_int8, name) is own[name] for name in own.keys() - inner)


def test_quantised_attention_is_attention_with_quantised_maps():
    attention = make_attention()
    config = QuantizationConfig(weight_bits=5, input_bits=6)
    quantized = QuantizedAttention(attention, config)
    assert isinstance(quantized, GroupedQueryAttention)
    for name in ("query", "key", "value", "output"):
        layer = getattr(quantized, name)
        assert isinstance(layer, QuantizedLinear)
        assert layer.weight is getattr(attention, name).weight
        assert layer.weight_quantizer.observer.scheme.bits == 5
        assert layer.input_quantizer.observer.scheme.bits == 6
    assert (quantized.head_width, quantized.group) == (4, 2)
    assert quantized.training


def test_what_query_key_and_value_read_has_one_range_and_what_output_reads_another():
    attention = QuantizedAttention(make_attention())
    shared = attention.query.input_quantizer
    assert attention.key.input_quantizer is attention.value.input_quantizer is shared
    assert attention.output.input_quantizer is not shared
    assert shared.observer.minimum.dtype == torch.float64


def test_quantised_attention_attends_with_rounded_maps():
    attention = make_attention()
    quantized = QuantizedAttention(copy.deepcopy(attention))
    hidden = torch.randn(2, 5, 8, generator=torch.Generator().manual_seed(1)).double()
    rotation = rotary_angles(4, 10_000.0, 0, 5, torch.float64)
    allowed = attention_pattern(torch.ones(2, 5, dtype=torch.bool), 5)
    attended, (keys, values) = quantized(hidden, rotation, allowed)

    rounded = quantized.query.input_quantizer(hidden)
    with torch.no_grad():
        for name in ("query", "key", "value"):
            layer = getattr(quantized, name)
            getattr(attention, name).weight.copy_(layer.weight_quantizer(layer.weight))
    attention.output = quantized.output
    wanted, (wanted_keys, wanted_values) = attention(rounded, rotation, allowed)
    torch.testing.assert_close(attended, wanted)
    torch.testing.assert_close(keys, wanted_keys)
    torch.testing.assert_close(values, wanted_values)


def test_each_attention_and_linear_map_of_a_student_is_replaced_and_named():
    student = make_student()
    names = quantize_model(student)
    assert list(names) == [f"blocks.{i}.{name}" for i in (0, 1) for name in BLOCK] + ["halt"]
    assert all(type(student.get_submodule(name)) is QuantizedLinear for name in names)
    assert all(type(block.attention) is QuantizedAttention for block in student.blocks)
    assert not any(type(module) is nn.Linear for module in student.modules())
    assert list(quantized_linears(student)) == list(names)


def test_parameters_stay_the_same_objects_under_the_same_names():
    student = make_student()
    before = dict(student.named_parameters())
    random_state = torch.get_rng_state()
    quantize_model(student)
    after = dict(student.named_parameters())
    assert after.keys() == before.keys()
    assert all(after[name] is before[name] for name in before)
    assert torch.equal(torch.get_rng_state(), random_state)


def test_the_output_stays_tied_to_the_embedding():
    student = make_quantized()
    tokens = make_tokens()
    output = student.eval()(tokens)
    final = student.norm(output.hidden_states[-1])
    assert torch.equal(output.logits, nn.functional.linear(final, student.embedding.weight))
    assert type(student.embedding) is nn.Embedding


def test_weights_tied_between_modules_stay_tied():
    model = nn.ModuleDict({"embedding": nn.Embedding(7, 4), "head": nn.Linear(4, 7, bias=False)})
    model["head"].weight = model["embedding"].weight
    assert quantize_model(model) == ("head",)
    assert model["head"].weight is model["embedding"].weight


def test_a_map_that_is_used_twice_is_replaced_by_one_that_is_used_twice():
    linear = nn.Linear(4, 4)
    model = nn.Sequential(linear, nn.ReLU(), linear)
    assert quantize_model(model) == ("0", "2")
    assert type(model[0]) is QuantizedLinear
    assert model[0] is model[2]
    model(torch.ones(2, 4))
    assert set(export_int8(model)) >= {"0.weight_scale", "2.weight_scale"}


@pytest.mark.parametrize("training", [True, False])
def test_the_model_stays_in_its_mode(training):
    student = make_student().train(training)
    quantize_model(student)
    assert {module.training for module in student.modules()} == {training}


def test_the_config_reaches_every_map():
    student = make_student()
    quantize_model(student, QuantizationConfig(weight_bits=3, input_bits=5, signed_inputs=True))
    for layer in quantized_linears(student).values():
        assert layer.weight_quantizer.observer.scheme.bits == 3
        assert layer.input_quantizer.observer.scheme.bits == 5
        assert layer.input_quantizer.observer.scheme.signed


def test_what_is_skipped_stays_in_floating_point():
    student = make_student()
    names = quantize_model(student, skip=["halt", "blocks.0.attention", "blocks.1.feed_forward"])
    wanted = [f"blocks.0.{name}" for name in BLOCK if "feed" in name]
    wanted += [f"blocks.1.{name}" for name in BLOCK if "attention" in name]
    assert list(names) == wanted
    assert type(student.halt) is nn.Linear
    assert type(student.blocks[0].attention) is GroupedQueryAttention
    assert type(student.blocks[1].feed_forward.up) is nn.Linear


def test_skipping_a_name_keeps_no_other_that_begins_with_it():
    model = nn.ModuleDict({"map": nn.Linear(2, 2), "map2": nn.Linear(2, 2)})
    assert quantize_model(model, skip=("map",)) == ("map2",)


@pytest.mark.parametrize("name", ["nothing", "blocks.0.attention.query", "embedding", "block", ""])
def test_a_skipped_name_that_keeps_nothing_is_refused(refusal, name):
    student = make_student()
    message = refusal(lambda: quantize_model(student, skip=["halt", name]))
    assert message == f"skip must name an attention, a linear map or their parent: {name!r}"
    assert type(student.blocks[0].attention) is GroupedQueryAttention


def test_a_model_is_not_quantised_twice(refusal):
    student = make_student()
    quantize_model(student, skip=["halt"])
    message = refusal(lambda: quantize_model(student))
    assert message == "model must be in floating point, but it is quantised already"
    assert type(student.halt) is nn.Linear


def test_a_model_with_nothing_to_quantise_is_refused(refusal):
    message = "model must hold a linear map to quantise"
    assert refusal(lambda: quantize_model(nn.Linear(2, 2))) == message
    assert refusal(lambda: quantize_model(nn.Embedding(2, 2))) == message
    student = make_student(halt_head=False)
    assert refusal(lambda: quantize_model(student, skip=["blocks"])) == message


def test_a_subclass_of_linear_is_left_alone():
    model = nn.Sequential(nn.MultiheadAttention(4, 1), nn.Linear(4, 4))
    assert quantize_model(model) == ("1",)


def test_the_maps_of_an_attention_that_is_the_model_itself_are_replaced():
    attention = make_attention()
    assert quantize_model(attention) == ("query", "key", "value", "output")


@pytest.mark.parametrize("name", ["halt", "blocks.1.attention"])
def test_weights_that_are_not_finite_are_refused_and_nothing_is_replaced(refusal, name):
    student = make_student()
    with torch.no_grad():
        next(student.get_submodule(name).parameters())[0, 0] = math.inf
    message = refusal(lambda: quantize_model(student))
    assert message == f"{name}: weight must be finite at every position that counts"
    assert not any(isinstance(module, FakeQuantize) for module in student.modules())


def test_a_disabled_student_computes_exactly_as_before():
    student, tokens = make_student(), make_tokens()
    wanted = student(tokens)
    quantize_model(student)
    for mode in ("observe", "disable"):
        switch_quantization(student, mode)
        output = student(tokens)
        assert torch.equal(output.logits, wanted.logits)
        assert torch.equal(output.halt_logits, wanted.halt_logits)


def test_a_quantised_student_is_close_to_what_it_was_but_not_equal():
    student, tokens = make_student(), make_tokens()
    wanted = student(tokens).logits
    quantize_model(student)
    difference = (student(tokens).logits - wanted).abs().max() / wanted.abs().max()
    assert 1e-5 < difference < 0.05


@pytest.mark.parametrize("frozen", [True, False])
@pytest.mark.parametrize("lengths", [[1] * 6, [4, 2]])
def test_reading_step_by_step_equals_one_full_pass(lengths, frozen):
    student, tokens = make_quantized().eval(), make_tokens()
    if frozen:
        switch_quantization(student, "freeze")
    full = student(tokens)
    cache, logits = None, []
    for part in tokens.split(lengths, dim=1):
        output = student(part, cache=cache)
        cache = output.cache
        logits.append(output.logits)
    torch.testing.assert_close(torch.cat(logits, dim=1), full.logits, rtol=1e-9, atol=1e-9)


def test_what_padding_holds_changes_no_other_position():
    student, tokens = make_quantized().eval(), make_tokens()
    mask = torch.ones_like(tokens, dtype=torch.bool)
    mask[:, :2] = False
    other = torch.where(mask, tokens, (tokens + 1) % 11)
    first, second = student(tokens, mask).logits, student(other, mask).logits
    torch.testing.assert_close(first[:, 2:], second[:, 2:], rtol=1e-9, atol=1e-9)
    assert not torch.equal(first[:, :2], second[:, :2])


def test_evaluation_changes_no_state():
    student = make_quantized()
    before = copy.deepcopy(student)
    student.eval()(make_tokens(seed=5))
    assert_equal_states(student, before)


def test_an_optimizer_made_before_goes_on_and_the_student_learns():
    student = make_student()
    optimizer = torch.optim.Adam(student.parameters(), lr=0.01)
    train(student, optimizer, range(2))
    quantize_model(student)
    losses = train(student, optimizer, range(30))
    # With any of six seeds it falls to 0.62 of what it was at the highest.
    assert losses[-1] < 0.8 * losses[0]
    assert all(weight.grad is not None for weight in student.blocks.parameters())


def test_training_that_resumes_from_a_checkpoint_equals_training_that_went_on(tmp_path: Path):
    student = make_student()
    quantize_model(student)
    optimizer = torch.optim.SGD(student.parameters(), lr=0.1)
    train(student, optimizer, range(2))
    switch_quantization(student, "freeze")
    switch_quantization(student, "enable")
    student.blocks[0].attention.output.input_quantizer.freeze()
    torch.save(student.state_dict(), tmp_path / "checkpoint.pt")

    resumed = make_student()
    quantize_model(resumed)
    resumed.load_state_dict(torch.load(tmp_path / "checkpoint.pt", weights_only=True))
    assert_equal_states(resumed, student)
    assert resumed.blocks[0].attention.output.input_quantizer.mode == "freeze"
    train(student, optimizer, range(2, 4))
    train(resumed, torch.optim.SGD(resumed.parameters(), lr=0.1), range(2, 4))
    assert_equal_states(resumed, student)


def test_a_checkpoint_in_floating_point_is_not_taken_for_a_quantised_one():
    student = make_student()
    state = student.state_dict()
    quantize_model(student)
    with pytest.raises(RuntimeError, match=r"Missing key.*input_quantizer\.observer\.minimum"):
        student.load_state_dict(state)


@pytest.mark.parametrize("mode", MODES)
def test_all_quantizers_of_a_model_are_switched(mode):
    student = make_quantized()
    switch_quantization(student, mode)
    quantizers = [module for module in student.modules() if isinstance(module, FakeQuantize)]
    # Seven maps a layer and the halt head; three of each layer share an input.
    assert len(quantizers) == 2 * (7 + 5) + 2
    assert {quantizer.mode for quantizer in quantizers} == {mode}


def test_a_mode_that_does_not_exist_is_refused(refusal):
    message = refusal(lambda: switch_quantization(make_quantized(), "thaw"))
    assert message == "mode must be one of observe, enable, freeze, disable, got 'thaw'"


def test_a_model_in_floating_point_can_be_neither_switched_nor_exported(refusal):
    message = "model must be quantised, but holds no quantised linear map"
    student = make_student()
    assert refusal(lambda: switch_quantization(student, "enable")) == message
    assert refusal(lambda: export_int8(student)) == message
    assert refusal(lambda: quantized_linears(student)) == message


def test_freezing_before_anything_was_read_is_refused_and_switches_nothing(refusal):
    student = make_student()
    quantize_model(student)
    student.blocks[0](
        torch.ones(1, 1, 8).double(),
        rotary_angles(4, 10.0, 0, 1, torch.float64),
        torch.ones(1, 1, 1, 1, dtype=torch.bool),
    )
    message = refusal(lambda: switch_quantization(student, "freeze"))
    assert message == f"blocks.1.attention.query: {NOT_OBSERVED}"
    assert refusal(lambda: export_int8(student)) == message
    assert student.blocks[0].attention.query.input_quantizer.mode == "enable"
    switch_quantization(student, "disable")
    switch_quantization(student, "enable")


def test_weights_of_zero_are_not_frozen(refusal):
    student = make_quantized()
    with torch.no_grad():
        student.halt.weight.zero_()
    message = refusal(lambda: switch_quantization(student, "freeze"))
    assert message == "halt: the observed range has width 0: nothing but zeros was seen"
    assert student.blocks[0].feed_forward.up.weight_quantizer.mode == "enable"


@pytest.mark.parametrize("use", [lambda model: switch_quantization(model, "freeze"), export_int8])
def test_weights_that_are_no_longer_finite_are_neither_frozen_nor_exported(refusal, use):
    student = make_quantized()
    with torch.no_grad():
        student.halt.weight[0, 0] = math.nan
    message = refusal(lambda: use(student))
    assert message == "halt: weight must be finite at every position that counts"


def test_freezing_keeps_the_range_of_the_weights_at_hand():
    student = make_quantized()
    with torch.no_grad():
        student.halt.weight.mul_(2)
    wanted = student.halt.weight.amax(dim=1)
    switch_quantization(student, "freeze")
    with torch.no_grad():
        student.halt.weight.mul_(2)
    switch_quantization(student, "freeze")
    assert torch.equal(student.halt.weight_quantizer.observer.maximum, wanted)


def test_a_folded_student_computes_the_same_with_weights_that_are_rounded_already():
    student = make_quantized()
    before = copy.deepcopy(student.state_dict())
    switch_quantization(student, "freeze")
    folded = fold_weights(student)
    assert torch.equal(folded(make_tokens()).logits, student(make_tokens()).logits)
    for name, layer in quantized_linears(student).items():
        copied = folded.get_submodule(name)
        levels, scale = layer.weight_levels()
        assert torch.equal(copied.weight, levels * scale[:, None])
        assert (copied.weight.requires_grad, layer.weight.requires_grad) == (False, True)
        assert (copied.weight_quantizer.mode, copied.input_quantizer.mode) == ("disable", "freeze")
        assert layer.weight_quantizer.mode == "freeze"
        assert torch.equal(layer.weight, before[f"{name}.weight"])
    assert folded.embedding.weight.requires_grad


def test_folding_leaves_alone_what_is_not_frozen_and_who_else_has_the_weight():
    student = make_quantized()
    assert_equal_states(fold_weights(student), student)
    switch_quantization(student, "freeze")
    student.also = nn.Linear(1, 1)
    student.also.weight = student.blocks[0].attention.query.weight
    folded = fold_weights(student)
    assert torch.equal(folded.also.weight, student.also.weight)
    assert not torch.equal(folded.blocks[0].attention.query.weight, student.also.weight)


def test_an_int8_export_holds_bytes_scales_and_all_that_stays_in_floating_point():
    student = make_quantized()
    exported = export_int8(student)
    layers = quantized_linears(student)
    parts = ("weight", "weight_scale", "input_scale", "input_zero_point", "input_levels")
    floating = {"embedding.weight", "norm.weight"} | {
        f"blocks.{i}.{part}_norm.weight" for i in (0, 1) for part in ("attention", "feed_forward")
    }
    assert set(exported) == {f"{name}.{part}" for name in layers for part in parts} | floating
    assert all(torch.equal(exported[key], student.state_dict()[key]) for key in floating)
    for name, layer in layers.items():
        assert exported[f"{name}.weight"].dtype == torch.int8
        assert exported[f"{name}.weight"].shape == layer.weight.shape
        scale, zero_point = layer.input_quantizer.observer.scale_and_zero_point()
        assert torch.equal(exported[f"{name}.input_scale"], scale)
        assert torch.equal(exported[f"{name}.input_zero_point"], zero_point)
        assert exported[f"{name}.input_levels"].tolist() == [0, 255]
        assert exported[f"{name}.input_levels"].dtype == torch.int32


def test_exported_tensors_are_copies_without_gradients():
    student = make_quantized()
    exported = export_int8(student)
    assert not any(tensor.requires_grad for tensor in exported.values())
    floating = dequantize_int8(exported)
    exported["norm.weight"].zero_()
    assert student.norm.weight.tolist() == [1] * 8
    assert floating["norm.weight"].tolist() == [1] * 8


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("bits", [8, 4])
def test_dequantised_weights_are_exactly_those_that_were_computed_with(dtype, bits):
    student = make_student().to(dtype)
    quantize_model(student, QuantizationConfig(weight_bits=bits))
    student(make_tokens())
    floating = dequantize_int8(export_int8(student))
    for name, layer in quantized_linears(student).items():
        assert floating[f"{name}.weight"].dtype == dtype
        assert torch.equal(floating[f"{name}.weight"], layer.weight_quantizer(layer.weight))


def test_dequantised_tensors_are_a_student_with_the_rounded_weights():
    student, plain = make_quantized().eval(), make_student()
    plain.load_state_dict(dequantize_int8(export_int8(student)))
    for layer in quantized_linears(student).values():
        layer.input_quantizer.disable()
    tokens = make_tokens(seed=3)
    torch.testing.assert_close(plain(tokens).logits, student(tokens).logits)


@pytest.mark.parametrize("signed", [True, False])
def test_whole_number_arithmetic_on_the_export_gives_the_layer_s_result(signed):
    model = nn.Sequential(nn.Linear(6, 4))
    quantize_model(model, QuantizationConfig(signed_inputs=signed))
    x = torch.randn(5, 6, generator=torch.Generator().manual_seed(0)) + 0.5
    wanted = model(x)
    exported = export_int8(model)
    low, high = exported["0.input_levels"].tolist()
    assert (low, high) == ((-128, 127) if signed else (0, 255))
    zero_point = exported["0.input_zero_point"]
    levels = ((x / exported["0.input_scale"]).round().int() + zero_point).clamp(low, high)
    products = (levels - zero_point) @ exported["0.weight"].int().T
    result = products * exported["0.input_scale"] * exported["0.weight_scale"] + exported["0.bias"]
    torch.testing.assert_close(result, wanted)


def test_an_int8_tensor_without_a_scale_for_each_row_is_refused(refusal):
    exported = export_int8(make_quantized())
    exported["halt.weight_scale"] = torch.ones(3)
    message = refusal(lambda: dequantize_int8(exported))
    wanted = "halt.weight_scale must have the shape [2] to fit halt.weight, got [3]"
    assert message == wanted
    del exported["halt.weight_scale"]
    message = refusal(lambda: dequantize_int8(exported))
    assert message == "exported must hold halt.weight_scale beside the int8 halt.weight"
