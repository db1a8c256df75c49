"""What the names of a file stand for: imports, its own names, and loggers that are none."""

from __future__ import annotations

import ast
from textwrap import dedent

import pytest

from gate.mutate.names import read_names


def test_names_are_followed_through_imports_and_nothing_else() -> None:
    names = read_names(
        ast.parse(
            """
import typing as t, warnings as w
from typing import TypeVar as TV
from other import cast
from .typing import NewType
from . import ParamSpec
def late():
    from warnings import warn
"""
        )
    )

    def name(code: str) -> str:
        return names.full_name(ast.parse(code, mode="eval").body)

    assert name("warn") == name("w.warn") == name("warnings.warn") == "warnings.warn"
    assert name("TV") == name("t.TypeVar") == "typing.TypeVar"
    assert name("cast") == "other.cast"
    assert name("NewType") == ".typing.NewType"
    assert name("ParamSpec") == ".ParamSpec"
    assert name("a.b.c") == "a.b.c"
    assert name("f().c") == name("a[0].b.c") == ""


def test_its_own_names_are_all_that_it_binds() -> None:
    names = read_names(
        ast.parse(
            dedent(
                """
                import a, b.c, d as e
                from f import g as h
                i = j.k = l[m] = 1
                def n(o, *p, q=r, **s): t: u = v
                class W:
                    async def x(self): return [y for y in z]
                """
            )
        )
    )
    assert names.own == set("abehinopqstWxy") | {"self"}
    assert names.functions == {"n", "x"}


@pytest.mark.parametrize("name", ["log", "logger", "logging", "_log", "LOGGER", "__log__"])
def test_this_is_a_logger(name: str) -> None:
    assert read_names(ast.parse("x = f()")).is_logger(name)


@pytest.mark.parametrize("name", ["", "logs", "my_log", "catalog", "lo_g"])
def test_this_is_none(name: str) -> None:
    assert not read_names(ast.parse("x = f()")).is_logger(name)


@pytest.mark.parametrize(
    "given",
    [
        "log = get_logger()",
        "log = logging.getLogger('x').getChild('y')",
        "log = log or _logger",
        "log = self._logger",
        "self.log = None",
        "log = Log()",
        "log = LOGS[0]",
        "log: Log",
        "log: Log | None = None",
        "log: 'logging.Logger' = x.log",
        "def f(log): ...",
        "def f(log: Any, _log: bool, LOG: typing.Any): ...",
        "def f(log: str, _log: int, LOG: float, __log: object): ...",
        "def log(self): ...",
        "def log(self) -> Logger: ...",
        "with open_log() as log: ...",
        "for log in logs: ...",
        "class Log(logging.Logger): ...\nlog = Log()",
        "class Log(Base, LoggerAdapter[int]): ...\nlog: Log",
        "class Lines(logging.Logger): ...\nlog = Lines()",
        "class Ledger: ...\nledger = Ledger()",
        "logger = Ledger()",
    ],
)
def test_this_may_be_one(given: str) -> None:
    assert read_names(ast.parse(given)).is_logger("log")


@pytest.mark.parametrize(
    "given",
    [
        "log = Ledger()",
        "def f(self):\n  self._log: Ledger = make_log()",
        "self._log: Log = make(1)",
        "a = b.LOG = [Ledger()][0].open()",
        "log = Ledger()\nlogger = Ledger()",
        "log = ledger",
        "log = self.ledger",
        "f(log := Ledger())",
        "with Ledger() as log: ...",
        "with open(a) as b, Ledger(c) as self.log: ...",
        "async def f():\n  async with Ledger() as log: ...",
        "for log in ledgers: ...",
        "async def f():\n  async for log in ledgers: ...",
        "[log.info(a) for log in ledgers]",
        "def f(log: Ledger): ...",
        "def f(log: 'Ledger | None' = None): ...",
        "class log: ...",
        "@property\ndef log(self) -> Ledger: ...",
        "log = Ledger(logger, LOGS[0])",
        "class RunLog: ...\nlog = RunLog(1)",
        "class RunLog(Base): ...\nlog: RunLog",
        "class Log(Base): ...\nlog = make_log()",
    ],
)
def test_what_a_file_makes_of_something_else_is_none(given: str) -> None:
    assert not read_names(ast.parse(given)).is_logger("log")
