"""Let whatever compiles one file see mutated source, in this process.

Also loaded by file, outside its package, from `startup/sitecustomize.py`: standard library only.
"""

from __future__ import annotations
import __future__

import builtins
import functools
import importlib.machinery
import importlib.util
import io
import marshal
import operator
import os
import sys
import tokenize
import types
from typing import Any

# What this machinery itself compiles and reads is as it is, whatever tests put in the place of builtins.
COMPILE = builtins.compile
OPEN = open
TEXTS = (str, bytes, bytearray, memoryview)
# The flags that `compile` takes over from the code that calls it: those of `from __future__` imports.
INHERITED = functools.reduce(
    operator.or_,
    (
        getattr(__future__, name).compiler_flag
        for name in __future__.all_feature_names
        # Code of a function within a function has the flag of that one; it has no effect any more.
        if name != "nested_scopes"
    ),
)


def compile_mutated(edit: dict[str, Any]) -> None:
    """Compile the file `edit["file"]` from mutated source from here on, whoever asks for it, and how.

    An import, pytest's rewriter of assertions, an import hook of the project and a test that reads the file
    all come to `compile` with its name and its text; any other text of that name is compiled as it is.
    """
    builtins.compile = _compiling(edit)
    loader: Any = importlib.machinery.SourceFileLoader
    path_stats, load = loader.path_stats, marshal.load

    def unknown(self: Any, path: str) -> Any:
        # Without its time stamp a source is neither taken from a cache nor written to one.
        if _real(path) == edit["file"]:
            raise OSError("compiled anew")
        return path_stats(self, path)

    def not_cached(file: Any, *rest: Any, **options: Any) -> Any:
        # Nor from the caches of others, such as that of pytest's rewriter.
        code = load(file, *rest, **options)
        if isinstance(code, types.CodeType) and _real(code.co_filename) == edit["file"]:
            raise ValueError("compiled anew")
        return code

    loader.path_stats, marshal.load = unknown, not_cached


def run_mutated(edit: dict[str, Any]) -> None:
    """Let a script that is started by its path run mutated too: Python opens it without any import.

    It first asks the path hooks whether the script is a folder or an archive with a `__main__` in it.
    """
    sys.path_hooks.insert(0, functools.partial(_Script, edit["file"]))


class _Script:
    """The finder of the `__main__` that one script is."""

    def __init__(self, file: str, path: str) -> None:
        if _real(path) != file:
            raise ImportError(path)
        self._path = path

    def find_spec(self, name: str, target: Any = None) -> Any:
        if name != "__main__":
            return None
        sys.path[0] = os.path.dirname(os.path.abspath(self._path))
        loader = importlib.machinery.SourceFileLoader(name, self._path)
        return importlib.util.spec_from_file_location(name, self._path, loader=loader)


def splice(text: str, edit: dict[str, Any]) -> str:
    """Replace the bytes `start` to `end` of the text as UTF-8."""
    data = text.encode("utf-8", "surrogatepass")
    replacement = edit["replacement"].encode("utf-8", "surrogatepass")
    spliced: bytes = data[: edit["start"]] + replacement + data[edit["end"] :]
    return spliced.decode("utf-8", "surrogatepass")


def decode(data: Any) -> str:
    """Read Python source by its cookie or BOM, newlines as they are."""
    source = bytes(data)
    return source.decode(tokenize.detect_encoding(io.BytesIO(source).readline)[0])


def _compiling(edit: dict[str, Any]) -> Any:
    """Make what takes the place of the builtin `compile`."""

    @functools.wraps(COMPILE)
    def compiled(
        source: Any,
        filename: Any,
        mode: Any,
        flags: int = 0,
        dont_inherit: bool = False,
        optimize: int = -1,
        **rest: Any,
    ) -> Any:
        if not dont_inherit:
            flags |= sys._getframe(1).f_code.co_flags & INHERITED
        source = _source(source, filename, edit)
        return COMPILE(source, filename, mode, flags, True, optimize, **rest)

    return compiled


def _source(source: Any, filename: Any, edit: dict[str, Any]) -> Any:
    """Give the mutated source for that of the file, and any other as it is."""
    if not isinstance(source, TEXTS):
        return source
    try:
        if _real(os.fsdecode(filename)) != edit["file"]:
            return source
        with OPEN(edit["file"], "rb") as file:
            original = decode(file.read())
        text = source.removeprefix("\ufeff") if isinstance(source, str) else decode(source)
    except (TypeError, ValueError, SyntaxError, OSError):
        # No name of a file, no text, or a folder that is not there any more.
        return source
    same = _with_plain_ends(text) == _with_plain_ends(original)
    return splice(original, edit) if same else source


def _with_plain_ends(text: str) -> str:
    """End all lines alike, as those are that a program has read as text."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _real(file: str) -> str:
    """Follow links; a relative name is one of the folder in which the process is now."""
    return _followed(os.path.abspath(file))


@functools.cache
def _followed(file: str) -> str:
    return os.path.realpath(file)
