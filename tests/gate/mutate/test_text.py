from __future__ import annotations

import pytest
from builders import make_mutant

from gate.model import Mutant, Unit
from gate.mutate.text import Text, mutated_file, read_text, unit_source
from gate.source.code import SourceError


def mutant(text: Text, original: str, replacement: str) -> Mutant:
    start = text.data.index(original.encode())
    end = start + len(original.encode())
    return make_mutant(original=original, replacement=replacement, start=start, end=end)


@pytest.mark.parametrize(
    "source",
    [
        "é = 1\n".encode(),
        b"\xef\xbb\xbf" + "é = 1\n".encode(),
        "# coding: latin-1\né = 1\n".encode("latin-1"),
        "\n# -*- coding: cp1252 -*-\né = 1\n".encode("cp1252"),
    ],
)
def test_offsets_count_in_utf8_whatever_the_encoding_of_the_file(source: bytes) -> None:
    text = read_text("m.py", source)
    assert text.data.endswith("é = 1\n".encode())
    assert not text.data.startswith(b"\xef\xbb\xbf")
    assert mutated_file(text, mutant(text, "= 1", "= 2")).endswith("é = 2\n")


@pytest.mark.parametrize(
    ("source", "place"),
    [
        (b"x = '\xff'\n", "m.py: cannot be decoded: "),
        (b"# coding: klingon\n", "m.py: cannot be decoded: "),
        (b"# coding: rot13\nk = 1\n", "m.py: cannot be decoded: "),
        (b"a\nb\n\0\n\0", "m.py:3: contains a NUL byte"),
    ],
)
def test_what_is_no_text_is_an_error_that_names_the_file(source: bytes, place: str) -> None:
    with pytest.raises(SourceError) as caught:
        read_text("m.py", source)
    assert caught.value.message.startswith(place)
    assert caught.value.hint


def test_lines_end_as_python_ends_them() -> None:
    text = read_text("m.py", "a\r\nb\rc\x0c\u2028d\ne".encode())
    assert [text.line(text.data.index(letter)) for letter in (b"a", b"b", b"c", b"d", b"e")] == [
        *(1, 2, 3, 3, 4)
    ]
    assert [text.offset(line) for line in (1, 2, 3, 4)] == [0, 3, 5, 12]
    assert text.offset(3, 2) == 7
    assert text.offset(5) == len(text.data)
    assert text.line(2) == 1
    assert text.line(3) == 2


def test_indentation_is_that_of_the_line_as_written() -> None:
    text = read_text("m.py", b"if a:\n \t\x0c x\ny")
    assert text.indentation(text.data.index(b"x")) == " \t\x0c "
    assert text.indentation(text.data.index(b"y")) == text.indentation(0) == ""


def test_line_ends_stay_as_they_are_around_a_mutant() -> None:
    text = read_text("m.py", b"a = 1\r\nb = 2\rc = 3\n")
    assert mutated_file(text, mutant(text, "2", "(\n3)")) == "a = 1\r\nb = (\n3)\rc = 3\n"


def test_a_unit_is_compiled_at_its_own_lines_below_its_headers() -> None:
    text = read_text("m.py", b"x = 1\nclass A:\n\n  # why\n  def f(self):\n    return 1\ny = 2\n")
    unit = Unit("A.f", 5, 6, ("class A:", " if 1:"))
    written = "\n\nclass A:\n if 1:\n  def f(self):\n    return 1\n"
    assert unit_source(text, unit) == written
    changed = mutant(text, "return 1", "return 2")
    assert unit_source(text, unit, changed) == written.replace("return 1", "return 2")


def test_a_unit_that_ends_with_the_file_is_whole() -> None:
    text = read_text("m.py", b"def f():\n  return 1")
    assert unit_source(text, Unit("f", 1, 2, ())) == "def f():\n  return 1"
