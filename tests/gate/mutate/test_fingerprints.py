from __future__ import annotations

import ast

import pytest

from gate.mutate.fingerprints import fingerprint


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("x = 1 + 1", "x = 2"),
        ("x = 1", "\n\nx = (\n1)"),
        ("def f():\n  return None", "def f():\n\n  return"),
        ("x = {1, 2}.issubset(y)", "x = {1,   2}.issubset(y)"),
        ("5", "6"),
    ],
)
def test_code_that_compiles_alike_has_one_fingerprint(one: str, other: str) -> None:
    assert fingerprint(one) == fingerprint(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("x = 1", "x = True"),
        ("x = 1", "x = 1.0"),
        ("x = 0.0", "x = -0.0"),
        ("x = 1j", "x = 1"),
        ("x = (1, 2)", "x = (True, 2)"),
        ("x = (0.0, ())", "x = (-0.0, ())"),
        ("x in {1, 2}", "x in {1, 2.0}"),
        ("x = 'a'", "x = b'a'"),
        ("x = a", "x = b"),
        ("f(a=1)", "f(b=1)"),
        ("def f(): return 1", "def f(): return 2"),
        ("def f(): return 1", "def g(): return 1"),
        ("def f(): return 1", "async def f(): return 1"),
        ("def f(a): return 1", "def f(b): return 1"),
        ("def f(a): return 1", "def f(a, /): return 1"),
        ("def f(a): return 1", "def f(*, a): return 1"),
        ("def f(a): return 1", "def f(*a): return 1"),
        ("def f(a):\n return lambda: a", "def f(a):\n return lambda: b"),
        ("def f():\n try: g()\n except A: g()", "def f():\n try: g()\n except B: g()"),
        ("with a: f()\ng()", "with a: f(); g()"),
        ("x = lambda: 1", "x = lambda: 2"),
        ("assert a", "pass"),
    ],
)
def test_code_that_does_something_else_has_another(one: str, other: str) -> None:
    assert fingerprint(one) != fingerprint(other)


@pytest.mark.parametrize("code", ["x =", "return 1", "x = 1\0", "x = " + "-" * 100_000 + "1"])
def test_what_does_not_compile_has_none(code: str) -> None:
    assert fingerprint(code) is None


def test_a_tree_is_as_good_as_its_text() -> None:
    assert fingerprint(ast.parse("x = 1")) == fingerprint("x = 1")


def test_await_needs_no_function_around_it() -> None:
    assert fingerprint("x = await y") not in {None, fingerprint("x = y")}


def test_the_features_of_this_module_do_not_reach_the_code_compared() -> None:
    # `from __future__ import annotations` above would make a text of the annotation.
    assert fingerprint("x: a = 1") != fingerprint("x: b = 1")
    assert fingerprint("def f(x: (1 + 1)): pass") == fingerprint("def f(x: 2): pass")
