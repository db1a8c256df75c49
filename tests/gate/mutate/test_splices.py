"""How a change reads in the file: each test gives a piece of code and what becomes of it."""

from __future__ import annotations

import ast
import warnings
from textwrap import dedent

import pytest

from gate.mutate.generate import generate
from gate.mutate.text import mutated_file, read_text
from gate.source.code import SourceError


def mutated(code: str, operator: str) -> list[str]:
    """Give the whole file after each change of one operator, in order."""
    source = code.encode()
    text = read_text("m.py", source)
    return [mutated_file(text, m) for m in generate("m.py", source) if m.operator == operator]


@pytest.mark.parametrize(
    ("code", "operator", "expected"),
    [
        ("(not a)", "unary", ["(a)"]),
        ("(~ (a))", "unary", ["((a))"]),
        ("(not a == b) + 1", "unary", ["(a == b) + 1"]),
        ("x = (a)", "assign", ["x = None"]),
        ("x = ( (a) )", "assign", ["x = None"]),
        ("x = None", "assign", ['x = ""']),
        ("x = (None)", "assign", ['x = ""']),
        ("x: int = a,", "assign", ["x: int = None"]),
        ("f((a), (b))", "argument", ["f(None, (b))", "f((a), None)", "f((b))", "f((a))"]),
        ("((1))", "number", ["((2))"]),
        ("lambda: (a)", "lambda", ["lambda: None"]),
        ("x = ((lambda a: a))", "lambda", ["x = ((lambda a: None))"]),
        ("(a) < (b)", "swap", ["(a) <= (b)"]),
    ],
)
def test_parentheses_around_a_change_stay_and_those_of_what_is_gone_go(
    code: str, operator: str, expected: list[str]
) -> None:
    assert mutated(code, operator) == expected


@pytest.mark.parametrize(
    ("code", "operator", "expected"),
    [
        ("a  and  b", "swap", ["a  or  b"]),
        ("(a\n  and  # why\n b)", "swap", ["(a\n  or  # why\n b)"]),
        ("(a  # why\n  is\n not b)", "keyword", ["(a  # why\n  is b)"]),
        ("(a\n is b)", "keyword", ["(a\n is not b)"]),
        ("a not  in b", "keyword", ["a in b"]),
        ("a   in b", "keyword", ["a   not in b"]),
        ("a<b", "swap", ["a<=b"]),
        ("a < b\\\n == c", "swap", ["a <= b\\\n == c", "a < b\\\n != c"]),
        ("a\t//b", "swap", ["a\t/b"]),
        ("-  a", "swap", ["+  a"]),
        ("(-  # why\n a)", "swap", ["(+  # why\n a)"]),
        ("a  +=  b ; c", "swap", ["a  -=  b ; c"]),
        ("a  +=  b ; c", "augassign", ["a  =  b ; c"]),
        ("a >>= (b)", "augassign", ["a = (b)"]),
        ("x . lower ( )", "string-method", ["x . upper ( )"]),
        ("x.find(\n  # why\n  y\n)", "string-method", ["x.rfind(\n  # why\n  y\n)"]),
        ("x.split(a ,b)", "split", ["x.rsplit(a ,b)"]),
        ("dict( a = b )", "dict-key", ["dict( aXX = b )"]),
        ("while a: break ; b", "keyword", ["while a: return ; b"]),
    ],
)
def test_white_space_and_comments_around_a_change_stay(
    code: str, operator: str, expected: list[str]
) -> None:
    assert mutated(code, operator) == expected


@pytest.mark.parametrize(
    ("code", "operator", "expected"),
    [
        ("def f(): return~x", "unary", ["def f(): return x"]),
        ("a or~(b)", "unary", ["a or(b)"]),
        ("a if(b)else(c)", "name", []),
        ("a if (True)else c", "name", ["a if (False)else c"]),
        ("1if x else y", "number", ["2 if x else y"]),
        ("a and(b)", "swap", ["a or(b)"]),
        ("(a)in(b)", "keyword", ["(a)not in(b)"]),
        ("é=not\u00a0ä".replace("\u00a0", " "), "unary", ["é=ä"]),
        ("[a for a in~ä]", "unary", ["[a for a in ä]"]),
    ],
)
def test_two_words_never_become_one(code: str, operator: str, expected: list[str]) -> None:
    assert mutated(code, operator) == expected


CALL = """\
f(
    a,  # the a, first
    *b ,  # the b
    k=(3)  # three
    ,
)
"""


def test_a_dropped_argument_takes_its_comma_along_and_leaves_the_other_lines() -> None:
    assert mutated(CALL, "argument")[2:] == [
        CALL.replace("a,  # the a, first\n    ", ""),
        CALL.replace("*b ,  # the b\n    ", ""),
        CALL.replace(" ,  # the b\n    k=(3)  # three\n    ,", ""),
    ]
    assert mutated("f(a, b)", "argument")[2:] == ["f(b)", "f(a)"]
    assert mutated("f(a, b,)", "argument")[2:] == ["f(b,)", "f(a)"]
    assert mutated("f( a ,b )", "argument")[2:] == ["f( b )", "f( a )"]
    assert mutated("f(a, a)", "argument")[2:] == ["f(a)", "f(a)"]


def test_an_argument_becomes_none_where_it_stands() -> None:
    assert mutated(CALL, "argument")[:2] == [
        CALL.replace("    a,", "    None,"),
        CALL.replace("(3)", "None"),
    ]
    assert mutated("f(x for x in y)", "argument") == ["f(None)"]
    assert mutated("f(a := b)", "argument") == ["f(None)"]


MATCH = """\
def f(a):
\tmatch a:
\t\t# the first
\t\tcase 1:
\t\t\tx()  # x

\t\t\ty = '''
case
'''  # y
\t\t\t# the foot
\t\tcase (2
\t\t      | 3) if a: y(); z()
\t\tcase _: pass"""


def test_a_dropped_case_takes_its_own_lines_along() -> None:
    first = "\t\tcase 1:\n\t\t\tx()  # x\n\n\t\t\ty = '''\ncase\n'''  # y\n"
    second = "\t\tcase (2\n\t\t      | 3) if a: y(); z()\n"
    assert mutated(MATCH, "match-case") == [
        MATCH.replace(first, ""),
        MATCH.replace(second, ""),
        MATCH.removesuffix("\t\tcase _: pass"),
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("start", ["", "\ufeff"])
def test_line_ends_and_a_byte_order_mark_change_no_mutant(end: str, start: str) -> None:
    code = CALL + MATCH + "\nx = not(é)\n"
    plain = [(m.id, m.line, m.end_line) for m in generate("m.py", code.encode())]
    other = start + code.replace("\n", end)
    found = generate("m.py", other.encode())
    assert [(m.line, m.end_line) for m in found] == [(line, last) for _, line, last in plain]
    single = [m.id for m in found if "\n" not in m.original + m.replacement and end != "\r"]
    assert set(single) <= {identifier for identifier, _, _ in plain}
    assert mutated(other, "unary") == [code.replace("not(é)", "(é)").replace("\n", end)]


@pytest.mark.parametrize(
    "code",
    [
        "\x0cx = 'a'\n",
        "\x0c\n\x0cdef f():\n    x = 'a'\n  \x0cy = 'b'\n",
        "if a:\n\x0c    x = 'a'\n    y = 'b'\n",
        "if a:\n    x = 'a'\n\x0c    y = 'b'\n",
        "try: a\nexcept (A, B) :\n    x = 'a'\nexcept C :\n    y = 'b'\n",
        "x = '\x0ca'\n",
        "x =\x0c'a'\n\t\n \n\t",
        "x = 'a' # é\ny = 'b' \\\n\n",
        "x = 'a';",
    ],
)
def test_white_space_that_libcst_forgets_moves_nothing(code: str) -> None:
    compile(code, "m.py", "exec")
    texts = [text for text in ("a", "b", "\x0ca") if f"'{text}'" in code]
    assert mutated(code, "string") == [
        code.replace(f"'{text}'", f"'{new}'")
        for text in texts
        for new in (f"XX{text}XX", text.upper())
    ]


def test_a_file_that_libcst_would_change_is_an_error_not_a_wrong_mutant(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import libcst

    whole = libcst.Module.code.fget  # type: ignore[attr-defined]
    monkeypatch.setattr(libcst.Module, "code", property(lambda self: whole(self).replace("x", "")))
    with pytest.raises(SourceError, match=r"m\.py: libcst does not reproduce it byte for byte"):
        generate("m.py", b"x = 1\ny = 2\n")


def test_every_change_of_a_strange_layout_still_parses() -> None:
    code = dedent(
        """\
        @d ( 1 ,
             b = not  x )
        class A ( B , metaclass = C ( 1 ) ) : x : int = 1 ; y = x if(x) else - x
        async def f ( a = ( 1
            + 2 ) , * , b = lambda : ( yield ) ) :
          async with g ( a , b ) as c , h ( c ) : return await c [ 1 : - 1 ]
          async for x in~y : x += ( yield ) ; continue
          return"a"if a else"b"\tor not"c"
        if a : pass
        elif a in( b ) and(c) or(not(d)) : x = f"{ a + 1 !r:>{ b } } {x['k']!s}" 'y' ; del x
        else : raise A( 1 , * b , ** c ) from D( 2 )
        """
    )
    text = read_text("m.py", code.encode())
    found = generate("m.py", code.encode())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        trees = [ast.dump(ast.parse(mutated_file(text, mutant))) for mutant in found]
        assert ast.dump(ast.parse(code)) not in trees
    assert len(trees) > 50
