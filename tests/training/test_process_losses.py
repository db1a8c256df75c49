from __future__ import annotations

import dataclasses
import json
import math

import pytest
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from training import process_losses
from training.process_losses import (
    ProcessSettings,
    argument_loss,
    json_validity_loss,
    process_supervision_loss,
    tool_name_loss,
)

SCHEMA = {"get": {"city": "str", "days": "int"}, "get_all": {}}
CALL = '{"tool": "get", "arguments": {"city": "Rome", "days": 3}}'
BARE = '{"tool": "get_all", "arguments": {}}'
CALL_TOKENS = (
    *('{"', "tool", '":', 'Ġ"', "get", '",', 'Ġ"', "arguments", '":'),
    *('Ġ{"', "city", '":', 'Ġ"', "Rome", '",', 'Ġ"', "days", '":', "Ġ3", "}}"),
)
STRUCTURE = {0, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 19}
TOOL_NAME = {3, 4, 5}
ARGUMENTS = {12, 13, 14, 18}
LOSSES = (json_validity_loss, tool_name_loss, argument_loss)
PARTS = list(zip(LOSSES, (STRUCTURE, TOOL_NAME, ARGUMENTS), strict=True))


@pytest.fixture(scope="session")
def tokenizer() -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=295,
        special_tokens=["<pad>", "<eos>"],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator([CALL, BARE] * 2, trainer)
    return tokenizer


def labels_of(tokenizer: Tokenizer, *texts: str) -> torch.Tensor:
    """Labels [batch, sequence]: two ignored positions of a prompt, the text, its end, padding."""
    rows = [[-100, -100, *tokenizer.encode(text).ids, 1] for text in texts]
    longest = max(map(len, rows))
    return torch.tensor([row + [-100] * (longest - len(row)) for row in rows])


def logits_for(labels: torch.Tensor, seed: int = 1) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return 2 * torch.randn((*labels.shape, 300), generator=generator, dtype=torch.float64)


def mean_surprise(logits: torch.Tensor, labels: torch.Tensor, places: set[int]) -> float:
    """The direct formula, for places in the text of row 0."""
    total = 0.0
    for place in places:
        row = logits[0, 2 + place].tolist()
        total += math.log(sum(map(math.exp, row))) - row[labels[0, 2 + place]]
    return total / len(places)


def test_the_tokens_of_the_call_are_what_these_tests_take_them_for(tokenizer):
    assert tuple(tokenizer.encode(CALL).tokens) == CALL_TOKENS


@pytest.mark.parametrize(("loss", "places"), PARTS)
def test_a_loss_is_the_mean_surprise_at_the_tokens_of_its_part(tokenizer, loss, places):
    labels = labels_of(tokenizer, CALL)
    logits = logits_for(labels)
    wanted = mean_surprise(logits, labels, places)
    assert loss(logits, labels, tokenizer).item() == pytest.approx(wanted, rel=1e-12)


@pytest.mark.parametrize(("loss", "places"), PARTS)
def test_only_the_logits_of_its_part_get_a_gradient(tokenizer, loss, places):
    labels = labels_of(tokenizer, CALL, "no call")
    logits = logits_for(labels).requires_grad_()
    loss(logits, labels, tokenizer).backward()
    moved = logits.grad.ne(0).any(dim=2)
    assert {place - 2 for place in moved[0].nonzero().flatten().tolist()} == places
    assert not moved[1].any()


def test_the_gradient_of_each_loss_is_its_derivative(tokenizer):
    labels = labels_of(tokenizer, '{"tool": "a", "arguments": {"b": 1}}')
    # Of all ids only a few, in their own small vocabulary, so that the check is quick.
    base = logits_for(labels)
    moving = labels[0, 2:-1].unique()
    for loss in LOSSES:

        def of_few(few: torch.Tensor, loss=loss) -> torch.Tensor:
            return loss(base.index_copy(2, moving, few), labels, tokenizer)

        few = base[:, :, moving].clone().requires_grad_()
        assert torch.autograd.gradcheck(of_few, few, fast_mode=True)


def test_a_masked_call_reaches_neither_loss_nor_gradient(tokenizer):
    labels = labels_of(tokenizer, CALL, CALL)
    logits = logits_for(labels)
    mask = torch.tensor([[True], [False]]).expand(labels.shape)
    wanted = [loss(logits[:1], labels[:1], tokenizer).item() for loss in LOSSES]
    labels[1], logits[1] = 10**9, math.nan
    logits.requires_grad_()
    found = [loss(logits, labels, tokenizer, mask) for loss in LOSSES]
    assert [value.item() for value in found] == wanted
    sum(found).backward()
    assert logits.grad[1].eq(0).all()


def test_a_prompt_that_shows_a_call_does_not_count_when_masked(tokenizer):
    labels = labels_of(tokenizer, CALL + " " + BARE)
    logits = logits_for(labels)
    mask = torch.ones_like(labels, dtype=torch.bool)
    mask[:, : 2 + len(CALL_TOKENS)] = False
    tail = slice(2 + len(CALL_TOKENS), None)
    wanted = tool_name_loss(logits[:, tail], labels[:, tail], tokenizer)
    assert torch.equal(tool_name_loss(logits, labels, tokenizer, mask), wanted)


def test_nan_where_no_part_is_reaches_no_loss(tokenizer):
    labels = labels_of(tokenizer, CALL)
    logits = logits_for(labels)
    wanted = [loss(logits, labels, tokenizer).item() for loss in LOSSES]
    for place in (-2, -1, 1, 7, 10, 16, 20):
        logits[0, 2 + place] = math.nan
    assert [loss(logits, labels, tokenizer).item() for loss in LOSSES] == wanted


@pytest.mark.parametrize("loss", LOSSES)
def test_logits_in_half_precision_are_judged_in_single_precision(tokenizer, loss):
    labels = labels_of(tokenizer, CALL)
    logits = logits_for(labels).bfloat16()
    value = loss(logits, labels, tokenizer)
    assert value.dtype == torch.float32
    torch.testing.assert_close(value, loss(logits.float(), labels, tokenizer))


def test_structure_is_learned_from_any_object_but_names_and_values_only_from_calls(
    tokenizer, refusal
):
    labels = labels_of(tokenizer, 'x {"a": 3}')
    logits = logits_for(labels)
    assert json_validity_loss(logits, labels, tokenizer).item() > 0
    wanted = "labels must hold a whole tool call where neither masked nor -100"
    assert refusal(lambda: tool_name_loss(logits, labels, tokenizer)) == wanted
    settings = ProcessSettings()
    assert (
        refusal(lambda: process_supervision_loss(logits, labels, tokenizer, SCHEMA, settings))
        == wanted
    )


def test_labels_without_the_part_are_refused(tokenizer, refusal):
    cut_off, bare = labels_of(tokenizer, '{"tool": "get"'), labels_of(tokenizer, BARE)
    wanted = "labels must hold a whole JSON object where neither masked nor -100"
    logits = logits_for(cut_off)
    assert refusal(lambda: json_validity_loss(logits, cut_off, tokenizer)) == wanted
    wanted = "labels must hold a whole tool call with an argument where neither masked nor -100"
    assert refusal(lambda: argument_loss(logits_for(bare), bare, tokenizer)) == wanted


@pytest.mark.parametrize("loss", [*LOSSES, "combined"])
@pytest.mark.parametrize(
    ("changed", "wanted"),
    [
        (
            {"logits": torch.zeros(22, 300)},
            "logits must have the axes [batch, sequence, vocabulary], got the shape [22, 300]",
        ),
        (
            {"logits": torch.zeros(0, 22, 300)},
            "logits must not be empty, got the shape [0, 22, 300]",
        ),
        (
            {"logits": torch.zeros(1, 23, 300, dtype=torch.int64)},
            "logits must hold floating-point numbers, got torch.int64",
        ),
        (
            {"logits": torch.full((1, 23, 300), math.nan)},
            "logits must be finite at every position that counts",
        ),
        (
            {"logits": torch.zeros(1, 23, 299), "labels": torch.full((1, 23), 299)},
            "labels must lie from 0 to 298, got 299",
        ),
        (
            {"labels": torch.zeros(23, dtype=torch.int64)},
            "labels must have the shape [1, 23] to fit logits, got [23]",
        ),
        (
            {"labels": torch.zeros(1, 23, dtype=torch.int32)},
            "labels must have the dtype torch.int64, got torch.int32",
        ),
        (
            {"labels": torch.full((1, 23), -1)},
            "labels must lie from 0 to 299, got -1",
        ),
        (
            {"labels": torch.full((1, 23), 299)},
            "labels must hold ids that tokenizer has, got 299",
        ),
        (
            {"mask": torch.zeros(1, 23, dtype=torch.bool)},
            "mask leaves no position to count",
        ),
        (
            {"mask": torch.ones(1, 22, dtype=torch.bool)},
            "mask must have the shape [1, 23] to fit logits, got [1, 22]",
        ),
    ],
)
def test_each_loss_names_the_argument_that_it_cannot_use(tokenizer, refusal, loss, changed, wanted):
    labels = labels_of(tokenizer, CALL)
    arguments = {"logits": logits_for(labels), "labels": labels, "tokenizer": tokenizer} | changed
    if loss == "combined":
        arguments |= {"schema": SCHEMA, "settings": ProcessSettings()}
        loss = process_supervision_loss
    assert refusal(lambda: loss(**arguments)) == wanted


def test_an_all_ignored_batch_is_refused(tokenizer, refusal):
    labels = torch.full((2, 4), -100)
    parts = ("JSON object", "tool call", "tool call with an argument")
    for loss, part in zip(LOSSES, parts, strict=True):
        wanted = f"labels must hold a whole {part} where neither masked nor -100"
        assert refusal(lambda loss=loss: loss(logits_for(labels), labels, tokenizer)) == wanted


def test_the_combined_loss_weighs_its_terms(tokenizer):
    labels = labels_of(tokenizer, CALL, BARE, "Sorry.")
    logits = logits_for(labels)
    settings = ProcessSettings(json_validity_weight=0.5, tool_name_weight=3.0, argument_weight=0.25)
    terms = process_supervision_loss(logits, labels, tokenizer, SCHEMA, settings)
    values = [loss(logits, labels, tokenizer).item() for loss in LOSSES]
    assert list(terms) == ["json_validity", "tool_name", "argument", "total"]
    assert [term.item() for term in terms.values()][:3] == values
    wanted = 0.5 * values[0] + 3 * values[1] + 0.25 * values[2]
    assert terms["total"].item() == pytest.approx(wanted, rel=1e-12)


@pytest.mark.parametrize("kept", ["json_validity", "tool_name", "argument"])
def test_a_term_of_weight_zero_is_not_computed(tokenizer, kept):
    labels = labels_of(tokenizer, CALL)
    logits = logits_for(labels)
    wanted = process_supervision_loss(logits, labels, tokenizer, SCHEMA, ProcessSettings())
    weights = {f"{name}_weight": 0.0 for name in wanted if name != "total"}
    settings = ProcessSettings(**(weights | {f"{kept}_weight": 0.5}))
    terms = process_supervision_loss(logits, labels, tokenizer, SCHEMA, settings)
    assert list(terms) == [kept, "total"]
    assert terms[kept].item() == wanted[kept].item()
    assert terms["total"].item() == pytest.approx(0.5 * wanted[kept].item(), rel=1e-12)


def test_calls_without_arguments_leave_that_term_at_zero(tokenizer):
    labels = labels_of(tokenizer, BARE)
    logits = logits_for(labels).half().requires_grad_()
    settings = ProcessSettings(0.0, 0.0, 1.0)
    terms = process_supervision_loss(logits, labels, tokenizer, SCHEMA, settings)
    assert {name: term.item() for name, term in terms.items()} == {"argument": 0, "total": 0}
    assert terms["argument"].dtype == torch.float32
    terms["total"].backward()
    assert logits.grad.eq(0).all()


def test_the_gradient_of_the_combined_loss_is_its_derivative(tokenizer):
    labels = labels_of(tokenizer, CALL)
    logits = logits_for(labels).requires_grad_()
    assert torch.autograd.gradcheck(
        lambda x: process_supervision_loss(x, labels, tokenizer, SCHEMA, ProcessSettings())[
            "total"
        ],
        logits,
        fast_mode=True,
    )


def test_the_combined_loss_does_not_see_what_is_masked(tokenizer):
    labels = labels_of(tokenizer, CALL, json.dumps({"tool": "dance", "arguments": {}}))
    logits = logits_for(labels)
    mask = torch.tensor([[True], [False]]).expand(labels.shape)
    wanted = process_supervision_loss(logits[:1], labels[:1], tokenizer, SCHEMA, ProcessSettings())
    logits[1] = math.nan
    terms = process_supervision_loss(logits, labels, tokenizer, SCHEMA, ProcessSettings(), mask)
    torch.testing.assert_close(terms, wanted, rtol=0, atol=0)


@pytest.mark.parametrize(
    ("call", "schema", "wanted"),
    [
        (
            {"tool": "dance", "arguments": {}},
            SCHEMA,
            "labels[1] call the tool 'dance', which schema lacks",
        ),
        (
            {"tool": "get", "arguments": {"city": 3}},
            SCHEMA,
            "labels[1] call 'get' against schema: city must be str, got 3",
        ),
        ({"tool": "get_all", "arguments": {}}, {}, "schema must have a tool, got none"),
        (
            {"tool": "get_all", "arguments": {}},
            {"get": {"city": "string"}},
            "schema['get']['city'] must be one of int, float, str, bool, got 'string'",
        ),
    ],
)
def test_a_call_that_does_not_fit_the_schema_is_not_learned(
    tokenizer, refusal, call, schema, wanted
):
    labels = labels_of(tokenizer, CALL, json.dumps(call))
    logits = logits_for(labels)
    assert (
        refusal(
            lambda: process_supervision_loss(logits, labels, tokenizer, schema, ProcessSettings())
        )
        == wanted
    )


@pytest.mark.parametrize("name", ["json_validity_weight", "tool_name_weight", "argument_weight"])
@pytest.mark.parametrize("value", [-0.5, math.nan, math.inf])
def test_weights_are_finite_and_not_below_zero(refusal, name, value):
    wanted = f"{name} must be a finite number from 0 to inf, got {value}"
    assert refusal(lambda: ProcessSettings(**{name: value})) == wanted


def test_not_all_weights_may_be_zero(refusal):
    wanted = "json_validity_weight, tool_name_weight, argument_weight are all 0"
    assert refusal(lambda: ProcessSettings(0, 0.0, 0)) == wanted
    assert ProcessSettings(0, 0, 0.01).argument_weight == 0.01
    assert ProcessSettings(0, 0.01, 0).tool_name_weight == 0.01


def test_the_default_weights_add_up_to_one_and_favour_the_tool():
    assert dataclasses.astuple(ProcessSettings()) == (0.3, 0.4, 0.3)


def test_settings_are_a_frozen_record():
    settings = ProcessSettings()
    with pytest.raises(dataclasses.FrozenInstanceError):
        settings.argument_weight = 1.0
    assert not hasattr(settings, "__dict__")


def test_everything_of_process_supervision_is_importable_from_one_place():
    assert all(hasattr(process_losses, name) for name in process_losses.__all__)
    assert {"json_validity_score", "tool_selection_score", "argument_score"} <= set(
        process_losses.__all__
    )
