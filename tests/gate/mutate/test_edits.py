from __future__ import annotations
import __future__

import os
from pathlib import Path
from typing import Any

import pytest
from fake_workers import make_import_mutant, make_mutant

from gate.model import Unit
from gate.mutate.edits import Edits

ANNOTATIONS = __future__.annotations.compiler_flag
BOTH = ANNOTATIONS | __future__.division.compiler_flag


def write(root: Path, source: str | bytes) -> Path:
    (root / "pkg").mkdir(exist_ok=True)
    data = source if isinstance(source, bytes) else source.encode()
    (root / "pkg/a.py").write_bytes(data)
    return root


def edit(root: Path, source: str, **fields: Any) -> Any:
    """Describe `1` of the source replaced by `2`."""
    start = source.encode().index(b"1")
    place = {"start": start, "end": start + 1, "replacement": "2"}
    return Edits(write(root, source)).of(make_mutant(**{**place, **fields}))


def test_a_worker_gets_the_text_of_the_function_as_it_becomes(tmp_path: Path) -> None:
    source = "from __future__ import annotations\ndef f():\n    é = 1\n    return é\n"
    found = edit(tmp_path, source, unit=Unit("f", 2, 4, ()), replacement="2 +\n 3")
    assert found["original"] == "\ndef f():\n    é = 1\n    return é\n"
    assert found["text"] == "\ndef f():\n    é = 2 +\n 3\n    return é\n"
    assert (found["qualname"], found["line"], found["flags"]) == ("f", 2, ANNOTATIONS)


def test_a_method_stands_below_headers_at_its_own_lines(tmp_path: Path) -> None:
    source = "\n\nclass A:\n  def f(self):\n    return 1\n"
    found = edit(tmp_path, source, unit=Unit("A.f", 4, 5, ("class A:",)))
    assert found["text"] == "\n\nclass A:\n  def f(self):\n    return 2\n"
    compile(found["text"], "a.py", "exec")


def test_what_runs_at_import_has_no_function(tmp_path: Path) -> None:
    found = Edits(write(tmp_path, "X = 1\n")).of(make_import_mutant("2"))
    assert not {"qualname", "text", "original", "flags", "line"} & set(found)
    assert (found["start"], found["end"], found["replacement"]) == (4, 5, "2")
    assert found["moment"] == "import"


def test_a_default_is_named_with_its_parameter(tmp_path: Path) -> None:
    found = edit(
        tmp_path,
        "def f(a=1): return a\n",
        unit=Unit("f", 1, 1, ()),
        moment="default",
        parameter="a",
        default="2",
    )
    assert (found["moment"], found["parameter"], found["default"]) == ("default", "a", "2")


def test_the_file_is_named_as_it_is_without_links(tmp_path: Path) -> None:
    real = tmp_path / "real"
    real.mkdir()
    write(real, "X = 1\n")
    (tmp_path / "link").symlink_to(real)
    found = Edits(tmp_path / "link").of(make_import_mutant())
    assert found["file"] == os.path.realpath(real / "pkg/a.py")


@pytest.mark.parametrize(
    ("head", "flags"),
    [
        ("", 0),
        ("import os\n", 0),
        ("from __future__ import annotations\n", ANNOTATIONS),
        ("from __future__ import annotations as a, division # x\n", BOTH),
        ("from __future__ import (\n    annotations,\n)\n", ANNOTATIONS),
        ("from __future__ import (  # why\n    annotations)\n", ANNOTATIONS),
        ("from __future__ import annotations; import os\n", ANNOTATIONS),
        ("from  __future__  import  annotations\n", ANNOTATIONS),
        ("from __future__ import \\\n    annotations\n", ANNOTATIONS),
        ("from __future__ import division\nfrom __future__ import annotations\n", BOTH),
        ('"""Says\n\nfrom __future__ import annotations\n"""\n', 0),
    ],
)
def test_a_function_compiles_with_the_future_of_its_module(
    tmp_path: Path, head: str, flags: int
) -> None:
    source = f"{head}def f():\n    return 1\n"
    line = head.count("\n") + 1
    found = edit(tmp_path, source, unit=Unit("f", line, line + 1, ()))
    assert found["flags"] == flags
    # Python sets no flag for what is no option any more.
    whole = compile(source, "a.py", "exec", dont_inherit=True)
    assert whole.co_flags & ANNOTATIONS == flags & ANNOTATIONS


@pytest.mark.parametrize(
    ("replacement", "why"),
    [
        ("2", ""),
        ("(", "line 1"),
        ("return 2", "line 1"),
        ("2\n  3", "line 2"),
        ("'\\d'", ""),
        ("\0", "null"),
        ("(" * 300 + ")" * 300, "too many nested"),
    ],
)
def test_a_mutant_that_does_not_compile_says_where(
    tmp_path: Path, replacement: str, why: str
) -> None:
    edits = Edits(write(tmp_path, "X = 1\n"))
    said = edits.why_not_compiled(make_import_mutant(replacement=replacement))
    assert why in said
    assert bool(said) == bool(why)


def test_a_file_in_another_encoding_compiles_as_text(tmp_path: Path) -> None:
    source = "# coding: latin-1\né = 1\n"
    start = source.encode().index(b"= 1") + 2
    edits = Edits(write(tmp_path, source.encode("latin-1")))
    mutant = make_import_mutant(start=start, end=start + 1, replacement="2")
    assert edits.why_not_compiled(mutant) == ""


def test_a_file_is_read_once(tmp_path: Path) -> None:
    edits = Edits(write(tmp_path, "X = 1\n"))
    before = edits.of(make_mutant(unit=Unit("f", 1, 1, ()), start=4, end=5))
    write(tmp_path, "Y = 3\n")
    assert edits.of(make_mutant(unit=Unit("f", 1, 1, ()), start=4, end=5)) == before
