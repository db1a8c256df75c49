from __future__ import annotations

import builtins
import importlib
import importlib.machinery
import marshal
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gate.worker.ahead import compile_ahead
from gate.worker.hook import compile_mutated


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder to import from; what is changed of this process is put back."""
    loader: Any = importlib.machinery.SourceFileLoader
    for name in ("source_to_code", "path_stats"):
        monkeypatch.setattr(loader, name, getattr(loader, name))
    monkeypatch.setattr(builtins, "compile", builtins.compile)
    monkeypatch.setattr(marshal, "load", marshal.load)
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    for name in ("m", "other"):
        sys.modules.pop(name, None)


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that are compiled from now on."""
    loader: Any = importlib.machinery.SourceFileLoader
    source_to_code = loader.source_to_code
    names: list[str] = []

    def noted(self: Any, data: Any, path: str, *rest: Any, **options: Any) -> Any:
        names.append(Path(path).name)
        return source_to_code(self, data, path, *rest, **options)

    monkeypatch.setattr(loader, "source_to_code", noted)
    return names


def load(name: str) -> Any:
    importlib.invalidate_caches()
    return importlib.import_module(name)


def test_what_is_compiled_ahead_is_not_compiled_when_it_is_imported(
    folder: Path, compiled: list[str]
) -> None:
    for name in ("m", "other"):
        (folder / f"{name}.py").write_text("X = __file__")
    compile_ahead([str(folder / "m.py")])
    assert compiled == ["m.py"]
    found = {load(name).X for name in ("m", "other")}
    assert found == {str(folder / "m.py"), str(folder / "other.py")}
    assert compiled == ["m.py", "other.py"]


def test_a_source_that_is_another_by_then_or_mutated_is_compiled_as_it_is_then(
    folder: Path,
) -> None:
    for name in ("m", "other"):
        (folder / f"{name}.py").write_text("X = 111")
    forget = compile_ahead([str(folder / "m.py"), str(folder / "other.py")])
    (folder / "m.py").write_text("X = 222")
    other = os.path.realpath(folder / "other.py")
    forget(other)
    compile_mutated({"file": other, "start": 4, "end": 7, "replacement": "777"})
    assert (load("m").X, load("other").X) == (222, 777)


def test_what_was_compiled_ahead_is_forgotten_on_demand(folder: Path, compiled: list[str]) -> None:
    loader: Any = importlib.machinery.SourceFileLoader
    before = loader.source_to_code
    (folder / "m.py").write_text("X = 1")
    forget = compile_ahead([str(folder / "m.py")])
    assert loader.source_to_code is not before
    forget(None)
    assert loader.source_to_code is before
    load("m")
    assert compiled == ["m.py", "m.py"]


def test_what_cannot_be_compiled_ahead_is_left_to_its_import(folder: Path) -> None:
    (folder / "m.py").write_text("X = (")
    (folder / "other.py").write_text("X = 1")
    compile_ahead([str(folder / name) for name in ("missing.py", "m.py", "other.py")])
    with pytest.raises(SyntaxError):
        load("m")
    assert load("other").X == 1
