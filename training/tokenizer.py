"""A byte-level BPE of the `tokenizers` library, trained on the text that this package ships.

Byte pair encoding on bytes: Radford et al. 2019, "Language Models are Unsupervised Multitask
Learners", section 2.2.
"""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from training.atomic_file import replace_file
from training.checks import require_whole

SPECIAL_TOKENS = ("<pad>", "<bos>", "<eos>")
PAD_ID, BOS_ID, EOS_ID = range(len(SPECIAL_TOKENS))
BYTES = 256
TRAINING_TEXT = Path(__file__).with_name("data") / "tokenizer_text.txt"

# Text of several scripts, with spaces that a word-level tokenizer would lose.
PROBE = '  Añ 語🙂\t{"left": 12}\n'


def load_tokenizer(vocabulary_size: int = 512) -> Tokenizer:
    """Make the tokenizer of exactly that many tokens, the same on every machine.

    Trained once a process; each call returns an object of its own. Raises ValueError for fewer
    tokens than the bytes and the special ones, or more than the text has pairs to merge for.
    """
    require_whole("vocabulary_size", vocabulary_size, BYTES + len(SPECIAL_TOKENS))
    return Tokenizer.from_str(_trained(vocabulary_size, TRAINING_TEXT))


def save_tokenizer(tokenizer: Tokenizer, path: Path) -> None:
    """Write `tokenizer` as the library's JSON; the file appears whole or not at all."""
    replace_file(path, tokenizer.to_str().encode())


def read_tokenizer(path: Path) -> Tokenizer:
    """Read what `save_tokenizer` wrote; a truncated or foreign file raises ValueError."""
    content = path.read_bytes()
    try:
        tokenizer = Tokenizer.from_str(content.decode())
    except Exception as error:
        # The library raises nothing narrower.
        raise ValueError(f"{path} is not a whole tokenizer file: {error}") from error
    require_tokenizer(str(path), tokenizer)
    return tokenizer


def require_tokenizer(name: str, tokenizer: Tokenizer) -> None:
    """Refuse a tokenizer that has other special tokens, cuts, pads, or loses part of a text."""
    for token_id, token in enumerate(SPECIAL_TOKENS):
        if tokenizer.token_to_id(token) != token_id:
            raise ValueError(
                f"{name} must have the token {token} as {token_id}, "
                f"got {tokenizer.token_to_id(token)}"
            )
    if tokenizer.truncation is not None or tokenizer.padding is not None:
        raise ValueError(f"{name} must neither truncate nor pad")
    returned = tokenizer.decode(tokenizer.encode(PROBE).ids)
    if returned != PROBE:
        raise ValueError(f"{name} must return any text as it was: {PROBE!r} became {returned!r}")


def tokenizer_fingerprint(tokenizer: Tokenizer) -> str:
    """Compute the SHA-256, in hex, of all that decides how `tokenizer` encodes."""
    return hashlib.sha256(tokenizer.to_str().encode()).hexdigest()


def encode_prompt(tokenizer: Tokenizer, prompt: str) -> list[int]:
    """Encode what a student is given to go on from: `<bos>` and the prompt."""
    return [BOS_ID, *tokenizer.encode(prompt, add_special_tokens=False).ids]


def encode_completion(tokenizer: Tokenizer, completion: str) -> list[int]:
    """Encode what a student is to write: the completion and `<eos>`."""
    return [*tokenizer.encode(completion, add_special_tokens=False).ids, EOS_ID]


@functools.cache
def _trained(vocabulary_size: int, text: Path) -> str:
    tokenizer = Tokenizer(models.BPE())
    # Digit by digit, so that a number never seen is spelled like one that was.
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary_size,
        special_tokens=list(SPECIAL_TOKENS),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(text.read_bytes().decode().splitlines(), trainer)
    size = tokenizer.get_vocab_size()
    if size != vocabulary_size:
        raise ValueError(
            f"vocabulary_size must be at most the {size} that the text yields, "
            f"got {vocabulary_size}"
        )
    return tokenizer.to_str()
