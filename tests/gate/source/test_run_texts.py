from __future__ import annotations

import pytest

from gate.source.run_texts import RunText, find_run_texts


def lines(code: str) -> list[int]:
    return [each.line for each in find_run_texts("m.py", code.encode())]


@pytest.mark.parametrize(
    "code",
    [
        "exec('a = 1')",
        "x = [eval(y) for y in z]",
        "def f():\n  return g(lambda: exec(text, {}))",
        "import builtins\nbuiltins.exec(a)",
        "import builtins as b\nb.eval(a)",
        "from builtins import exec as run\nrun(a)",
        "import runpy\nrunpy.run_path('a.txt')",
        "from runpy import run_module\nrun_module('a')",
        "exec = exec\nexec(a)",
    ],
)
def test_each_way_to_run_a_text_is_found(code: str) -> None:
    assert lines(code) == [code.count("\n") + 1]


@pytest.mark.parametrize(
    "code",
    [
        "model.eval()",
        "model.exec(a)",
        "self.runpy.run_path(a)",
        "runpy.other(a)",
        "exec",
        "'exec(a)'  # exec(b)",
        "def eval(a): return a\neval(b)",
        "class C:\n  async def exec(self): pass\n  def f(self): exec(self)",
        "from evaluation import eval\neval(a)",
        "import numexpr as eval\neval(a)",
        "exec(",
        "run(a)",
    ],
)
def test_what_is_called_alike_is_not(code: str) -> None:
    assert lines(code) == []


def test_a_call_is_told_whole_and_in_the_order_of_the_file() -> None:
    found = find_run_texts("m.py", b"if eval(a):\n    exec(\n        '''b\n''')\neval(exec(c))\n")
    assert found == (
        RunText(1, 1, "eval(a)"),
        RunText(2, 4, "exec('b\\n')"),
        RunText(5, 5, "eval(exec(c))"),
        RunText(5, 5, "exec(c)"),
    )
