"""Where a mutant stands: function, moment, unit, and that the unit compiles alone as in its file."""

from __future__ import annotations

import re
import sys
import sysconfig
import types
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from gate.model import Mutant, Unit
from gate.mutate.generate import generate
from gate.mutate.places import places
from gate.mutate.splices import Layout
from gate.mutate.text import read_text, unit_source

STDLIB = Path(sysconfig.get_path("stdlib"))


def mutants(code: str) -> list[Mutant]:
    return [m for m in generate("m.py", dedent(code).encode()) if m.operator == "number"]


def placed(code: str) -> dict[str, tuple[str, str]]:
    """Map each number of a piece of code to function and moment; write each number once."""
    found = mutants(code)
    assert len({m.original for m in found}) == len(found)
    return {m.original: (m.function, m.moment) for m in found}


def test_what_an_annotation_calls_runs_where_it_is_evaluated() -> None:
    assert placed(
        """
        def f(a: N(1), /, b: Annotated[int, N(2)] = 3, *c: N(4), d: N(5) = 6, **e: (lambda: 7)) -> N(8):
            g: N(9) = 10
            def h(i: N(11)): ...
        class A:
            j: Annotated[int, N(12)]
            k: N(13) = 14
            def l(self, m: N(15)): ...
        n: Literal[16] = 17
        """
    ) == {
        **dict.fromkeys(("1", "2", "4", "5", "7", "8"), ("f", "import")),
        **dict.fromkeys(("3", "6"), ("f", "default")),
        "10": ("f", "call"),
        "11": ("f.<locals>.h", "call"),
        **dict.fromkeys(("12", "13", "14"), ("A", "import")),
        "15": ("A.l", "import"),
        "17": ("", "import"),
    }


def test_a_mutant_is_in_the_innermost_function_or_class() -> None:
    assert placed(
        """
        x = 1
        def f():
            y = 2
            def g(): return 3
            class C:
                z = 4
                def h(self): return [5 for _ in (lambda: 6)]
            return 7
        class A:
            a = 8
            b = lambda: 9
            class B:
                c = 10
                async def m(self): return 11
        if 12:
            def i(): return 13
        lambda: 14
        """
    ) == {
        "1": ("", "import"),
        "2": ("f", "call"),
        "3": ("f.<locals>.g", "call"),
        "4": ("f.<locals>.C", "call"),
        "5": ("f.<locals>.C.h", "call"),
        "6": ("f.<locals>.C.h", "call"),
        "7": ("f", "call"),
        "8": ("A", "import"),
        "9": ("A", "import"),
        "10": ("A.B", "import"),
        "11": ("A.B.m", "call"),
        "12": ("", "import"),
        "13": ("i", "call"),
        "14": ("", "import"),
    }


def test_decorators_and_bases_run_at_import_and_belong_to_what_they_stand_on() -> None:
    found = mutants(
        """
        @d(1)
        def f(): pass
        @d(2)
        class A(B(3), k=4):
            @property
            @d(5)
            def m(self): return 6
        def g():
            @d(7)
            def h(): pass
        """
    )
    assert [(m.original, m.function, m.moment, m.unit is None) for m in found] == [
        ("1", "f", "import", True),
        ("2", "A", "import", True),
        ("3", "A", "import", True),
        ("4", "A", "import", True),
        ("5", "A.m", "import", True),
        ("6", "A.m", "call", False),
        ("7", "g.<locals>.h", "call", False),
    ]


def test_a_default_is_made_with_its_function_unless_that_is_inside_another() -> None:
    found = mutants(
        """
        def f(a, b=1, /, c=(2), *d, e=g(3, [4
            ]), h: int=lambda: 5, **i): pass
        class A:
            def m(self, a=6 + x): pass
        def g():
            def h(a=7): pass
        k = lambda a=8: a
        """
    )
    assert [(m.original, m.function, m.moment, m.parameter, m.default) for m in found] == [
        ("1", "f", "default", "b", "2"),
        ("2", "f", "default", "c", "(3)"),
        ("3", "f", "default", "e", "(g(4, [4\n    ]))"),
        ("4", "f", "default", "e", "(g(3, [5\n    ]))"),
        ("5", "f", "default", "h", "lambda: 6"),
        ("6", "A.m", "default", "a", "7 + x"),
        ("7", "g.<locals>.h", "call", "", ""),
        ("8", "", "import", "", ""),
    ]
    assert [m.unit and m.unit.qualname for m in found] == [*["f"] * 5, "A.m", "g", None]
    for mutant in found[:6]:
        compile(mutant.default, "", "eval")


def test_a_unit_reaches_from_its_first_decorator_to_its_last_line() -> None:
    (unit,) = {
        m.unit
        for m in mutants(
            """\
            class A:
                x = [
                ]

                @d(
                )
                @e
                async def m(
                    self,
                ):
                    class B:
                        def n(self): return 1

                    return '''
            2''' + f(
                        3)  # last
                    # not part
            """
        )
    }
    assert unit == Unit("A.m", 5, 16, ("class A:",))


NESTED = """\
class Base:
    def __init__(self): self.who = type(self).__name__
class __Outer(Base):
\tif True:
\t\ttry:
\t\t\tx
\t\texcept NameError:
\t\t\t@staticmethod
\t\t\tdef fallback(): return 1
\t\telse: pass
\tclass Inner(Base):
\t    def __init__(self):
\t        super().__init__()
\t        self.__hidden = 2
\t        def deep():
\t            return __class__, self.__hidden
\t        self.deep = deep
for _ in [1]:
  with open("x") as y:
    while True:
      match _:
        case 1:
          async def cased():
            return 3
        case _: pass
elif_ = 0
if elif_:
    pass
elif not elif_:
      def branch():
       return 4
else:
 def other(
a=5): return 6 + (
1)
"""


def codes(code: types.CodeType) -> Iterator[types.CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield constant
            yield from codes(constant)


def described(code: types.CodeType) -> tuple[object, ...]:
    """Give what must not change when a function is compiled alone.

    Not its instructions: CPython calls a method of an imported module otherwise when it sees the import.
    """
    consts = [c if not isinstance(c, types.CodeType) else described(c) for c in code.co_consts]
    lines = {line for *_, line in code.co_lines()}
    names = ({*code.co_names}, code.co_varnames, code.co_freevars, code.co_cellvars)
    return code.co_qualname, code.co_firstlineno, code.co_flags, names, lines, consts


def compiled(source: str) -> dict[tuple[str, int], tuple[object, ...]]:
    module = compile(source, "m.py", "exec", dont_inherit=True)
    return {(c.co_qualname, c.co_firstlineno): described(c) for c in codes(module)}


def test_headers_stand_for_every_block_around_a_unit() -> None:
    units = {m.unit.qualname: m.unit for m in mutants(NESTED) if m.unit}
    assert {name: unit.headers for name, unit in units.items()} == {
        "__Outer.fallback": ("class __Outer:", "\tif 1:", "\t\tif 1:"),
        "__Outer.Inner.__init__": ("class __Outer:", "\tclass Inner:"),
        "cased": ("if 1:", "  if 1:", "    if 1:", "      if 1:", "        if 1:"),
        "branch": ("if 1:",),
        "other": ("if 1:",),
    }
    assert units["__Outer.fallback"].line == 8
    assert (units["other"].line, units["other"].end_line) == (33, 35)


@pytest.mark.parametrize(
    "source",
    [
        NESTED,
        *(
            (STDLIB / name).read_text(encoding="utf-8")
            for name in ("enum.py", "asyncio/tasks.py", "functools.py", "codecs.py", "shutil.py")
        ),
    ],
    ids=["nested", "enum", "tasks", "functools", "codecs", "shutil"],
)
def test_a_unit_compiles_alone_to_what_it_is_in_its_file(source: str) -> None:
    text = read_text("m.py", source.encode())
    whole = compiled(source)
    units = {m.unit for m in generate("m.py", source.encode()) if m.unit}
    assert len(units) > 4
    for unit in units:
        alone = compiled(unit_source(text, unit))
        assert alone[unit.qualname, unit.line] == whole[unit.qualname, unit.line]


@pytest.mark.skipif(
    sys.version_info < (3, 12), reason="classes have no type parameters before 3.12"
)
def test_the_type_parameters_of_a_class_are_in_its_header() -> None:
    code = "class A[T: int,\n  *U, **V]:\n  def m(self):\n    return T, U, V, 1\n"
    (mutant,) = mutants(code)
    assert mutant.unit == Unit("A.m", 3, 4, ("class A[T, *U, **V]:",))
    alone = compiled(unit_source(read_text("m.py", code.encode()), mutant.unit))
    assert alone["A.m", 3] == compiled(code)["A.m", 3]


def test_white_space_commas_and_comments_are_no_places() -> None:
    source = b"@d  # why\ndef f(a, (b), c=(1, 2)): return [a , b];\n\n# end\n".replace(b"(b)", b"b")
    layout = Layout("m.py", read_text("m.py", source))
    kinds = {type(node).__name__ for node, _ in places(layout)}
    assert {"Decorator", "Return", "Tuple", "Integer", "List", "Name"} <= kinds
    dead = re.compile("Whitespace|Comma|Paren$|Semicolon|EmptyLine|Comment|Newline")
    assert [kind for kind in kinds if dead.search(kind)] == []


def test_the_mutant_is_in_the_unit_alone_too() -> None:
    text = read_text("m.py", NESTED.encode())
    hidden = next(m for m in mutants(NESTED) if m.original == "2")
    assert hidden.unit is not None
    alone = compiled(unit_source(text, hidden.unit, hidden))
    assert 3 in alone["__Outer.Inner.__init__", 12][-1]
    assert "_Outer__hidden" not in str(alone)
    assert "_Inner__hidden" in str(alone)
