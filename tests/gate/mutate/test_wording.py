from __future__ import annotations

import ast
from textwrap import dedent

import pytest

from gate.mutate.names import read_names
from gate.mutate.wording import WORDING, struck_out, wording_rules

NAMES = read_names(
    ast.parse(
        """
import logging, typing, warnings as w
import typing as t
from typing import cast, TypeVar as TV
from typing_extensions import ParamSpec
from other import cast as their_cast, warn as their_warn
from .typing import NewType
def late():
    from warnings import warn
    from logging import getLogger, info as inform
"""
    )
)


def alike(rule: str, one: str, other: str) -> bool:
    return struck_out(one, rule, NAMES) == struck_out(other, rule, NAMES)


def rules(code: str) -> tuple[str, ...]:
    return wording_rules(ast.parse(dedent(code)), NAMES)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("logger.info('a')", ("log",)),
        ("log.debug('a')", ("log",)),
        ("logging.warning('a')", ("log",)),
        ("inform('a')", ("log",)),
        ("self.logger.error('a')", ("log",)),
        ("self._log.critical('a')", ("log",)),
        ("a.b.LOGGER.exception('a')", ("log",)),
        ("logger.log(10, 'a')", ("log",)),
        ("logging.getLogger('x').warn('a')", ("log",)),
        ("getLogger().fatal('a')", ("log",)),
        ("get_logger().info('a')", ("log",)),
        ("x = [logger.info('a') for _ in b]", ("log",)),
        ("w.warn('a')", ("warning",)),
        ("warn('a')", ("warning",)),
        ("w.warn_explicit('a', B, 'c', 1)", ("warning",)),
        ("raise A('a')", ("message",)),
        ("assert a, 'b'", ("message",)),
        ("typing.cast(a, b)", ("typing",)),
        ("t.cast(a, b)", ("typing",)),
        ("cast(a, b)", ("typing",)),
        ("T = TV('T')", ("typing",)),
        ("P = ParamSpec('P')", ("typing",)),
        ("raise A(logger.info('a'), cast(B, c))", ("typing", "log", "message")),
    ],
)
def test_this_has_wording(code: str, expected: tuple[str, ...]) -> None:
    assert rules(code) == expected


@pytest.mark.parametrize(
    "code",
    [
        "math.log(2)",
        "self.log('loss', x)",
        "logger.setLevel('a')",
        "logging.getLogger('a')",
        "logging.basicConfig(level='a')",
        "catalog.info('a')",
        "info('a')",
        "print('a')",
        "make().info('a')",
        "a[0].info('a')",
        "their_warn('a')",
        "self.warn('a')",
        "raise A",
        "raise",
        "assert a",
        "their_cast(a, b)",
        "NewType('A', b)",
        "typing.overload('a')",
        "w.filterwarnings('a')",
    ],
)
def test_this_has_none(code: str) -> None:
    assert rules(code) == ()


@pytest.mark.parametrize(
    ("rule", "one", "other"),
    [
        ("log", "logger.info('a')", "logger.info('b')"),
        ("log", "logger.info('a %s', x)", "logger.info(None, x)"),
        ("log", "logger.info('a %s', x + 1)", "logger.info('a %s')"),
        ("log", "logger.info('a', exc_info=True)", "logger.info('a', exc_info=False)"),
        ("log", "logger.info('%s', loss.item() * 2)", "logger.info('%s', loss.item() / 2)"),
        ("log", "logger.info(str(x).upper())", "logger.info(str(x).lower())"),
        ("log", "logger.info('%s', f(x), y)", "logger.info(None, f(x))"),
        ("log", "logger.log(10, 'a')", "logger.log(10, 'b')"),
        ("log", "x = logger.info(f'{a} b')", "x = logger.info(f'{b} c')"),
        ("warning", "w.warn('a')", "w.warn('b')"),
        ("warning", "w.warn(f'a {b}' 'c', D)", "w.warn(f'A {b}' 'C', D)"),
        ("warning", "w.warn(message='a')", "w.warn(message='b')"),
        ("message", "raise A('a')", "raise A('b')"),
        ("message", "raise A('a' + b + 'c') from d", "raise A('b' + b + 'd') from d"),
        ("message", "raise A('a %s' % b)", "raise A('b %s' % b)"),
        ("message", "raise A('a {}'.format(b))", "raise A('b {}'.format(b))"),
        ("message", "raise A(', '.join(b))", "raise A('; '.join(b))"),
        ("message", "raise A('a' if b else 'c')", "raise A('d' if b else 'e')"),
        ("message", "raise A(1, 'a', msg='b')", "raise A(1, 'b', msg='c')"),
        ("message", "raise A('' f'{b}')", "raise A('XXXX' f'{b}')"),
        ("message", "raise a.B('a')", "raise a.B('b')"),
        ("message", "assert a, 'b'", "assert a, 'c'"),
        ("typing", "cast('A', b)", "cast(None, b)"),
        ("typing", "cast(list[1], b)", "cast(list[2], b)"),
        ("typing", "cast(type(a), b)", "cast(None, b)"),
        ("typing", "T = TV('T', bound='A')", "T = TV(None)"),
        ("typing", "T = TV('T', bound='A')", "T = TV()"),
    ],
)
def test_code_that_differs_in_wording_alone_is_alike(rule: str, one: str, other: str) -> None:
    assert alike(rule, one, other)
    others = [each for each in WORDING if each != rule]
    assert not any(alike(each, one, other) for each in others)


@pytest.mark.parametrize(
    ("rule", "one", "other"),
    [
        ("log", "logger.info('a')", "logger.debug('a')"),
        ("log", "logger.info('a')", "other.info('a')"),
        ("log", "logger.log(10, 'a')", "logger.log(20, 'a')"),
        ("log", "logger.info('a', q.pop())", "logger.info('a')"),
        ("log", "logger.info('a', q.pop())", "logger.info('a', None)"),
        ("log", "logger.info('a', self.step(1))", "logger.info('a', self.step(2))"),
        ("log", "logger.info('a', k=f(1))", "logger.info('a', k=None)"),
        ("log", "logger.info('a', x := 1)", "logger.info('a', x := 2)"),
        ("log", "logger.info(str(f(1)))", "logger.info(str(f(2)))"),
        ("log", "logger.info(f'{f(1)}')", "logger.info(f'{f(2)}')"),
        ("log", "logger.info(f(1), g(2))", "logger.info(g(2), f(1))"),
        ("log", "logger.info('a', a[0](1))", "logger.info('a', a[0](2))"),
        ("log", "async def f(): logger.info(await a)", "async def f(): logger.info(await b)"),
        ("log", "def f(): logger.info((yield 1))", "def f(): logger.info((yield 2))"),
        ("log", "def f(): logger.info((yield from a))", "def f(): logger.info((yield from b))"),
        ("log", "if a: logger.info('a')", "if not a: logger.info('a')"),
        ("log", "return_(logger.info('a'), 1)", "return_(logger.info('a'), 2)"),
        ("warning", "w.warn('a')", "w.warn(None)"),
        ("warning", "w.warn('a', D)", "w.warn('a', None)"),
        ("warning", "w.warn('a', D, 2)", "w.warn('a', D, 3)"),
        ("warning", "w.warn('a', 'b')", "w.warn('a', 'c')"),
        ("warning", "w.warn('a' + b['c'])", "w.warn('a' + b['d'])"),
        ("message", "raise A('a')", "raise A(None)"),
        ("message", "raise A('a')", "raise A()"),
        ("message", "raise A('a')", "raise B('a')"),
        ("message", "raise A('a') from b", "raise A('a') from c"),
        ("message", "raise A('a', code='b')", "raise A('a', code='c')"),
        ("message", "raise A(1)", "raise A(2)"),
        ("message", "raise A('a' % b['c'])", "raise A('a' % b['d'])"),
        ("message", "raise A(f'{b}')", "raise A(f'{c}')"),
        ("message", "raise A('{}'.format('b'))", "raise A('{}'.format('c'))"),
        ("message", "raise A(g('a'))", "raise A(g('b'))"),
        ("message", "raise A('a'.upper())", "raise A('b'.upper())"),
        ("message", "raise A('a' * 2)", "raise A('b' * 2)"),
        ("message", "raise A('a' if b else 'c')", "raise A('a' if d else 'c')"),
        ("message", "raise A(b'a')", "raise A(b'b')"),
        ("message", "raise A(b + 'a')", "raise A(c + 'a')"),
        ("message", "raise A('a' + b)", "raise A('a' + c)"),
        ("message", "raise A(b % 'a')", "raise A(c % 'a')"),
        ("message", "raise A(b.format(c))", "raise A(d.format(c))"),
        ("message", "raise A('a'.format(c))", "raise A('a'.join(c))"),
        ("message", "raise A(b if c else 'a')", "raise A(d if c else 'a')"),
        ("message", "raise A('a' if c else b)", "raise A('a' if c else d)"),
        ("message", "raise A(msg=b)", "raise A(msg=c)"),
        ("message", "assert a, f(b)", "assert a, f(c)"),
        ("message", "assert a, 'b'", "assert a"),
        ("message", "assert a, 'b'", "assert not a, 'b'"),
        ("message", "assert 'a' in b, 'c'", "assert 'd' in b, 'c'"),
        ("typing", "cast('A', 1)", "cast('A', 2)"),
        ("typing", "cast('A', b)", "cast(b)"),
        ("typing", "cast(f(1), b)", "cast(f(2), b)"),
        ("typing", "T = TV('T', bound=f(1))", "T = TV('T', bound=f(2))"),
        ("typing", "their_cast('A', b)", "their_cast('B', b)"),
        ("typing", "cast(typ='A', val=1)", "cast(typ='A', val=2)"),
        ("typing", "T = TV('T')", "T = None"),
    ],
)
def test_code_that_does_something_else_is_not(rule: str, one: str, other: str) -> None:
    assert not alike(rule, one, other)


@pytest.mark.parametrize("keyword", ["message", "msg", "detail", "reason"])
def test_these_keywords_carry_messages(keyword: str) -> None:
    assert alike("message", f"raise A({keyword}='a')", f"raise A({keyword}='b')")


@pytest.mark.parametrize("maker", ["TypeVar", "NewType", "ParamSpec", "TypeVarTuple"])
def test_these_makers_are_for_type_checkers(maker: str) -> None:
    assert alike("typing", f"T = t.{maker}('a', b)", f"T = t.{maker}()")


def test_what_only_gives_a_value_may_change_in_a_log_call() -> None:
    functions = """
        abs bool dict float format getattr hasattr hex id int isinstance len list max min repr
        round set sorted str sum tuple type vars
    """
    methods = """
        copy count dim format get isoformat item items join keys lower max mean min numel
        perf_counter replace size split std strftime strip sum time title tolist total_seconds
        upper values
    """
    called = [*functions.split(), *(f"x.{method}" for method in methods.split())]
    acting = [name for name in called if not alike("log", f"log.info({name}(1))", "log.info()")]
    assert acting == []
    assert not alike("log", "log.info(x.str(1))", "log.info()")
    assert not alike("log", "log.info(item(1))", "log.info()")


@pytest.mark.parametrize(
    ("written", "called"),
    [
        ("def round(x): total.append(x)", "round(1)"),
        ("from other import round", "round(1)"),
        ("round = count", "round(1)"),
        ("def f(round): ...", "round(1)"),
        ("class A:\n  def item(self): ...", "x.item(1)"),
        ("class A:\n  async def item(self): ...", "x.item(1)"),
    ],
)
def test_what_the_file_has_of_its_own_may_do_anything_in_a_log_call(
    written: str, called: str
) -> None:
    names = read_names(ast.parse(written))
    with_it, without = (struck_out(f"log.info({each})", "log", names) for each in (called, ""))
    assert with_it != without


def test_a_variable_named_like_a_method_hides_none() -> None:
    names = read_names(ast.parse("import time\ncount = values = 1\nclass item: ..."))
    called = "log.info(time.time(), x.count(), x.values(), x.item())"
    assert struck_out(called, "log", names) == struck_out("log.info()", "log", names)
