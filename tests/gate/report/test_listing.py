from __future__ import annotations

import re

import pytest
from builders import make_mutant
from rich.cells import cell_len

from gate.report.listing import render_listing


def test_a_mutant_is_a_line_and_the_last_line_counts() -> None:
    mutants = [
        make_mutant(1),
        make_mutant(12, path="pkg/longer.py", operator="number", original="1", replacement="2"),
        make_mutant(3, ignored="log: changes only what is logged"),
    ]
    assert render_listing(mutants, 100) == (
        "pkg/a.py:1        000000000001  swap    a + b → a - b\n"
        "pkg/longer.py:12  00000000000c  number  1 → 2\n"
        "pkg/a.py:3        000000000003  swap    a + b → a - b  (ignored: log)\n"
        "3 mutants, of which 1 is ignored: 1 log\n"
    )


def test_nothing_to_mutate_is_said() -> None:
    assert render_listing([], 100) == "0 mutants\n"


def test_a_change_of_many_lines_is_written_in_one() -> None:
    mutant = make_mutant(original="case 1:\n        pass\n", replacement="")
    assert "case 1: pass → (nothing)\n" in render_listing([mutant], 100)


def test_a_long_change_is_cut_around_what_differs() -> None:
    call = f"f({'a, ' * 40}True{', b' * 40})"
    mutant = make_mutant(original=call, replacement=call.replace("True", "None"))
    line = render_listing([mutant], 100).splitlines()[0]
    assert re.search(r"\.\.\.[a, ]+True[b, ]+\.\.\. → \.\.\.[a, ]+None[b, ]+\.\.\.$", line)


@pytest.mark.parametrize("width", [20, 60, 80, 100, 200])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    mutants = [
        make_mutant(
            path="日本/" * 60 + "a.py", original="x" * 300, replacement="日" * 300, ignored="r: s"
        ),
        make_mutant(2, path=f"::error::{'p' * 90}", ignored=f"{'r' * 90}: s"),
        make_mutant(3, id="i" * 200, operator="o" * 200),
    ]
    for chosen in (mutants, mutants[:1], mutants[1:2]):
        lines = render_listing(chosen, width).splitlines()[:-1]
        assert max(map(cell_len, lines)) <= max(width, 60)


def test_text_from_the_code_is_never_a_command_or_a_control_sequence() -> None:
    evil = "::error::\x1b[31m##[group]\r\n::x"
    fields = dict.fromkeys(("path", "id", "operator", "original", "replacement"), evil)
    listing = render_listing([make_mutant(**fields, ignored=f"{evil}: y")], 200)
    assert re.search(r"^\s*::|##\[", listing, re.MULTILINE) is None
    assert all(char.isprintable() or char == "\n" for char in listing)


def test_thousands_of_mutants_are_listed() -> None:
    call = "require_positive(self.temperature, name='temperature', least=0.0, most=100.0)"
    mutants = [
        make_mutant(
            n, original=call, replacement=call.replace("0.0", "None"), ignored="log: a" * (n % 2)
        )
        for n in range(6_500)
    ]
    listing = render_listing(mutants, 120)
    assert listing.endswith("6,500 mutants, of which 3,250 are ignored: 3,250 log\n")
