from __future__ import annotations

import pytest
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from training.call_positions import find_call_positions

CALL = '{"tool": "get", "arguments": {"city": "Łódź", "days": [3, 4]}}'
OTHER = '{"arguments": {"x": ""}, "tool": "get_all"}'


@pytest.fixture(scope="session")
def tokenizer() -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=300,
        special_tokens=["<pad>", "<eos>"],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator([CALL.replace("Łódź", "Paris"), OTHER] * 2, trainer)
    return tokenizer


def encode(tokenizer: Tokenizer, *texts: str) -> tuple[torch.Tensor, torch.Tensor]:
    rows = [torch.tensor(tokenizer.encode(text).ids) for text in texts]
    labels = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=-100)
    return labels, labels != -100


def marked(tokenizer: Tokenizer, labels: torch.Tensor, positions: torch.Tensor) -> list[str]:
    """Show the tokens at the positions of each row; Ġ is a space."""
    return [
        " ".join(tokenizer.id_to_token(token) for token in row[chosen].tolist())
        for row, chosen in zip(labels, positions, strict=True)
    ]


def test_structure_names_and_values_are_where_the_tokens_hold_their_bytes(tokenizer):
    labels, counted = encode(tokenizer, f"I call {CALL}.", OTHER)
    found = find_call_positions(labels, counted, tokenizer)
    assert marked(tokenizer, labels, found.structure) == [
        'Ġ{" ": Ġ" ", Ġ" ": Ġ{" ": Ġ" ", Ġ" ": Ġ[ , ]}}',
        '{" ": Ġ{" ": Ġ""}, Ġ" ": Ġ" "}',
    ]
    assert marked(tokenizer, labels, found.tool_name) == ['Ġ" get ",', 'Ġ" get _ all "}']
    assert marked(tokenizer, labels, found.arguments) == [
        'Ġ" Å ģ Ã ³ d Å º ", Ġ[ 3 , Ġ4 ]}}',
        'Ġ""},',
    ]
    assert [(row, call.tool) for row, call in found.calls] == [(0, "get"), (1, "get_all")]


def test_an_object_that_is_no_call_has_structure_alone(tokenizer):
    labels, counted = encode(tokenizer, 'so {"a": 1} it', "no")
    found = find_call_positions(labels, counted, tokenizer)
    assert marked(tokenizer, labels, found.structure) == ['Ġ{" ": }', ""]
    assert not found.tool_name.any()
    assert not found.arguments.any()
    assert found.calls == []


def test_each_unbroken_run_is_read_on_its_own(tokenizer):
    labels, counted = encode(tokenizer, f"{OTHER}. {CALL} or {CALL}")
    whole = find_call_positions(labels, counted, tokenizer)
    between, inside = (
        tokenizer.encode(OTHER + ".").ids,
        tokenizer.encode(f"{OTHER}. {CALL} or {{").ids,
    )
    counted[0, len(between) - 1] = False
    counted[0, len(inside)] = False
    found = find_call_positions(labels, counted, tokenizer)
    assert [call.tool for _, call in whole.calls] == ["get_all", "get", "get"]
    assert [call.tool for _, call in found.calls] == ["get_all", "get"]
    for part, part_of_whole in zip(found[:2], whole[:2], strict=True):
        assert torch.equal(part[0, : len(inside) - 2], part_of_whole[0, : len(inside) - 2])
    assert not found.tool_name[0, len(inside) - 2 :].any()


def test_what_does_not_count_is_not_read(tokenizer):
    labels, counted = encode(tokenizer, CALL, OTHER)
    counted[0] = False
    labels[0] = 10**9
    found = find_call_positions(labels, counted, tokenizer)
    assert marked(tokenizer, labels[1:], found.tool_name[1:]) == ['Ġ" get _ all "}']
    assert [(row, call.tool) for row, call in found.calls] == [(1, "get_all")]
    assert not any(positions[0].any() for positions in found[:3])


def test_special_tokens_and_stray_bytes_move_nothing(tokenizer):
    stray = [tokenizer.token_to_id(token) for token in ("Å", "ģ", "ģ", "Å", "<eos>")]
    call = tokenizer.encode(CALL).ids
    labels = torch.tensor([[*stray, *call, *stray], [0] * len(stray + call) + stray])
    plain = find_call_positions(labels[:1, 5:-5], labels[:1, 5:-5] >= 0, tokenizer)
    found = find_call_positions(labels, labels >= 0, tokenizer)
    for part, plain_part in zip(found[:3], plain[:3], strict=True):
        assert part.dtype == torch.bool
        assert torch.equal(part[:1, 5:-5], plain_part)
        assert part.sum() == plain_part.sum()


def test_unknown_ids_are_laid_to_the_labels(tokenizer, refusal):
    labels = torch.full((1, 2), 999)
    wanted = "labels must hold ids that tokenizer has, got 999"
    assert refusal(lambda: find_call_positions(labels, labels > 0, tokenizer)) == wanted
