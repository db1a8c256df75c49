"""What the tokens of a byte-level BPE stand for: bytes, which need not be whole characters.

The library writes each byte as one printable character: Radford et al. 2019, "Language Models are
Unsupervised Multitask Learners", section 2.2.
"""

from __future__ import annotations

from collections.abc import Iterable

from tokenizers import Tokenizer
from tokenizers.pre_tokenizers import ByteLevel


def token_bytes(name: str, tokenizer: Tokenizer, token_ids: Iterable[int]) -> list[bytes]:
    """Return the bytes of each token, none for a special one.

    Raises ValueError, which names the ids `name`, for an id that `tokenizer` does not have, and for
    a tokenizer that is not byte-level.
    """
    added = tokenizer.get_added_tokens_decoder()
    pieces = []
    for token_id in token_ids:
        token = tokenizer.id_to_token(token_id)
        if token is None:
            raise ValueError(f"{name} must hold ids that tokenizer has, got {token_id}")
        if token_id not in added:
            pieces.append(_bytes_of(token))
        else:
            pieces.append(b"" if added[token_id].special else token.encode())
    return pieces


def _bytes_of(token: str) -> bytes:
    if set(token) - BYTE_OF.keys():
        raise ValueError(f"tokenizer must be byte-level, got the token {token!r}")
    return bytes(BYTE_OF[character] for character in token)


def _byte_of_each_character() -> dict[str, int]:
    # Printable characters stand for themselves, those from 256 on for the other bytes in order.
    alphabet = sorted(ByteLevel.alphabet())
    others = [byte for byte in range(256) if chr(byte) not in alphabet]
    return {
        character: ord(character) if ord(character) < 256 else others[ord(character) - 256]
        for character in alphabet
    }


BYTE_OF = _byte_of_each_character()
