from __future__ import annotations

import hashlib
import json
from collections.abc import Callable

import pytest
from tokenizers import Tokenizer, models, pre_tokenizers, processors

from training import tokenizer as module
from training.tokenizer import (
    encode_completion,
    encode_prompt,
    load_tokenizer,
    read_tokenizer,
    require_tokenizer,
    save_tokenizer,
    tokenizer_fingerprint,
)

CALL = '{"tool": "weather", "arguments": {"city": "Oslo", "day": "Friday"}}'


@pytest.fixture(autouse=True)
def untrained(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give each test the shipped text under a name of its own, so that it trains anew."""
    text = tmp_path_factory.mktemp("data") / "text.txt"
    text.write_bytes(module.TRAINING_TEXT.read_bytes())
    monkeypatch.setattr(module, "TRAINING_TEXT", text)


def pieces(text: str) -> list[str]:
    return load_tokenizer().encode(text).tokens


def changed(change: Callable[[Tokenizer], object]) -> Tokenizer:
    tokenizer = load_tokenizer()
    change(tokenizer)
    return tokenizer


def word_level() -> Tokenizer:
    """Make a tokenizer with the right special tokens that knows three words."""
    words = ("<pad>", "<bos>", "<eos>", "<unk>", "add", "left", "and")
    tokenizer = Tokenizer(
        models.WordLevel({word: token_id for token_id, word in enumerate(words)}, "<unk>")
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    return tokenizer


def test_the_vocabulary_has_the_size_asked_for_512_by_default():
    assert load_tokenizer().get_vocab_size() == 512
    assert load_tokenizer(300).get_vocab_size() == 300


def test_the_smallest_vocabulary_is_the_special_tokens_and_the_bytes(refusal):
    tokenizer = load_tokenizer(259)
    vocabulary = sorted(tokenizer.get_vocab(), key=tokenizer.token_to_id)
    assert vocabulary[:3] == ["<pad>", "<bos>", "<eos>"]
    assert vocabulary[3:] == sorted(pre_tokenizers.ByteLevel.alphabet())
    wanted = "vocabulary_size must be a whole number of at least 259, got 258"
    assert refusal(lambda: load_tokenizer(258)) == wanted


def test_a_vocabulary_beyond_what_the_text_yields_is_refused_with_the_most_it_yields(refusal):
    message = refusal(lambda: load_tokenizer(30_000))
    start, most = message.split(" that the text yields, got 30000")[0].rsplit(maxsplit=1)
    assert start == "vocabulary_size must be at most the"
    assert load_tokenizer(int(most)).get_vocab_size() == int(most)
    assert refusal(lambda: load_tokenizer(int(most) + 1)).endswith(f"got {int(most) + 1}")


def test_the_tokens_of_the_toy_task_are_these_on_every_machine():
    tokenizer = load_tokenizer()
    assert pieces("add 12 and 7") == ["add", "Ġ", "1", "2", "Ġand", "Ġ", "7"]
    assert tokenizer.encode("add 12 and 7").ids == [506, 223, 19, 20, 359, 223, 25]
    merges = json.loads(tokenizer.to_str())["model"]["merges"]
    digest = hashlib.sha256(json.dumps(merges).encode()).hexdigest()
    assert digest == "f455fac40e91558acdbe140891cb831ff54c53b797642d860f8a0f4978731a9d"


def test_words_of_the_calls_are_one_token_and_digits_one_each():
    assert pieces(CALL)[:9] == ['{"', "tool", '":', 'Ġ"', "weather", '",', 'Ġ"', "arguments", '":']
    assert pieces("x 2024") == ["x", "Ġ", "2", "0", "2", "4"]


@pytest.mark.parametrize("text", [CALL, "", " ", "  two\n\nlines\t", "naïve 語🙂", "\x00\x7f"])
def test_any_text_comes_back_as_it_was(text):
    tokenizer = load_tokenizer()
    assert tokenizer.decode(tokenizer.encode(text).ids) == text


def test_each_caller_gets_a_tokenizer_of_its_own():
    changed(lambda tokenizer: tokenizer.add_tokens(["Oslo"]))
    assert load_tokenizer().get_vocab_size() == 512


def test_training_is_done_once_a_process(monkeypatch, tmp_path):
    text = tmp_path / "text.txt"
    text.write_text("add added adding")
    monkeypatch.setattr(module, "TRAINING_TEXT", text)
    before = load_tokenizer(261)
    text.unlink()
    assert load_tokenizer(261).to_str() == before.to_str()
    with pytest.raises(FileNotFoundError):
        load_tokenizer(262)


def test_training_shows_no_progress_bar(capfd):
    load_tokenizer(335)
    assert capfd.readouterr() == ("", "")


def test_the_text_is_read_as_utf_8_and_no_pair_goes_across_its_lines(monkeypatch, tmp_path):
    text = tmp_path / "text.txt"
    text.write_bytes("ü ü\n\n\n\n ü\n".encode())
    monkeypatch.setattr(module, "TRAINING_TEXT", text)
    tokenizer = load_tokenizer(261)
    assert tokenizer.id_to_token(259) == "Ã¼"
    assert tokenizer.id_to_token(260) == "ĠÃ¼"


def test_a_saved_tokenizer_is_read_back_the_same(tmp_path):
    path = tmp_path / "tokenizer.json"
    save_tokenizer(load_tokenizer(), path)
    tokenizer = read_tokenizer(path)
    assert tokenizer.to_str() == load_tokenizer().to_str()
    assert tokenizer.encode(CALL).ids == load_tokenizer().encode(CALL).ids


@pytest.mark.parametrize("kept", [0, 1, 1000, -1])
def test_a_truncated_file_is_refused_by_name(tmp_path, refusal, kept):
    path = tmp_path / "tokenizer.json"
    save_tokenizer(load_tokenizer(), path)
    path.write_bytes(path.read_bytes()[:kept])
    message = refusal(lambda: read_tokenizer(path))
    assert message.startswith(f"{path} is not a whole tokenizer file: EOF while parsing")


@pytest.mark.parametrize("content", [b"\xff", b"[]", b"{}", b'{"model": {"type": "BPE"}}'])
def test_a_file_of_another_kind_is_refused_by_name(tmp_path, refusal, content):
    path = tmp_path / "tokenizer.json"
    path.write_bytes(content)
    message = refusal(lambda: read_tokenizer(path))
    assert message.startswith(f"{path} is not a whole tokenizer file: ")


def test_a_foreign_tokenizer_file_is_refused_by_name(tmp_path, refusal):
    path = tmp_path / "tokenizer.json"
    Tokenizer(models.BPE()).save(str(path))
    wanted = f"{path} must have the token <pad> as 0, got None"
    assert refusal(lambda: read_tokenizer(path)) == wanted


def test_a_file_that_is_not_there_is_the_systems_own_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_tokenizer(tmp_path / "tokenizer.json")


def test_special_tokens_in_another_order_are_refused(refusal):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.add_special_tokens(["<pad>", "<eos>", "<bos>"])
    wanted = "teacher must have the token <bos> as 1, got 2"
    assert refusal(lambda: require_tokenizer("teacher", tokenizer)) == wanted


@pytest.mark.parametrize(
    "change",
    [
        lambda tokenizer: tokenizer.enable_truncation(10_000),
        lambda tokenizer: tokenizer.enable_padding(length=8),
    ],
)
def test_a_tokenizer_that_cuts_or_pads_is_refused(refusal, change):
    wanted = "teacher must neither truncate nor pad"
    assert refusal(lambda: require_tokenizer("teacher", changed(change))) == wanted


def test_a_tokenizer_that_loses_text_is_refused_with_what_it_made_of_it(refusal):
    wanted = "teacher must return any text as it was: '  Añ 語🙂\\t{\"left\": 12}\\n' became "
    message = refusal(lambda: require_tokenizer("teacher", word_level()))
    assert message.startswith(wanted)
    assert message.endswith("'<unk> <unk> <unk> <unk> left <unk> <unk> <unk>'")


def test_a_tokenizer_that_adds_a_special_token_to_each_text_is_accepted():
    def add_bos(tokenizer: Tokenizer) -> None:
        template = processors.TemplateProcessing(single="<bos> $A", special_tokens=[("<bos>", 1)])
        tokenizer.post_processor = template

    tokenizer = changed(add_bos)
    assert tokenizer.encode("add").ids[0] == 1
    require_tokenizer("teacher", tokenizer)
    assert encode_prompt(tokenizer, "add") == encode_prompt(load_tokenizer(), "add")
    assert encode_completion(tokenizer, "add") == encode_completion(load_tokenizer(), "add")


def test_the_fingerprint_is_the_hash_of_what_is_saved(tmp_path):
    path = tmp_path / "tokenizer.json"
    save_tokenizer(load_tokenizer(), path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert tokenizer_fingerprint(load_tokenizer()) == digest
    assert tokenizer_fingerprint(load_tokenizer(300)) != digest


def test_a_prompt_opens_with_bos_and_a_completion_ends_with_eos():
    tokenizer = load_tokenizer()
    ids = tokenizer.encode(CALL).ids
    assert encode_prompt(tokenizer, CALL) == [1, *ids]
    assert encode_completion(tokenizer, CALL) == [*ids, 2]
