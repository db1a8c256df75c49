from __future__ import annotations

import ast
from textwrap import dedent

import pytest

from gate.model import Mutant
from gate.mutate.contexts import Context, Contexts
from gate.mutate.fingerprints import fingerprint
from gate.mutate.generate import generate
from gate.mutate.text import Text, read_text

CODE = """\
@d(1)
# why
@e
def f(a=2, *,
      b=lambda: 3): return a; b = [
    4,
    5]
class A(B(6)):
    @d(7)
    async def m(self):
        if self.x == 8: y = 9
        elif (self.x
              > 10):
            # why
            z = await g(11)
        else: w = 12
        for i in range(13):
            while i < 14:
                if i: break
                continue
        with open(15) as p, open(16):
            try: q = 17
            except E[18]: r = 18.5
            except (F, G(19)) as e:

                raise H(20)
            else: s = 21
            finally: t = (yield 22)
        match u[23]:
            # case 0: no
            case 24 if v(25):
                x = 26
                # case 0: no

            case [27,
                  28]: return
            case _:
                pass
        async for j in k(29): l = 30
        async with k(31): pass
\x0cn = (32)
try: pass
except O(33):
    pass
with P(34): pass
@ d(35)
class R: pass
"""


@pytest.fixture(scope="module")
def text() -> Text:
    return read_text("m.py", CODE.encode())


@pytest.fixture(scope="module")
def contexts(text: Text) -> Contexts:
    return Contexts(text, ast.parse(CODE))


MUTANTS = generate("m.py", CODE.encode())
NUMBERS = {m.original: m for m in MUTANTS if m.operator == "number"}


def around(contexts: Contexts, mutant: Mutant) -> Context:
    context = contexts.around(mutant)
    assert context is not None
    return context


def alone(text: Text, contexts: Contexts, number: str) -> str:
    context = around(contexts, NUMBERS[number])
    before = next(b for b in context.befores if fingerprint(context.code(text, b)))
    return context.code(text, before)


def test_every_mutant_has_a_piece_that_compiles_as_written(text: Text, contexts: Contexts) -> None:
    for mutant in MUTANTS:
        context = around(contexts, mutant)
        assert context.start <= mutant.start < mutant.end <= context.end
        assert any(fingerprint(context.code(text, before)) for before in context.befores), mutant


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("1", "@d(1)\n# why\n@e\ndef f(a=2, *,\n      b=lambda: 3): _()"),
        ("3", "@d(1)\n# why\n@e\ndef f(a=2, *,\n      b=lambda: 3): _()"),
        ("4", "def _():\n b = [\n    4,\n    5]"),
        ("6", "class A(B(6)):\n    _()"),
        ("7", "def _():\n    @d(7)\n    async def m(self):\n        _()"),
        ("8", "def _():\n        if self.x == 8: _()"),
        ("9", "def _():\n y = 9"),
        (
            "10",
            "def _():\n        if (self.x\n              > 10):\n            # why\n            _()",
        ),
        ("11", "async def _():\n z = await g(11)"),
        ("12", "def _():\n w = 12"),
        ("13", "def _():\n        for i in range(13):\n            _()"),
        ("14", "def _():\n            while i < 14:\n                _()"),
        ("16", "def _():\n        with open(15) as p, open(16):\n            _()"),
        ("18", "def _():\n            try:\n             pass\n            except E[18]: _()"),
        ("18.5", "def _():\n r = 18.5"),
        ("20", "def _():\n raise H(20)"),
        ("21", "def _():\n s = 21"),
        ("22", "def _():\n t = (yield 22)"),
        ("23", "def _():\n        match u[23]:\n            # case 0: no\n            case _: _()"),
        ("25", "match _:\n            case 24 if v(25):\n                _()"),
        ("26", "def _():\n x = 26"),
        ("28", "match _:\n            case [27,\n                  28]: _()"),
        ("29", "async def _():\n        async for j in k(29): _()"),
        ("31", "async def _():\n        async with k(31): _()"),
        ("32", "def _():\n n = (32)"),
        ("33", "try:\n pass\nexcept O(33):\n    _()"),
        ("34", "with P(34): _()"),
        ("35", "@ d(35)\nclass R: _()"),
    ],
)
def test_a_piece_is_a_simple_statement_or_a_header(
    text: Text, contexts: Contexts, number: str, expected: str
) -> None:
    assert alone(text, contexts, number) == expected


def test_the_mutant_is_put_into_its_piece(text: Text, contexts: Contexts) -> None:
    mutant = NUMBERS["10"]
    context = around(contexts, mutant)
    assert context.code(text, "", mutant) == context.code(text, "").replace("10", "11")


def test_where_one_statement_is_not_enough_the_piece_is_the_whole_function(
    text: Text, contexts: Contexts
) -> None:
    whole = [
        m for m in MUTANTS if m.original in {"break", "continue"} or m.operator == "match-case"
    ]
    assert len(whole) == 5
    for mutant in whole:
        context = around(contexts, mutant)
        (before,) = context.befores
        assert before == "class A:\n"
        assert context.code(text, before).startswith("class A:\n    @d(7)\n")
        assert context.code(text, before).endswith("async with k(31): pass\n")


def test_at_module_level_it_is_the_whole_top_level_statement() -> None:
    code = "x = 1\nfor a in b:\n    if a: break\nelse: c\ny = 2\n"
    text = read_text("m.py", code.encode())
    contexts = Contexts(text, ast.parse(code))
    (mutant,) = (m for m in generate("m.py", code.encode()) if m.operator == "keyword")
    context = around(contexts, mutant)
    assert context.code(text, context.befores[0]) == "for a in b:\n    if a: break\nelse: c"


def test_a_true_condition_and_a_false_one_compile_differently() -> None:
    for code in ("if True: f()\n", "def g():\n  if 0:\n    f()\n", "while 0: f()\n"):
        text = read_text("m.py", dedent(code).encode())
        contexts = Contexts(text, ast.parse(code))
        mutant = generate("m.py", code.encode())[0]
        context = around(contexts, mutant)
        before = context.befores[0]
        one, other = context.code(text, before), context.code(text, before, mutant)
        assert fingerprint(one) != fingerprint(other)


def test_a_mutant_from_elsewhere_has_no_piece() -> None:
    text = read_text("m.py", b"pass\n")
    stray = generate("m.py", b"\n\nx = 1\n")[0]
    assert Contexts(text, ast.parse("pass")).around(stray) is None
    assert Contexts(read_text("m.py", b""), ast.parse("")).around(stray) is None
