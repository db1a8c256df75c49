from __future__ import annotations

import pytest

from gate.change.coverage_config import widened


def notes(name: str, before: str | None, after: str | None) -> tuple[str, ...]:
    sides = [{} if text is None else {name: text.encode()} for text in (before, after)]
    return widened(sides[0].get, sides[1].get)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (".coveragerc", "[run]\nomit =\n    a.py\n    b/*\n"),
        ("setup.cfg", "[coverage:run]\nomit = a.py, b/*\n"),
        ("tox.ini", "[coverage:run]\nomit = a.py\n    b/*\n"),
        ("pyproject.toml", '[tool.coverage.run]\nomit = ["a.py", "b/*"]\n'),
    ],
)
def test_what_is_left_out_more_is_told(name: str, text: str) -> None:
    assert notes(name, None, text) == (
        f"{name}: [run] omit now has a.py, b/*, which has no say here",
    )
    assert notes(name, text.replace("a.py", "a.p"), text)[0].endswith("a.py, which has no say here")
    assert notes(name, text, text.replace("b/*", "")) == ()


@pytest.mark.parametrize("key", ["exclude_also", "exclude_lines", "partial_branches", "omit"])
def test_each_key_that_leaves_out_is_read(key: str) -> None:
    (note,) = notes(".coveragerc", "[report]\n", f"[report]\n{key} = def \n")
    assert note.startswith(f".coveragerc: [report] {key} now has def")


@pytest.mark.parametrize("text", ["", "[run]\nbranch = True\n", "[[[", "[tool.coverage", "\x00"])
def test_what_leaves_nothing_out_or_cannot_be_read_is_no_note(text: str) -> None:
    assert notes(".coveragerc", None, text) == ()
    assert notes("pyproject.toml", None, text) == ()


def test_a_file_that_is_gone_leaves_nothing_out() -> None:
    assert notes(".coveragerc", "[run]\nomit = a\n", None) == ()
