from __future__ import annotations

from textwrap import dedent

import pytest

from gate.mutate.generate import generate


def replaced(code: str) -> list[str]:
    return [m.replacement for m in generate("m.py", dedent(code).encode())]


@pytest.mark.parametrize(
    "code",
    [
        "def f(a: 'x' = b, *c: g[1]) -> 'y': pass",
        "def f():\n  a: g(1)",
        "a: Literal['x', 1]",
        "len(f(1))",
        "isinstance(a, (1, 'b'))",
        "'''text'''",
        "'text'",
        "'text' 'more'",
        "def f():\n  'text'",
        "class A:\n  'text'",
        "class A: 'text'",
        "a; 'text'",
        "'''text'''; x()",
        "from a import deepcopy",
        "import deepcopy as a",
        "def f():\n  from a import deepcopy",
        "def f():\n  global deepcopy",
        "def f():\n  def g():\n    nonlocal deepcopy",
        "def deepcopy(deepcopy): pass",
        "class deepcopy: pass",
        "def f(*deepcopy, **a): pass",
        "__version__ = '1'",
        "__all__ = ['a']",
        "__all__: list = ['a']",
        "__all__ += ['a']",
        "__all__.extend(['a'])",
        "__author__ = __credits__ = 'a'",
        "__version__ = version = '1'",
        "version_info = __version_info__ = 1, 2",
        "__version__ = a.b[1]",
        "__all__ = [a for a in b if a != 'c']",
        "if a:\n  __version__ = '1'",
        "try:\n  pass\nfinally:\n  __version__ = '1'",
        "class A:\n  __slots__ = ('a',)",
        "class A: __slots__ = 'a',",
        "def f():\n  class A:\n    __slots__ = ('a',)",
        "@overload\ndef f(a=1): ...",
        "@typing.overload\n@d(1)\nasync def f(a=1): pass",
        "class A:\n  @t.overload\n  def f(self, b=2):\n    'text'\n    ...; pass",
        "len(f(a[1:], x)[2 - 1:])",
    ],
)
def test_this_is_left_alone_with_all_that_is_in_it(code: str) -> None:
    assert replaced(code) == []


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("length(1)", ["length(None)", "2"]),
        ("a.len(1)", ["a.len(None)", "2"]),
        ("x = 'text'", ["x = None", "'XXtextXX'", "'TEXT'"]),
        ("f'{1}'", ["2"]),
        ("f('text')", ["f(None)", "'XXtextXX'", "'TEXT'"]),
        ("version = 1", ["version = None", "2"]),
        ("_a_ = 1", ["_a_ = None", "2"]),
        ("__rate__ = 1", ["__rate__ = None", "2"]),
        ("a = __all__ = 1", ["a = __all__ = None", "2"]),
        ("version = author = 1", ["version = author = None", "2"]),
        ("__version = version = 1", ["__version = version = None", "2"]),
        ("__date__.a(1)", ["__date__.a(None)", "2"]),
        ("class A: a = __slots__ = 1", ["a = __slots__ = None", "2"]),
        ("__all__ = a.b = 1", ["__all__ = a.b = None", "2"]),
        ("__all__, a = 1", ["__all__, a = None", "2"]),
        ("__doc__ = lambda: 1", ["lambda: None", "2"]),
        ("class A: __slots__ = lambda: 1", ["lambda: None", "2"]),
        ("__author__ = 'a', (b := 1)", ["2"]),
        ("__version__ = f(1) + 'a'", ["f(None)", "2"]),
        ("__version__: f(1) = '1'", ["f(None)", "2"]),
        ("__all__.extend(['a', f(1)])", ["f(None)", "2"]),
        ("__all__ += f(1)", ["f(None)", "2"]),
        ("def f(a: (b := 1)): ...", ["2"]),
        ("def len(x): ...\nlen(1)", ["len(None)", "2"]),
        ("from a import isinstance\nisinstance(1)", ["isinstance(None)", "2"]),
        ("def f(len): len(1)", ["len(None)", "2"]),
        ("@overload\ndef f(a=1): b = 2", ["2", "b = None", "3"]),
        ("@overload\ndef f():\n  if a: x(1)", ["x(None)", "2"]),
        ("isinstance(x := 1, A)", ["2"]),
        ("len(await f(1))", ["f(None)", "2"]),
        ("len([box.append(a + 1)])", ["box.append(None)", "a - 1", "2"]),
        ("def f():\n  len((yield 1))", ["2"]),
        ("__a = 1", ["__a = None", "2"]),
        ("__all__[0] = 1", ["__all__[0] = None", "1", "2"]),
        ("__all__(1)", ["__all__(None)", "2"]),
        ("f(__all__, 1)", ["f(None, 1)", "f(__all__, None)", "f(1)", "f(__all__)", "2"]),
        ("def f():\n  __version__ = 1", ["__version__ = None", "2"]),
        ("class A:\n  __version__ = 1", ["__version__ = None", "2"]),
        ("__slots__a = 1", ["__slots__a = None", "2"]),
        ("class A:\n  def f(self):\n    __slots__ = 1", ["__slots__ = None", "2"]),
        ("@overloaded\ndef f():\n  return 1", ["2"]),
        ("@overload()\ndef f():\n  return 1", ["2"]),
        ("a: int = 1", ["a: int = None", "2"]),
        ("a = deepcopy", ["a = None", "copy"]),
        ("f(deepcopy=a)", ["copy", "f(deepcopy=None)"]),
        ("lambda a=1: b", ["lambda a=1: None", "2"]),
    ],
)
def test_what_only_looks_like_it_is_not(code: str, expected: list[str]) -> None:
    assert sorted(replaced(code)) == sorted(expected)
