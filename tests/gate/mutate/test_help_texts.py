from __future__ import annotations

import ast

import pytest

from gate.mutate.generate import generate
from gate.mutate.help_texts import is_text
from gate.mutate.noise import mark_noise

ARGPARSE = "import argparse\n"
CLICK = "import click\n"


def real(source: str) -> list[str]:
    """What the mutants of a file that count take away, and what they put there."""
    marked = mark_noise(generate("m.py", source.encode()), source.encode(), ("message",))
    return [
        f"{narrow(each.original, each.replacement)} → {narrow(each.replacement, each.original)}"
        for each in marked
        if not each.ignored
    ]


def narrow(one: str, other: str) -> str:
    """The part of a text in which it differs from another."""
    head = alike(one, other)
    tail = alike(one[head:][::-1], other[head:][::-1])
    return one[head : len(one) - tail]


def alike(one: str, other: str) -> int:
    """How many characters two texts have in common at their start."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((n for n, (a, b) in pairs if a != b), min(len(one), len(other)))


def about(source: str) -> bool:
    return any("text" in mutant.lower() for mutant in real(source))


@pytest.mark.parametrize(
    "source",
    [
        ARGPARSE + "argparse.ArgumentParser(prog='text', description='text', epilog='text')",
        "from argparse import ArgumentParser as P\nP(usage='text')",
        ARGPARSE + "def f(p: argparse.ArgumentParser):\n    p.add_argument('x', help='text')",
        ARGPARSE + "def f(p: 'argparse.ArgumentParser'):\n    p.add_argument('x', help='text')",
        "def f(parser):\n    parser.add_argument('x', help='text', metavar='text')",
        "def f(self):\n    self.sub_parser.add_parser('x', help='text' + self.text)",
        "s = q.add_subparsers(title='x')\nc = s.add_parser('x')\nc.add_argument('y', help='text')",
        "parser.add_argument_group('x').add_argument('y', help='text')",
        "parser.add_argument('x', help='text %s' % limit)",
        "for p in (a_parser, b_parser):\n    p.add_argument('x', help='text')",
        "for p in [a.add_parser('x')]:\n    p.add_argument('x', help='text')",
        "parser.add_argument('x', help=f'text {limit}')",
        "parser.add_argument('x', metavar=('text', 'text'))",
        CLICK + "@click.command(short_help='text')\n@click.option('x', help='text')\ndef f(): pass",
        CLICK + "@cli.command(help='text', epilog='text')\ndef f(): pass",
        "from click import option\n@option('x', help='text')\ndef f(): pass",
        "import typer\ndef f(x=typer.Option(1, help='text')): pass",
    ],
)
def test_a_help_text_of_a_command_line_is_wording(source: str) -> None:
    assert not about(source)


@pytest.mark.parametrize(
    "source",
    [
        "parser.add_argument('x', default='text')",
        "parser.add_argument('text')",
        "parser.add_argument('x', help=text(1))",
        "parser.add_argument('x', help=f'{(text := 1)}')",
        "parser.add_argument('x', help=f'{text(1)}')",
        "parser.add_argument('x', help='a' if text else 'b')",
        "parser.add_argument('x', help=rates['text'])",
        "parser.add_argument('x', help=lambda: 'text')",
        "books.add_argument('x', help='text')",
        "for p in (a_parser, books):\n    p.add_argument('x', help='text')",
        "parser = Own()\nparser.add_argument('x', help='text')",
        "def f(parser: Own):\n    parser.add_argument('x', help='text')",
        "def add_argument(): pass\nparser.add_argument('x', help='text')",
        "from own import ArgumentParser\np = ArgumentParser(prog='text')",
        "from own import option\n@option('x', help='text')\ndef f(): pass",
        "@cli.command(help='text')\ndef f(): pass",
        CLICK + "def command(help): pass\n@cli.command(help='text')\ndef f(): pass",
        CLICK + "@click.option('x', default='text')\ndef f(): pass",
        "f(help='text')",
    ],
)
def test_what_is_no_help_or_computes_one_counts(source: str) -> None:
    assert about(source)


def test_of_a_help_that_computes_only_the_literal_text_is_wording() -> None:
    found = real("parser.add_argument('x', help='text {}'.format(rate + 1))")
    assert "+ → -" in found
    assert not any("XX" in mutant and "text" in mutant for mutant in found)


@pytest.mark.parametrize(
    ("code", "text"),
    [("'a'", True), ("None", True), ("a.b", True), ("1", False), ("a()", False), ("a[0]", False)],
)
def test_text_is_what_computes_nothing(code: str, *, text: bool) -> None:
    assert is_text(ast.parse(code, mode="eval").body) is text
