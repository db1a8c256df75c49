from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from plain import Plain, mutated_bytes
from subjects import Subject

from gate.model import Mutant
from gate.mutate.generate import generate

SOURCE = b"def up(x):\n    while x < 3:\n        x += 1\n    return x\n"
TEST = """\
import os
from pathlib import Path

import m


def test_up():
    Path("left.txt").write_text("x")
    assert m.up(2) == 3


def test_crash():
    os.abort()
"""


@pytest.fixture
def plain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Plain:
    checkout = tmp_path / "checkouts" / "small"
    checkout.mkdir(parents=True)
    (checkout / "m.py").write_bytes(SOURCE)
    (checkout / "test_m.py").write_text(TEST, encoding="utf-8")
    name = ("-c", "user.name=n", "-c", "user.email=e@x")
    for command in (["init", "-q"], ["add", "-A"], [*name, "commit", "-qm", "m"]):
        subprocess.run(["git", *command], cwd=checkout, check=True)
    monkeypatch.setenv("BENCH_SUBJECTS", str(tmp_path / "checkouts"))
    subject = Subject("small", "", "HEAD", ("m.py",), ("test_m.py",))
    return Plain(subject, sys.executable, tmp_path / "work" / "plain")


def test_each_end_is_told_apart_and_nothing_stays(plain: Plain, tmp_path: Path) -> None:
    test = ["test_m.py::test_up"]
    assert plain.run(test, 30).end == "passed"
    assert plain.run(test, 30, mutant("return x", "x < 3", "x <= 3")).end == "failed"
    assert plain.run(test, 5, mutant("hang", "x += 1", "x -= 1")).end == "hung"
    assert plain.run(["test_m.py::test_crash"], 30).end == "crashed"
    assert plain.run(["test_m.py::test_gone"], 30).end == "uncollected"
    root = tmp_path / "work" / "plain"
    assert (root / "m.py").read_bytes() == SOURCE
    assert sorted(path.name for path in root.iterdir()) == [".git", "m.py", "test_m.py"]


def test_a_mutated_file_keeps_its_mark_its_encoding_and_its_line_ends() -> None:
    marked = b"\xef\xbb\xbfx = 1\r\nname = '\xc3\xa9'\r\n"
    first = next(each for each in generate("m.py", marked) if each.replacement == "2")
    assert mutated_bytes(first, marked) == marked.replace(b"x = 1", b"x = 2")
    latin = b"# coding: latin-1\nx = 1  # \xe9\n"
    first = next(each for each in generate("m.py", latin) if each.replacement == "2")
    assert mutated_bytes(first, latin) == latin.replace(b"x = 1", b"x = 2")


def mutant(why: str, original: str, replacement: str) -> Mutant:
    for each in generate("m.py", SOURCE):
        if (each.original, each.replacement) == (original, replacement):
            return each
    raise AssertionError(why)
