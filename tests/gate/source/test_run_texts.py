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
        "import importlib.util\nimportlib.util.spec_from_file_location('a', 'a.txt')",
        "from importlib.util import spec_from_file_location as spec\nspec('a', 'a.py')",
        "from importlib import machinery\nmachinery.SourceFileLoader('a', 'a.py')",
        "from importlib.machinery import SourcelessFileLoader as L\nL('a', 'a.pyc')",
        "import torch.jit\ntorch.jit.CompilationUnit('def f(): ...')",
        "from torch.utils.cpp_extension import load_inline\nload_inline('a', [text])",
        "run = exec",
        "import builtins\nlist(map(builtins.eval, texts))",
        "class C:\n  def exec(self): pass\nexec(a)",
    ],
)
def test_each_way_to_run_a_text_is_found(code: str) -> None:
    assert lines(code) == [code.count("\n") + 1]


def test_what_is_called_counts_even_where_a_variable_has_its_name() -> None:
    assert lines("exec = exec\nexec(a)") == [2]


@pytest.mark.parametrize(
    "code",
    [
        "model.eval()",
        "model.exec(a)",
        "self.runpy.run_path(a)",
        "runpy.other(a)",
        "exec = 1",
        "def fit(model, eval=False):\n  if eval: model.eval()",
        "for eval in evals: print(eval)",
        "self.importlib.util.spec_from_file_location(a)",
        "from importlib.machinery import SourceFileLoader\nisinstance(a, SourceFileLoader)",
        "def f():\n  def exec(a): pass\n  exec(b)",
        "'exec(a)'  # exec(b)",
        "def eval(a): return a\neval(b)",
        "class eval: pass\neval()",
        "async def exec(self): pass\nexec(self)",
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
