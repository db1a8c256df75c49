"""Every change of a file is noticed, however the file comes to run."""

import importlib
import importlib.util
import os
import runpy
import types
from pathlib import Path

import pytest

from lib import doubled, hooked, plugin, reloaded, rewritten


def look_at(below):
    assert below(9)
    assert not below(10)


def test_rewritten():
    assert rewritten.check(9) == 9
    with pytest.raises(AssertionError):
        rewritten.check(10)


def test_hooked():
    look_at(hooked.below)


def test_text(monkeypatch):
    path = Path("lib/text.py").resolve()
    monkeypatch.chdir(path.parent)
    space = {}
    exec(compile(path.read_text(), "text.py", "exec"), space)
    look_at(space["below"])


def test_path():
    look_at(runpy.run_path("lib/path.py")["below"])


def test_loaded():
    spec = importlib.util.spec_from_file_location("by_path", Path("lib/loaded.py").resolve())
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    look_at(module.below)


def test_reloaded():
    look_at(importlib.reload(reloaded).below)


def test_made():
    spec = importlib.util.find_spec("lib.made")
    module = types.ModuleType("made")
    exec(spec.loader.get_code("lib.made"), module.__dict__)
    look_at(module.below)


def test_plugin():
    look_at(plugin.below)


def test_doubled():
    assert doubled
    space = {}
    path = os.fsencode(Path("lib/doubled.py").resolve())
    exec(compile(Path("lib/doubled.py").read_bytes(), path, "exec"), space)
    look_at(space["below"])


def test_conftested(conftested):
    look_at(conftested)
