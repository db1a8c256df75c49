from __future__ import annotations

import pytest
from tokenizers import AddedToken, Tokenizer, models, pre_tokenizers, trainers

from training.token_bytes import BYTE_OF, token_bytes

TEXT = 'Añ 語🙂\t{"left": 12}\n'


@pytest.fixture(scope="session")
def tokenizer() -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=270,
        special_tokens=["<pad>", "<eos>"],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator([TEXT] * 2, trainer)
    tokenizer.add_tokens([AddedToken("<tööl>", special=False)])
    return tokenizer


@pytest.mark.parametrize("text", [TEXT, "".join(map(chr, range(0x250))), "\x00\x7f\xad �"])
def test_the_bytes_of_a_texts_tokens_are_the_texts_bytes(tokenizer, text):
    ids = tokenizer.encode(text).ids
    assert b"".join(token_bytes("ids", tokenizer, ids)) == text.encode()


def test_each_token_has_its_own_bytes_even_half_a_character(tokenizer):
    ids = tokenizer.encode("é a").ids
    assert token_bytes("ids", tokenizer, ids) == [b"\xc3", b"\xa9", b" ", b"a"]


def test_every_byte_has_one_character_and_every_character_one_byte():
    assert sorted(BYTE_OF.values()) == list(range(256))
    assert (BYTE_OF["!"], BYTE_OF["Ā"], BYTE_OF["Ġ"], BYTE_OF["Ń"]) == (0x21, 0, 0x20, 0xAD)


def test_special_tokens_have_no_bytes_and_other_added_tokens_those_of_their_text(tokenizer):
    ids = [tokenizer.token_to_id(token) for token in ("<eos>", "<tööl>", "A", "<pad>")]
    wanted = [b"", "<tööl>".encode(), b"A", b""]
    assert token_bytes("ids", tokenizer, ids) == wanted


def test_no_tokens_have_no_bytes(tokenizer):
    assert token_bytes("ids", tokenizer, []) == []


def test_an_id_that_the_tokenizer_does_not_have_is_refused(tokenizer, refusal):
    size = tokenizer.get_vocab_size()
    wanted = f"labels must hold ids that tokenizer has, got {size}"
    assert refusal(lambda: token_bytes("labels", tokenizer, [3, size])) == wanted


def test_a_tokenizer_of_words_is_refused(refusal):
    words = Tokenizer(models.WordLevel({"the tool": 0}, unk_token="the tool"))
    wanted = "tokenizer must be byte-level, got the token 'the tool'"
    assert refusal(lambda: token_bytes("ids", words, [0])) == wanted
