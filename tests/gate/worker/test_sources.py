from __future__ import annotations

import functools
import importlib.util
import inspect
import os
import sys
import types
from pathlib import Path
from typing import Any

import pytest

from gate.mutate.text import read_text
from gate.worker.hook import decode, splice
from gate.worker.sources import show_to_torch

torch = pytest.importorskip("torch", reason="TorchScript needs torch")

SOURCE = """\
import functools
import torch

def before(x: torch.Tensor) -> torch.Tensor:
    return x * 2

def f(x: torch.Tensor) -> torch.Tensor:
    return x + 111

def after(x: torch.Tensor) -> torch.Tensor:
    return x * 4

class Net(torch.nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + 222
"""

# torch says that TorchScript has no future; projects use it all the same.
pytestmark = pytest.mark.filterwarnings("ignore:.*torch.jit.*:DeprecationWarning")


class Subject:
    """A module on the disk, imported as it is, and a mutant of it switched into a live function."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, source: str = SOURCE) -> None:
        import torch._sources

        monkeypatch.setattr(torch._sources, "inspect", inspect)
        self.path = folder / "subject_of_torch.py"
        self.path.write_bytes(source.encode())
        name = self.path.stem
        spec: Any = importlib.util.spec_from_file_location(name, self.path)
        self.module: Any = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, name, self.module)
        spec.loader.exec_module(self.module)

    def edit(self, original: str, replacement: str) -> dict[str, Any]:
        start = read_text("m.py", self.path.read_bytes()).data.index(original.encode())
        return {
            "file": os.path.realpath(self.path),
            "start": start,
            "end": start + len(original.encode()),
            "replacement": replacement,
        }

    def switch(self, function: Any, edit: dict[str, Any]) -> None:
        """Put the mutant into a live function and show it to torch, as the worker does."""
        text = splice(decode(self.path.read_bytes()), edit)
        whole = compile(text, str(self.path), "exec", dont_inherit=True)
        new = next(code for code in walk(whole) if code.co_qualname == function.__qualname__)
        function.__code__ = new
        show_to_torch(edit, {new})


def walk(code: types.CodeType) -> list[types.CodeType]:
    nested = [each for each in code.co_consts if isinstance(each, types.CodeType)]
    return [code, *(found for each in nested for found in walk(each))]


@pytest.fixture
def subject(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Subject:
    return Subject(tmp_path, monkeypatch)


def scripted(function: Any, value: float = 1.0) -> float:
    return float(torch.jit.script(function)(torch.tensor(value)))


def test_torchscript_compiles_the_mutant_and_everybody_else_reads_the_file(
    subject: Subject,
) -> None:
    assert scripted(subject.module.before) == 2
    subject.switch(subject.module.f, subject.edit("111", "777"))
    assert scripted(subject.module.f) == 778
    assert float(subject.module.f(torch.tensor(1.0))) == 778
    assert "x + 111" in inspect.getsource(subject.module.f)
    assert "777" not in subject.path.read_text()


def test_functions_that_are_not_mutated_are_compiled_as_they_are(subject: Subject) -> None:
    # A mutant of other length moves what is after it.
    subject.switch(subject.module.f, subject.edit("111", "(\n 700 +\n 77)"))
    assert scripted(subject.module.before) == 2
    assert scripted(subject.module.after) == 4
    assert scripted(subject.module.f) == 778


def test_a_module_with_a_mutated_method_is_compiled_with_it(subject: Subject) -> None:
    subject.switch(subject.module.Net.forward, subject.edit("222", "777"))
    assert float(torch.jit.script(subject.module.Net())(torch.tensor(1.0))) == 778


def test_a_wrapped_function_is_found_below_its_wrapper(subject: Subject) -> None:
    subject.switch(subject.module.f, subject.edit("111", "777"))
    wrapper = functools.cache(subject.module.f)
    lines, first = sources_of_torch().getsourcelines(wrapper)
    assert ("".join(lines), first) == (
        "def f(x: torch.Tensor) -> torch.Tensor:\n    return x + 777\n",
        7,
    )


def test_what_was_imported_from_mutated_source_is_read_from_it_whole(subject: Subject) -> None:
    show_to_torch(subject.edit("111", "777"), None)
    lines, _ = sources_of_torch().getsourcelines(subject.module.f)
    assert lines[1] == "    return x + 777\n"
    other, _ = sources_of_torch().getsourcelines(inspect.cleandoc)
    assert other == inspect.getsourcelines(inspect.cleandoc)[0]


def test_all_else_that_torch_asks_of_inspect_it_gets(subject: Subject) -> None:
    show_to_torch(subject.edit("111", "777"), None)
    assert sources_of_torch().getsourcefile is inspect.getsourcefile
    assert sources_of_torch().getsourcelines(Subject) == inspect.getsourcelines(Subject)


@pytest.mark.parametrize(
    "head",
    [
        "A = 1\n\x0c\nB = 2\n",
        "A = '\x0b \x1c \x85 \u2028'\n",
        "A = 1\r\nB = 2\r\n",
        "A = 1\rB = 2\r",
    ],
)
def test_lines_are_counted_as_python_counts_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, head: str
) -> None:
    subject = Subject(tmp_path, monkeypatch, head + SOURCE)
    subject.switch(subject.module.f, subject.edit("111", "777"))
    assert scripted(subject.module.f) == 778


def test_without_torch_nothing_is_changed(
    subject: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "torch._sources")
    show_to_torch(subject.edit("111", "777"), None)
    assert "torch._sources" not in sys.modules


def sources_of_torch() -> Any:
    import torch._sources

    return torch._sources.inspect
