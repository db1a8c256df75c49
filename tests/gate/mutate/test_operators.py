"""The contract with mutmut 3.8: what gate/mutate/operators.py relies on, and nothing more."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import libcst as cst
import pytest
from mutmut.mutation.mutators import mutation_operators

from gate.mutate.operators import NAMES, UNTOUCHED_CALLS, changes

ROOT = Path(__file__).resolve().parents[3]
STDLIB = Path(sysconfig.get_path("stdlib"))


def nodes(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    yield node
    for child in node.children:
        yield from nodes(child)


def changed(code: str) -> list[tuple[str, str]]:
    """Name and render every change of every node."""
    module = cst.parse_module(dedent(code))
    return [
        (name, module.code_for_node(new).strip())
        for node in nodes(module)
        for name, new in changes(node)
    ]


def test_every_operator_of_mutmut_has_a_name_of_ours_and_no_name_is_left_over() -> None:
    functions = {function.__name__ for _, function in mutation_operators}
    assert functions == set(NAMES)
    assert len(set(NAMES.values())) == len(NAMES)


def test_the_names_are_those_on_the_page() -> None:
    page = (ROOT / "docs/mutants.md").read_text(encoding="utf-8")
    assert [name for name in NAMES.values() if f"| `{name}` |" not in page] == []


def test_mutmut_leaves_these_calls_alone() -> None:
    assert {"len", "isinstance"} == UNTOUCHED_CALLS


@pytest.mark.parametrize(
    "file",
    [STDLIB / "textwrap.py", STDLIB / "fractions.py", STDLIB / "shlex.py", Path(__file__)],
    ids=lambda file: file.name,
)
def test_nothing_that_mutmut_offers_is_filtered_out(file: Path) -> None:
    module = cst.parse_module(file.read_text(encoding="utf-8"))
    theirs: Counter[tuple[int, str, str]] = Counter()
    ours: Counter[tuple[int, str, str]] = Counter()
    for index, node in enumerate(nodes(module)):
        for kind, function in mutation_operators:
            if isinstance(node, kind):
                name = NAMES[function.__name__]
                theirs.update((index, name, module.code_for_node(n)) for n in function(node))
        ours.update((index, name, module.code_for_node(new)) for name, new in changes(node))
    assert theirs == ours
    assert theirs.total() > 250


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("7", ["number 8"]),
        ("'aB'", ["string 'XXaBXX'", "string 'ab'", "string 'AB'"]),
        ("True", ["name False"]),
        ("deepcopy", ["name copy"]),
        ("a = b", ["assign a = None"]),
        ("a = None", ['assign a = ""']),
        ("a: int = b", ["assign a: int = None"]),
        ("a: int", []),
        ("a += b", ["augassign a = b", "swap a -= b"]),
        ("not a", ["unary a"]),
        ("~a", ["unary a"]),
        ("-a", ["swap +a"]),
        ("dict(k=v)", ["dict-key dict(kXX=v)", "argument dict(k=None)"]),
        ("f(a)", ["argument f(None)"]),
        ("f(a, b)", [f"argument f({left})" for left in ("None, b", "a, None", "b", "a,")]),
        ("a.lower()", ["string-method a.upper()"]),
        ("a.find", []),
        ("a.split()", []),
        ("a.rsplit(maxsplit=b)", ["argument a.rsplit(maxsplit=None)", "split a.split(maxsplit=b)"]),
        ("lambda: a", ["lambda lambda: None"]),
        ("lambda: None", ["lambda lambda: 0"]),
        ("a in b", ["keyword not in"]),
        ("a is not b", ["keyword is"]),
        ("break", ["keyword return"]),
        ("continue", ["keyword break"]),
        ("a < b", ["swap <= b"]),
        ("a and b", ["swap a or b"]),
        ("a ** b", ["swap a * b"]),
        ("a if b else c", ["ternary a if (b) and False else c", "ternary a if (b) or True else c"]),
    ],
)
def test_each_operator_changes_what_its_name_says(code: str, expected: list[str]) -> None:
    assert [f"{name} {new}".replace(", )", ",)") for name, new in changed(code)] == expected


def test_a_case_is_dropped_from_a_match_of_two_or_more() -> None:
    one = "match a:\n    case b: pass\n"
    assert changed(one) == []
    assert [name for name, _ in changed(one + "    case _: pass\n")] == ["match-case"] * 2


def test_an_operator_that_libcst_or_python_refuses_offers_nothing() -> None:
    # The first needs a space where there is none, the second has more digits than Python writes.
    assert changed("a if(b)else c") == []
    assert changed("0x" + "f" * 5000) == []


def test_importing_them_reads_no_configuration_and_prints_nothing(tmp_path: Path) -> None:
    for name in ("setup.cfg", "pyproject.toml", "mutmut_config.py"):
        (tmp_path / name).write_text("[mutmut\nthis is broken")
    program = """
        import os, sys
        here = os.getcwd()
        opened = []
        sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == "open" else None)
        import gate.mutate.operators
        inside = [name for name in opened if os.path.abspath(name).startswith(here + os.sep)]
        sys.exit(repr(inside) if inside else 0)
    """
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", dedent(program)],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")
