from __future__ import annotations

import ast
import importlib.util
import random
import re
import subprocess
import sys
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import libcst as cst
import pytest
from mutmut.configuration import config, reset_config
from mutmut.mutation.file_mutation import create_mutations

from gate.errors import ExitCode
from gate.model import Mutant
from gate.mutate.generate import generate
from gate.mutate.operators import changes
from gate.mutate.places import places
from gate.mutate.splices import Layout
from gate.mutate.text import mutated_file, read_text, unit_source
from gate.source.code import SourceError


def mutants(code: str) -> tuple[Mutant, ...]:
    return generate("m.py", dedent(code).encode())


def ids(code: str) -> dict[str, str]:
    """Map ids to what they change."""
    return {m.id: f"{m.function}: {m.original} -> {m.replacement}" for m in mutants(code)}


def test_a_mutant_says_what_it_changes_and_where() -> None:
    (mutant,) = (
        m
        for m in generate("a/m.py", b"x = 0\ndef f(a):\n  return g(\n   'b', a)\n")
        if m.operator == "string" and "XX" in m.replacement
    )
    assert mutant == Mutant(
        id=mutant.id,
        path="a/m.py",
        line=4,
        column=4,
        end_line=4,
        end_column=7,
        operator="string",
        function="f",
        original="'b'",
        replacement="'XXbXX'",
        source="   'b', a)",
        start=31,
        end=34,
        moment="call",
        unit=mutant.unit,
    )
    assert re.fullmatch(r"[0-9a-f]{12}", mutant.id)
    assert mutant.unit is not None
    assert (mutant.unit.qualname, mutant.unit.line, mutant.unit.end_line) == ("f", 2, 4)


def test_mutants_come_in_the_order_of_the_file() -> None:
    found = mutants("f(1, 'a')\ndef g(x=2):\n  return 3 + (4)\n")
    assert [(m.start, m.end) for m in found] == sorted((m.start, m.end) for m in found)
    assert [m.original for m in found if m.operator == "number"] == ["1", "2", "3", "4"]


def test_lines_are_those_of_the_changed_text() -> None:
    found = {m.operator: (m.line, m.end_line) for m in mutants("x = [\n  (a\n\n   and b)]\n")}
    assert found == {"assign": (1, 4), "swap": (2, 4)}


def test_a_file_without_anything_to_change_has_no_mutants() -> None:
    assert mutants("") == mutants("\n# nothing\n") == mutants("import a\n") == ()


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (b"x = (\n", "m.py:1: '(' was never closed"),
        (b"x = 1\nif x\n", "m.py:2: expected ':'"),
        (b"x = 1\n\0", "m.py:2: contains a NUL byte"),
        (b"\xff", "m.py: cannot be decoded: "),
        (b"x = " + b"(" * 500 + b")" * 500, "m.py"),
        (b"x = 0" + b".a" * 50_000, "m.py"),
    ],
)
def test_what_is_no_python_is_an_error_with_its_place(source: bytes, message: str) -> None:
    with pytest.raises(SourceError) as caught:
        generate("m.py", source)
    assert caught.value.message.startswith(message)
    assert caught.value.exit_code == ExitCode.USAGE
    assert caught.value.hint


# Python 3.12 alone has a limit of its own for calls through C, which nobody can raise.
LEVELS = 250 if sys.version_info[:2] == (3, 12) else 800


@pytest.mark.parametrize(
    "code",
    [
        "x = " + " + ".join(["a"] * 2 * LEVELS),
        "if a: b\n" + "elif a + 1: b\n" * LEVELS,
        "x = (" + "'a' " * 2 * LEVELS + ")",
    ],
)
def test_long_chains_are_no_deep_nesting(code: str) -> None:
    limit = sys.getrecursionlimit()
    assert len(mutants(code)) > 1.8 * LEVELS
    assert sys.getrecursionlimit() == limit


def test_generating_warns_of_nothing() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert mutants("x = '\\d' is 1\n")


def test_generating_imports_nothing_of_the_project(tmp_path: Path) -> None:
    (tmp_path / "m.py").write_text("raise SystemExit(9)\nx = 1\n")
    (tmp_path / "run.py").write_text(
        "from gate.mutate.generate import generate\n"
        "with open('m.py', 'rb') as file: print(len(generate('m.py', file.read())))\n"
    )
    root = str(Path(__file__).resolve().parents[3])
    run = subprocess.run(
        [sys.executable, "run.py"],
        cwd=tmp_path,
        env={"PYTHONPATH": root},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.returncode, run.stdout) == (0, "4\n"), run.stderr


def test_a_mutant_that_does_not_compile_is_given_all_the_same() -> None:
    code = "match a:\n    case -1: pass\n"
    (swap,) = (m for m in mutants(code) if m.operator == "swap")
    text = read_text("m.py", code.encode())
    with pytest.raises(SyntaxError):
        ast.parse(mutated_file(text, swap))
    (keyword,) = (m for m in mutants("while a: break\n") if m.operator == "keyword")
    assert keyword.replacement == "return"


BEFORE = """
def f(a):
    x = a + 1
    return g(x, "b")

class A:
    y = 2
    def m(self, z=3):
        return self.y + z + 1
"""


def test_ids_are_different() -> None:
    found = ids(BEFORE)
    assert len(found) == len(mutants(BEFORE)) == 15
    twice = "def f():\n  a = 1\n  a = 1\n  return f(a, a)\ndef g():\n  a = 1\n"
    assert len(ids(twice)) == len(mutants(twice))
    assert generate("m.py", b"x = 1")[0].id != generate("n.py", b"x = 1")[0].id


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("\ndef f", "\nx = 5\ndef e(a):\n    x = a + 1\n    return 6\n\ndef f"),
        ("return g(x", "x = x * 7\n    return g(x"),
        ("x = a + 1\n", "# why\n\n    x = a + 1  # é\n"),
        ("class A:", "class A(B):\n    'text'\n    w = 4\n"),
        ("def m(self, z=3)", "@d\n    def m(self, k=8, *, z=3)"),
    ],
)
def test_ids_outlive_an_edit_elsewhere(old: str, new: str) -> None:
    before, after = ids(BEFORE), ids(BEFORE.replace(old, new))
    assert BEFORE.count(old) == 1
    assert before.items() <= after.items()


def test_ids_outlive_functions_that_change_places() -> None:
    _, f, a = BEFORE.partition("\ndef f")[0], *re.split(r"(?=\nclass A)", BEFORE)
    assert ids(a + f) == ids(BEFORE)


def test_an_id_ends_with_its_function_its_text_or_an_equal_change_before_it() -> None:
    before = ids(BEFORE)
    assert not set(before) & set(ids(BEFORE.replace("def f", "def h").replace("A", "B")))
    assert set(before) - set(ids(BEFORE.replace("a + 1", "a + 2"))) == {
        identifier
        for identifier, change in before.items()
        if change.startswith(("f: a + 1", "f: x = a + 1", "f: 1"))
    }
    one, two = mutants("def f():\n  return 1\n"), mutants("def f():\n  a(1)\n  return 1\n")
    numbers = [m.id for m in two if m.operator == "number"]
    assert numbers[0] == one[0].id
    assert numbers[1] != one[0].id


REAL = ["click.types", "rich.text", "pydantic.fields", "torch.optim.adam", "gate.source.git"]


def real_source(name: str) -> bytes:
    spec = importlib.util.find_spec(name.partition(".")[0])
    if spec is None or not spec.submodule_search_locations:
        pytest.skip(f"{name} is not installed")
    parts = name.split(".")[1:]
    return Path(spec.submodule_search_locations[0], *parts).with_suffix(".py").read_bytes()


@pytest.mark.parametrize("name", REAL)
def test_a_splice_is_the_replacement_in_the_tree(name: str) -> None:
    text = read_text("m.py", real_source(name))
    layout = Layout("m.py", text)
    whole = [
        (node, part, new)
        for node, _ in places(layout)
        for part in (node, *inner_parts(node))
        for _, new in changes(part)
    ]
    assert len(whole) == len(generate("m.py", real_source(name)))
    for node, part, new in random.Random(name).sample(whole, 6):
        splice = layout.splice(part, new, node)
        data = text.data[: splice.start] + splice.replacement.encode() + text.data[splice.end :]
        tree = layout.module.deep_replace(part, as_wide(part, new))
        assert isinstance(tree, cst.Module)
        assert ast.dump(ast.parse(data)) == ast.dump(ast.parse(tree.code)), (part, splice)


def inner_parts(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    if isinstance(node, cst.Comparison):
        for target in node.comparisons:
            yield from (target, target.operator)


def as_wide(old: cst.CSTNode, new: cst.CSTNode) -> cst.CSTNode:
    """Keep the parentheses around `not a`, which mutmut drops along with the `not`."""
    if not isinstance(old, cst.UnaryOperation) or isinstance(new, cst.UnaryOperation):
        return new
    return new.with_changes(lpar=[*old.lpar, *new.lpar], rpar=[*new.rpar, *old.rpar])


@pytest.mark.parametrize("name", REAL)
def test_every_mutant_of_a_real_file_replaces_its_original_and_parses(name: str) -> None:
    text = read_text("m.py", real_source(name))
    found = generate("m.py", real_source(name))
    assert len({m.id for m in found}) == len(found) > 300
    for mutant in found:
        assert text.cut(mutant.start, mutant.end) == mutant.original != mutant.replacement
        assert mutant.unit is None or mutant.moment != "import"
        assert mutant.line <= mutant.end_line
    for mutant in random.Random(name).sample(found, 40):
        if mutant.unit:
            ast.parse(unit_source(text, mutant.unit, mutant))
        if mutant.moment == "default":
            ast.parse(mutant.default, mode="eval")


ZOO = '''
"""Every operator, in functions that mutmut reaches."""
from copy import deepcopy

def numbers(a, b=1, c="d", *, e=None, f=True):
    """doc"""
    x: int = -1 + 2.5 * 3j
    x += ~a
    y = None
    z = deepcopy(x) if not (a and b or c) else [x for x in a if x is not None]
    return f"{z + 1} {c!r:>{b}}" "tail", 0xff, r"\\Raw", b"bytes", """long"""

class A(object):
    def m(self, *args, **kw):
        while self.x < len(args) <= 3:
            if args[0] in kw: break
            elif kw.get("k", 1): continue
        for i in range(
            1,  # from
            len(kw),
        ): self.y.split(",", maxsplit=i).upper()
        match args:
            case [1, "a"]: return dict(a=1, b=2)
            case {"k": True}: pass
            case _: return lambda q=1: q ** 2
    @staticmethod
    def s(x): return isinstance(x, (1, 2)) or x[1:-1]
    @classmethod
    async def c(cls, x):
        async with cls(x) as y:
            await y(not x)
        def nested(a="b", c=(4,)):
            return {a: 5, **c}
        @nested
        def left(): return 6

def strings():
    "one line"
    try: raise ValueError("no", 1) from None
    except (KeyError, OSError) as e: return (yield "x")
    finally: print(*[1], sep="")
'''


@pytest.fixture
def _mutmut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give mutmut the configuration that it insists on."""
    (tmp_path / "setup.cfg").write_text("[mutmut]\nsource_paths=.\n")
    monkeypatch.chdir(tmp_path)
    reset_config()
    config()
    yield
    reset_config()


@pytest.mark.usefixtures("_mutmut")
def test_everything_that_mutmut_makes_inside_functions_is_made() -> None:
    text = read_text("m.py", ZOO.encode())
    ours = Counter(
        (m.unit.qualname.rpartition(".")[2], dumped(unit_source(text, m.unit, m)))
        for m in mutants(ZOO)
        if m.unit
    )
    theirs = Counter(their_mutants())
    missing = theirs - ours
    # A bare string is a documentation string to us whatever its quotes.
    assert {name for name, _ in missing} == {"strings"}
    assert missing.total() == 2
    assert theirs.total() > 100


def their_mutants() -> Iterator[tuple[str, str]]:
    _, mutations, _, _ = create_mutations("m.py", ZOO)
    for mutation in mutations:
        function = mutation.contained_by_top_level_function
        if isinstance(function, cst.FunctionDef):
            mutated = function.deep_replace(mutation.original_node, mutation.mutated_node)
            assert isinstance(mutated, cst.FunctionDef)
            yield function.name.value, dumped(cst.Module([mutated]).code)


def dumped(code: str) -> str:
    """Show the one function in a piece of code, below whatever class."""
    (node,) = ast.parse(code).body
    while isinstance(node, ast.ClassDef):
        (node,) = node.body
    return ast.dump(node)
