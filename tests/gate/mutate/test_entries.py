from __future__ import annotations

import types
from collections.abc import Iterator

import pytest
from fake_workers import make_mutant

from gate.model import Mutant, Unit
from gate.mutate.entries import ALWAYS, NOTHING, RAISE, Entries
from gate.mutate.text import Splice, read_text

HERE = "HERE"
UNIT = Unit("f", 1, 99, ())


def mutant_in(source: str, unit: Unit | None = UNIT) -> Mutant:
    """A mutant of the name HERE in a source."""
    start = source.encode().index(HERE.encode())
    return make_mutant(start=start, end=start + len(HERE), unit=unit)


def raising(source: str) -> str:
    return applied(source, entries(source).raising(mutant_in(source)))


def unchanged(source: str, unit: Unit | None = UNIT) -> str:
    return applied(source, entries(source).unchanged(mutant_in(source, unit)))


def entries(source: str) -> Entries:
    return Entries("a.py", read_text("a.py", source.encode()))


def applied(source: str, splice: Splice) -> str:
    """The source with the splice in it, which must compile; form and line ends are Python's affair."""
    data = source.encode()
    changed = (data[: splice.start] + splice.replacement.encode() + data[splice.end :]).decode()
    compile(changed, "a.py", "exec")
    return changed


def codes(source: str) -> Iterator[types.CodeType]:
    """All code objects of a source, outermost first."""
    found = [compile(source, "a.py", "exec")]
    for code in found:
        found += [each for each in code.co_consts if isinstance(each, types.CodeType)]
        yield code


IF = f"if {ALWAYS}: {RAISE}"
RAISING = {
    "def f():\n    return HERE\n": f"def f():\n    {IF}\n    return HERE\n",
    "def f():\n\tif HERE:\n\t\tpass\n": f"def f():\n\t{IF}\n\tif HERE:\n\t\tpass\n",
    'def f():\n    """é."""\n    # é\n    return HERE\n': (
        f'def f():\n    """é."""\n    # é\n    {IF}\n    return HERE\n'
    ),
    "def f(): return HERE\n": f"def f(): {RAISE}; return HERE\n",
    "def f(): \\\n    return HERE\n": f"def f(): \\\n    {RAISE}; return HERE\n",
    'def f():\n    """é"""; x = HERE\n': f'def f():\n    """é"""; {RAISE}; x = HERE\n',
    'def f(a=HERE):\n    """é"""  # only this\n': f'def f(a=HERE):\n    """é"""; {RAISE}  # only this\n',
    'def f(a=HERE): "é"\n': f'def f(a=HERE): "é"; {RAISE}\n',
    "def f():\n    @x\n    @y\n    def g(): pass\n    HERE\n": (
        f"def f():\n    {IF}\n    @x\n    @y\n    def g(): pass\n    HERE\n"
    ),
    "def f():\n    x = 1\n    def g():\n        return HERE\n    return g\n": (
        f"def f():\n    x = 1\n    def g():\n        {IF}\n        return HERE\n    return g\n"
    ),
    "def f():\n    def g(a=HERE):\n        return a\n    return g\n": (
        f"def f():\n    {IF}\n    def g(a=HERE):\n        return a\n    return g\n"
    ),
    "def f(a=HERE):\n    def g():\n        return a\n    return g\n": (
        f"def f(a=HERE):\n    {IF}\n    def g():\n        return a\n    return g\n"
    ),
    "def f():\n    # odd \\\n    return HERE\n": f"def f():\n    # odd \\\n    {RAISE}; return HERE\n",
    "def f():\n    # odd \\\n    if HERE: pass\n": f"def f():\n    # odd \\\n    {IF}\n    if HERE: pass\n",
    "def f():\n    match HERE:\n        case 1: pass\n": (
        f"def f():\n    {IF}\n    match HERE:\n        case 1: pass\n"
    ),
    "def f():\r\n    return HERE\r\n": f"def f():\r\n    {IF}\n    return HERE\r\n",
    "class A:\n    async def f(self):\n        return HERE\n": (
        f"class A:\n    async def f(self):\n        {IF}\n        return HERE\n"
    ),
}


@pytest.mark.parametrize("source", RAISING)
def test_a_function_raises_after_its_docstring_and_before_all_else(source: str) -> None:
    assert raising(source) == RAISING[source]


@pytest.mark.parametrize("kind", ["def", "async def"])
@pytest.mark.parametrize("body", ["return HERE", "yield HERE"])
def test_a_raise_leaves_a_generator_a_generator_and_a_coroutine_a_coroutine(
    kind: str, body: str
) -> None:
    source = f"{kind} f():\n    {body}\n"
    before, after = (list(codes(each))[1].co_flags for each in (source, raising(source)))
    assert before == after


def test_the_code_after_a_raise_is_not_dead_so_that_functions_made_before_keep_their_place() -> (
    None
):
    source = "def f(x):\n    def g():\n        return x\n    return HERE, g, lambda: x\n"
    names = [[code.co_name for code in codes(each)] for each in (source, raising(source))]
    assert names[0] == names[1]


AT_IMPORT = {
    "x = 1\n": f"{IF}\nx = 1\n",
    "#!/bin/python\n# coding: utf-8\nx = 'é'\n": f"#!/bin/python\n# coding: utf-8\n{IF}\nx = 'é'\n",
    '"""é"""\nfrom __future__ import annotations\n\nimport os\n': (
        f'"""é"""\nfrom __future__ import annotations\n\n{IF}\nimport os\n'
    ),
    '"""é"""; x = 1\n': f'"""é"""; {RAISE}; x = 1\n',
    "from __future__ import annotations; x = 1\n": (
        f"from __future__ import annotations; {RAISE}; x = 1\n"
    ),
    "if x:\n    y = 1\n": f"{IF}\nif x:\n    y = 1\n",
    "@a\nclass A: pass\n": f"{IF}\n@a\nclass A: pass\n",
    "from __future__ import annotations": f"from __future__ import annotations\n{RAISE}\n",
}


@pytest.mark.parametrize("source", AT_IMPORT)
def test_a_file_raises_as_soon_as_the_language_lets_it(source: str) -> None:
    assert applied(source, entries(source).raising_at_import()) == AT_IMPORT[source]


UNCHANGED = {
    "def f():\n    return HERE\n": f"def f():\n    {NOTHING}; return HERE\n",
    'def f():\n    """é"""\n    if x:\n        y = HERE\n': (
        f'def f():\n    """é"""\n    if x:\n        {NOTHING}; y = HERE\n'
    ),
    "def f():\n    def g(): return 1\n    return HERE\n": (
        f"def f():\n    def g(): return 1\n    {NOTHING}; return HERE\n"
    ),
    "def f():\n    try: return HERE\n    finally: pass\n": (
        f"def f():\n    try: {NOTHING}; return HERE\n    finally: pass\n"
    ),
    "def f():\n    match HERE:\n        case 1: return 2\n": (
        f"def f():\n    match HERE:\n        case 1: {NOTHING}; return 2\n"
    ),
    "def f():\n    with a as b:\n        for c in b:\n            global d\n            d = HERE\n": (
        "def f():\n    with a as b:\n        for c in b:\n"
        f"            {NOTHING}; global d\n            d = HERE\n"
    ),
}


@pytest.mark.parametrize("source", UNCHANGED)
def test_unchanged_code_is_other_code_of_the_same_meaning_on_the_same_lines(source: str) -> None:
    changed = unchanged(source)
    assert changed == UNCHANGED[source]
    assert changed.count("\n") == source.count("\n")
    pairs = list(zip(codes(source), codes(changed), strict=True))
    assert any(before.co_code != after.co_code for before, after in pairs)
    assert any(set(before.co_consts) < set(after.co_consts) for before, after in pairs)
    for before, after in pairs:
        for name in ("co_varnames", "co_names", "co_freevars", "co_cellvars", "co_flags"):
            assert getattr(before, name) == getattr(after, name)


@pytest.mark.parametrize(
    "source", ['def f(a=HERE):\n    """é"""\n', "def f(a=HERE):\n    class A:\n        pass\n"]
)
def test_where_nothing_can_be_added_the_same_text_is_put_in_place(source: str) -> None:
    assert unchanged(source) == source


@pytest.mark.parametrize(
    "source", ["HERE = 1", "HERE = 1\n", "HERE = 1  # é", "if HERE:\n    x = 1"]
)
def test_a_module_is_another_one_of_the_same_meaning_at_its_end(source: str) -> None:
    changed = unchanged(source, unit=None)
    assert changed == f"{source}\n{NOTHING}\n"
    assert next(codes(changed)).co_code != next(codes(source)).co_code


def test_functions_are_told_apart_by_where_their_bodies_begin() -> None:
    source = "def f():\n    x = 1\n    def g(): return HERE\n"
    found = entries(source)
    inner, outer = mutant_in(source), make_mutant(start=source.index("x"), unit=Unit("f", 1, 3, ()))
    assert found.function(inner) == source.index("return")
    assert found.function(outer) == source.index("x")
    assert found.function(make_mutant(start=0, unit=None)) is None


def test_a_file_in_another_encoding_is_counted_as_the_mutants_are() -> None:
    source = "# coding: latin-1\ndef f():\n    é = 'é'; return HERE\n"
    text = read_text("a.py", source.encode("latin-1"))
    splice = Entries("a.py", text).unchanged(mutant_in(source))
    assert text.cut(splice.start, splice.start + 2) == "é"
