from __future__ import annotations

import dataclasses
import hashlib
import json
import os
from pathlib import Path

import pytest

from training.jsonl import Header, Row, Rows, split_rows, write_jsonl
from training.tokenizer import load_tokenizer, tokenizer_fingerprint

GOOD = b'{"prompt": "add 1 and 2", "completion": "3"}\n'
ROW = Row("add 1 and 2", "3")
MARK = '"__header__": true'
PRINTS = '"dataset_fingerprint": "a", "tokenizer_fingerprint": "b"'


def file_of(folder: Path, *lines: bytes) -> Path:
    path = folder / "rows.jsonl"
    path.write_bytes(b"".join(lines))
    return path


def line_of(**fields: object) -> bytes:
    return json.dumps({"prompt": "p", "completion": "c"} | fields).encode() + b"\n"


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_rows_are_read_in_order_with_their_line_numbers(tmp_path):
    second = line_of(metadata={"tool": "search", "tags": [1, None]})
    rows = split_rows(file_of(tmp_path, GOOD, second))
    assert rows.good == {1: ROW, 2: Row("p", "c", {"tool": "search", "tags": [1, None]})}
    assert rows.bad == {}
    assert rows.header is None
    assert rows.fingerprint == sha256(GOOD + second)


def test_metadata_may_be_left_out(tmp_path):
    assert split_rows(file_of(tmp_path, GOOD)).good[1].metadata == {}


def test_an_empty_file_has_no_rows(tmp_path):
    rows = split_rows(file_of(tmp_path))
    assert (rows.good, rows.bad, rows.header) == ({}, {}, None)
    assert rows.fingerprint == sha256(b"")


def test_line_ends_of_windows_and_a_missing_last_one_are_accepted(tmp_path):
    path = file_of(tmp_path, GOOD.replace(b"\n", b"\r\n"), GOOD.rstrip())
    assert split_rows(path).good == {1: ROW, 2: ROW}


def test_a_line_separator_inside_a_text_does_not_end_its_line(tmp_path):
    line = '{"prompt": "a\u2028b\x85c", "completion": "c"}\n'.encode()
    assert split_rows(file_of(tmp_path, line)).good == {1: Row("a\u2028b\x85c", "c")}


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"\n", "empty line"),
        (b" \t\r\n", "empty line"),
        (b'{"prompt": "p", \0}\n', "a NUL byte"),
        (b'{"prompt": "\xff"}\n', "not UTF-8 at byte 13"),
        (b"{]\n", "not JSON at column 2: Expecting property name enclosed in double quotes"),
        (b'{"prompt":\n', "not JSON at column 11: Expecting value"),
        (b'{"prompt":\r\n', "not JSON at column 11: Expecting value"),
        (b'{"prompt": "add 1 a', "not JSON at column 12: Unterminated string starting at"),
        (GOOD.rstrip() + GOOD, "not JSON at column 45: Extra data"),
        (b"\xef\xbb\xbf" + GOOD, "not JSON at column 1: Unexpected UTF-8 BOM"),
        (b'{"prompt": NaN}\n', "not JSON: NaN"),
        (b"[" * 100_000 + b"\n", "nested too deeply"),
        (b'["prompt", "completion"]\n', "not an object but list"),
        (b"null\n", "not an object but NoneType"),
        (b"{}\n", "the field prompt is missing"),
        (b'{"prompt": "p"}\n', "the field completion is missing"),
        (b'{"prompt": "p", "prompt": "q"}\n', "a field is given twice"),
        (line_of(metadata=[]), "metadata must be an object, got list"),
        (line_of(metadata=None), "metadata must be an object, got NoneType"),
        (line_of(answer="a"), "the field 'answer' is unknown"),
        (line_of(prompt=3), "prompt must be a string, got int"),
        (line_of(completion=None), "completion must be a string, got NoneType"),
        (line_of(prompt=""), "prompt is empty"),
        (line_of(completion=" \n"), "completion is empty"),
        (line_of(prompt="a\0"), "prompt holds a NUL character"),
        (line_of(completion="\ud800"), "completion holds half of a surrogate pair"),
        (line_of(prompt="<pad>"), "prompt holds the special token <pad>"),
        (line_of(prompt="a<bos>"), "prompt holds the special token <bos>"),
        (line_of(completion="b <eos> c"), "completion holds the special token <eos>"),
    ],
)
def test_a_bad_line_is_kept_apart_with_its_reason(tmp_path, line, reason):
    path = file_of(tmp_path, GOOD, line if line.endswith(b"\n") else line + b"\n", GOOD)
    rows = split_rows(path)
    assert set(rows.good) == {1, 3}
    assert list(rows.bad) == [2]
    assert rows.bad[2].startswith(reason)
    assert rows.fingerprint == sha256(path.read_bytes())


def test_a_torn_last_line_is_bad(tmp_path):
    rows = split_rows(file_of(tmp_path, GOOD, GOOD[:20]))
    assert rows.bad == {2: "not JSON at column 12: Unterminated string starting at"}


def test_a_number_too_long_for_the_reader_is_bad(tmp_path):
    line = b'{"prompt": ' + b"9" * 5000 + b"}\n"
    rows = split_rows(file_of(tmp_path, line))
    assert list(rows.bad) == [1]


def test_written_rows_come_back_under_a_header_with_both_fingerprints(tmp_path):
    path, tokenizer = tmp_path / "rows.jsonl", load_tokenizer()
    written = [ROW, Row("naïve 語🙂 \u2028", '{"a": [1]}', {"tool": "search", "depth": {"n": 1}})]
    header = write_jsonl(path, iter(written), tokenizer)
    first, _, body = path.read_bytes().partition(b"\n")
    assert header == Header(sha256(body), tokenizer_fingerprint(tokenizer), 2)
    assert json.loads(first) == {
        "__header__": True,
        "dataset_fingerprint": header.dataset_fingerprint,
        "tokenizer_fingerprint": header.tokenizer_fingerprint,
        "rows": 2,
    }
    rows = split_rows(path)
    assert rows.good == {2: written[0], 3: written[1]}
    assert rows.bad == {}
    assert rows.header == header
    assert rows.fingerprint == header.dataset_fingerprint


def test_rows_are_written_one_a_line_and_without_empty_metadata(tmp_path):
    path = tmp_path / "rows.jsonl"
    write_jsonl(path, [ROW, Row("p", "c", {"n": 1})], load_tokenizer())
    assert path.read_text().splitlines()[1:] == [
        '{"prompt": "add 1 and 2", "completion": "3"}',
        '{"prompt": "p", "completion": "c", "metadata": {"n": 1}}',
    ]


def test_a_file_that_lost_its_last_rows_no_longer_fits_its_header(tmp_path):
    path = tmp_path / "rows.jsonl"
    header = write_jsonl(path, [ROW, Row("p", "c")], load_tokenizer())
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:2]))
    rows = split_rows(path)
    assert rows.header == header
    assert rows.fingerprint == sha256(GOOD)


@pytest.mark.parametrize("rows", [[], [ROW, Row("p", "c", {"share": float("nan")})]])
def test_rows_that_cannot_be_written_leave_the_file_that_was_there(tmp_path, rows):
    path = file_of(tmp_path, GOOD)
    with pytest.raises(ValueError, match=r"at least one row|not JSON compliant"):
        write_jsonl(path, rows, load_tokenizer())
    assert path.read_bytes() == GOOD
    assert os.listdir(tmp_path) == ["rows.jsonl"]


def test_no_rows_are_not_written(tmp_path, refusal):
    wanted = "rows must hold at least one row"
    assert refusal(lambda: write_jsonl(tmp_path / "x", [], load_tokenizer())) == wanted


@pytest.mark.parametrize(
    "header",
    [
        '{"__header__": true}',
        f"{{{MARK}, {PRINTS}}}",
        f'{{{MARK}, {PRINTS}, "rows": "2"}}',
        f'{{{MARK}, {PRINTS}, "rows": true}}',
        f'{{{MARK}, {PRINTS}, "rows": 2, "seed": 3}}',
        f'{{"__header__": false, {PRINTS}, "rows": 2}}',
        f'{{"__header__": 1, {PRINTS}, "rows": 2}}',
        f'{{{MARK}, {PRINTS}, "ro',
    ],
)
def test_a_header_that_is_not_whole_is_refused_and_not_passed_over(tmp_path, refusal, header):
    path = file_of(tmp_path, header.encode() + b"\n", GOOD)
    assert refusal(lambda: split_rows(path)) == (
        f"{path}: line 1 is no header with __header__: true, dataset_fingerprint, "
        "tokenizer_fingerprint, rows; write the rows again with write_jsonl, "
        "or delete it to read them unchecked"
    )


def test_a_header_is_one_on_the_first_line_only(tmp_path):
    header = f'{{{MARK}, {PRINTS}, "rows": 2}}\n'.encode()
    rows = split_rows(file_of(tmp_path, header, GOOD, header))
    assert rows.header == Header("a", "b", 2)
    assert rows.good == {2: ROW}
    assert rows.bad == {3: "the field prompt is missing"}
    assert rows.fingerprint == sha256(GOOD + header)


@pytest.mark.parametrize("value", [ROW, Header("a", "b", 2), Rows({}, {}, None, "a")])
def test_what_was_read_cannot_be_changed_by_mistake(value):
    for name in value.__slots__:
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(value, name, None)
    assert not hasattr(value, "__dict__")


def test_a_row_made_in_code_is_checked_like_one_that_was_read(refusal):
    assert refusal(lambda: Row("", "c")) == "prompt is empty"
    assert refusal(lambda: Row("p", "<eos>")) == "completion holds the special token <eos>"
    assert Row("p", "c", {"n": 1}).metadata == {"n": 1}
