from __future__ import annotations

import ast
import builtins
import importlib
import importlib.machinery
import importlib.util
import io
import marshal
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gate.mutate.text import read_text
from gate.worker.hook import COMPILE, compile_mutated, decode, splice

# Bytes of a module `m`, and what is to be replaced in it: the number 111.
SOURCES = {
    "plain": b"X = 111\nY = 2\n",
    "crlf": b"A = 1\r\nX = 111\r\nY = 2\r\n",
    "lone cr": b"A = 1\rX = 111\rY = 2\r",
    "bom": b"\xef\xbb\xbfX = 111\nY = 2\n",
    "bom and cookie": b"\xef\xbb\xbf# coding: utf-8\nX = 111\nY = 2\n",
    "latin-1": "# coding: latin-1\nA = 'é'\nX = 111\nY = 2\n".encode("latin-1"),
    "utf-8": "# coding: utf-8\nA = 'é∂'\nX = 111\nY = 2\n".encode(),
    "cookie on line 2": "#!/bin/env python\n# -*- coding: cp1252 -*-\nA='–'\nX = 111\nY = 2\n".encode(
        "cp1252"
    ),
    "form feed": b"A = 1\n\x0cX = 111\nY = 2\n",
    "line separator": "A = '\u2028'\nX = 111\nY = 2\n".encode(),
    "no last newline": b"Y = 2\nX = 111",
}


def edit_of(path: Path, replacement: str = "777", target: bytes = b"111") -> dict[str, Any]:
    """Describe a replacement with the offsets that the judge counts."""
    start = read_text("m.py", path.read_bytes()).data.index(target)
    place = {"start": start, "end": start + len(target)}
    return {"file": os.path.realpath(path), "replacement": replacement, **place}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder to import from; what is changed of this process is put back."""
    loader: Any = importlib.machinery.SourceFileLoader
    monkeypatch.setattr(loader, "path_stats", loader.path_stats)
    monkeypatch.setattr(builtins, "compile", builtins.compile)
    monkeypatch.setattr(marshal, "load", marshal.load)
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    for name in ("m", "other"):
        sys.modules.pop(name, None)


def load(name: str) -> Any:
    importlib.invalidate_caches()
    return importlib.import_module(name)


@pytest.mark.parametrize("name", SOURCES)
def test_an_import_sees_the_mutant_whatever_the_file_is_written_in(folder: Path, name: str) -> None:
    (folder / "m.py").write_bytes(SOURCES[name])
    compile_mutated(edit_of(folder / "m.py"))
    module = load("m")
    assert (module.X, module.Y) == (777, 2)
    assert (folder / "m.py").read_bytes() == SOURCES[name]


def test_lines_after_a_mutant_of_other_length_are_compiled_as_they_are(folder: Path) -> None:
    (folder / "m.py").write_bytes(SOURCES["crlf"])
    compile_mutated(edit_of(folder / "m.py", "(7 +\r\n 'é∂'.count('é'))"))
    assert (load("m").X, load("m").Y) == (8, 2)


def test_other_files_are_compiled_as_they_are(folder: Path) -> None:
    for name in ("m", "other"):
        (folder / f"{name}.py").write_text("X = 111\n")
    compile_mutated(edit_of(folder / "m.py"))
    assert (load("m").X, load("other").X) == (777, 111)


def test_a_file_that_is_imported_by_a_link_is_the_same_file(folder: Path) -> None:
    (folder / "real").mkdir()
    (folder / "real/m.py").write_text("X = 111\n")
    (folder / "m.py").symlink_to(folder / "real/m.py")
    compile_mutated(edit_of(folder / "real/m.py"))
    assert load("m").X == 777


def test_no_cached_bytecode_of_a_mutated_source_is_written_or_read(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    for name in ("m", "other"):
        (folder / f"{name}.py").write_text("X = 111\n")
    cached = {
        name: Path(importlib.util.cache_from_source(folder / f"{name}.py"))
        for name in ("m", "other")
    }
    compile_mutated(edit_of(folder / "m.py"))
    assert (load("m").X, load("other").X) == (777, 111)
    assert cached["other"].is_file()
    assert not cached["m"].exists()


def test_bytecode_that_is_there_is_not_taken_for_the_mutant(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    (folder / "m.py").write_text("X = 111\n")
    assert load("m").X == 111
    cached = Path(importlib.util.cache_from_source(folder / "m.py"))
    before = cached.read_bytes()
    del sys.modules["m"]
    compile_mutated(edit_of(folder / "m.py"))
    assert load("m").X == 777
    assert cached.read_bytes() == before


def test_a_mutant_that_does_not_compile_fails_the_import(folder: Path) -> None:
    (folder / "m.py").write_text("X = 111\n")
    compile_mutated(edit_of(folder / "m.py", "("))
    with pytest.raises(SyntaxError) as caught:
        load("m")
    assert caught.value.filename == str(folder / "m.py")


def made_by(text: Any, name: Any, *rest: Any) -> Any:
    """The X that a text makes when a program compiles it by itself."""
    space: dict[str, Any] = {}
    exec(compile(text, name, "exec", *rest), space)
    return space["X"]


@pytest.mark.parametrize("name", SOURCES)
def test_who_reads_and_compiles_the_file_sees_the_mutant(folder: Path, name: str) -> None:
    data = SOURCES[name]
    (folder / "m.py").write_bytes(data)
    path = folder / "m.py"
    as_text = decode(data)
    compile_mutated(edit_of(path))
    for text in (
        data,
        bytearray(data),
        memoryview(data),
        as_text,
        "\ufeff" + as_text.lstrip("\ufeff"),
    ):
        assert made_by(text, str(path)) == 777
    assert made_by(io.StringIO(as_text, newline=None).read(), str(path)) == 777
    assert made_by(ast.parse(data, str(path)), str(path)) == 777


def test_the_file_is_known_by_whatever_name_leads_to_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "below").mkdir()
    (folder / "m.py").write_text("X = 111\n")
    (folder / "link.py").symlink_to(folder / "m.py")
    compile_mutated(edit_of(folder / "m.py"))
    names = [folder / "m.py", os.fsencode(folder / "m.py"), str(folder / "link.py"), "m.py"]
    monkeypatch.chdir(folder)
    assert [made_by("X = 111\n", name) for name in names] == [777] * 4
    monkeypatch.chdir(folder / "below")
    assert [made_by("X = 111\n", name) for name in ("m.py", "../m.py")] == [111, 777]


def test_another_text_or_name_is_compiled_as_it_is(folder: Path) -> None:
    (folder / "m.py").write_text("X = 111\n")
    compile_mutated(edit_of(folder / "m.py"))
    path = str(folder / "m.py")
    assert made_by("X = 111 + 0\n", path) == 111
    assert made_by("X = 111\n", "<string>") == 111
    assert made_by(COMPILE("X = 111\n", "<string>", "exec", ast.PyCF_ONLY_AST), path) == 111
    for wrong in ((None, path), ("X = 111", None), ("X = 111", 3)):
        with pytest.raises(TypeError):
            compile(*wrong, "exec")


@pytest.mark.parametrize("future", ["", "from __future__ import annotations\n"])
@pytest.mark.parametrize("more", ["", ", 0, True", ", 0, False, 2", ", dont_inherit=True"])
def test_whoever_compiles_hands_down_the_future_that_it_imports_and_no_other(
    folder: Path, future: str, more: str
) -> None:
    (folder / "m.py").write_text("X = 111\n")
    text = (
        f"{future}def f():\n    class A:\n        def g(self):\n"
        f"            return compile('def f(a: int): assert a; return a', 'x', 'exec'{more})\n"
        "    return A().g()\nX = f()\n"
    )
    before = made_by(text, "<string>", 0, True)
    compile_mutated(edit_of(folder / "m.py"))
    after = made_by(text, "<string>", 0, True)
    assert after == before
    assert (after.co_flags, after.co_consts) == (before.co_flags, before.co_consts)


def test_the_rewritten_code_that_another_keeps_is_not_taken_for_the_mutant(folder: Path) -> None:
    for name in ("m", "other"):
        (folder / f"{name}.py").write_text("X = 111\n")
        code = compile("X = 111\n", str(folder / f"{name}.py"), "exec")
        (folder / name).write_bytes(marshal.dumps(code))
    (folder / "number").write_bytes(marshal.dumps(3))
    compile_mutated(edit_of(folder / "m.py"))

    def taken(name: str) -> Any:
        with (folder / name).open("rb") as file:
            return marshal.load(file)

    assert (taken("number"), taken("other").co_name) == (3, "<module>")
    with pytest.raises(ValueError, match="compiled anew"):
        taken("m")


def test_offsets_are_bytes_of_the_text_as_utf_8() -> None:
    assert splice("é = 1\n", {"start": 5, "end": 6, "replacement": "∂"}) == "é = ∂\n"
    assert splice("x = '\udc80'", {"start": 0, "end": 1, "replacement": "y"}) == "y = '\udc80'"


@pytest.mark.parametrize("name", SOURCES)
def test_source_is_decoded_as_the_judge_decodes_it(name: str) -> None:
    assert decode(SOURCES[name]).encode() == read_text("m.py", SOURCES[name]).data
