from __future__ import annotations

import codecs

import pytest

from gate.source.pragmas import Pragma, find_pragmas, without_pragmas


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("# pragma: no cover", "no cover"),
        ("#pragma no cover", "no cover"),
        ("# PRAGMA: NO COVER", "no cover"),
        ("# pragma:nocover - reason", "no cover"),
        ("# pragma: no branch", "no branch"),
        ("# pragma: no mutate", "no mutate"),
        ("# pragma: no mutate block", "no mutate"),
        ("# pragma: no mutate: start", "no mutate"),
    ],
)
def test_each_form_is_found_on_its_line(text: str, kind: str) -> None:
    source = f"a = 1\n    b = 2  {text}\n".encode()
    (pragma,) = find_pragmas(source)
    assert (pragma.line, pragma.kind, pragma.text) == (2, kind, f"b = 2  {text}")


@pytest.mark.parametrize(
    "text", ["# no cover", "# pragma: cover", "pragma: no cover", "# pragma no mutate", "# nothing"]
)
def test_other_comments_are_none(text: str) -> None:
    assert find_pragmas(f"a = 1  {text}\n".encode()) == ()


def test_one_comment_may_hold_several() -> None:
    found = find_pragmas(b"x = 1  # pragma: no cover, no mutate\n")
    assert [pragma.kind for pragma in found] == ["no cover", "no mutate"]


def test_coverage_py_heeds_the_words_in_a_string_too() -> None:
    source = b'x = 1; y = "# pragma: no cover"\n'
    assert find_pragmas(source) == (Pragma(1, "no cover", source.decode().strip()),)


def test_only_those_asked_for_are_blanked_and_nothing_moves() -> None:
    source = b"a = 1  # pragma: no cover - why\nb = 2  # pragma: no cover, no mutate\n"
    blanked = without_pragmas(source, {(1, "no cover"), (2, "no mutate")})
    assert blanked == b"a = 1  #                  - why\nb = 2  # pragma: no cover,          \n"
    assert len(blanked) == len(source)
    assert without_pragmas(source, set()) == source


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_are_counted_as_python_counts(end: str) -> None:
    lines = ["a = '\u2028\x0c'", "", "b = 2  # pragma: no branch", "c = 3  # pragma: no branch"]
    source = end.join(lines).encode()
    assert [pragma.line for pragma in find_pragmas(source)] == [3, 4]
    blanked = without_pragmas(source, {(4, "no branch")})
    assert [pragma.line for pragma in find_pragmas(blanked)] == [3]
    assert blanked.count(end.encode()) == 3


@pytest.mark.parametrize(
    "source",
    [
        codecs.BOM_UTF8 + b"a = 1  # pragma: no cover\n",
        "# coding: latin-1\na = 'é'  # pragma: no cover\n".encode("latin-1"),
        b"# coding: utf-7\na = 1  +ACM- pragma: no cover\n",
    ],
)
def test_a_file_keeps_its_encoding(source: bytes) -> None:
    (pragma,) = find_pragmas(source)
    blanked = without_pragmas(source, {(pragma.line, "no cover")})
    assert find_pragmas(blanked) == ()
    compile(blanked, "blanked", "exec")


def test_what_cannot_be_decoded_has_none() -> None:
    assert find_pragmas(b"# coding: unheard-of\n# pragma: no cover\n") == ()
    assert find_pragmas(b"\xff# pragma: no cover\n") == ()
