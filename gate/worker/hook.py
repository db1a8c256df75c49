"""Let imports of one file see mutated source: in this process, and in the Python processes that it starts.

Also loaded by file, outside its package, from `startup/sitecustomize.py`: standard library only.
"""

from __future__ import annotations

import functools
import importlib.machinery
import importlib.util
import io
import json
import os
import sys
import tokenize
from typing import Any

VARIABLE = "GATE_EDIT"
STARTUP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "startup")


def compile_mutated(edit: dict[str, Any]) -> None:
    """Compile every later import of the file `edit["file"]` from mutated source."""
    loader: Any = importlib.machinery.SourceFileLoader
    source_to_code, path_stats = loader.source_to_code, loader.path_stats

    def replaced(self: Any, data: Any, path: str, *rest: Any, **options: Any) -> Any:
        if _real(path) == edit["file"]:
            data = splice(decode(data), edit)
        return source_to_code(self, data, path, *rest, **options)

    def unknown(self: Any, path: str) -> Any:
        # Without its time stamp a source is neither taken from a cache nor written to one.
        if _real(path) == edit["file"]:
            raise OSError("compiled anew")
        return path_stats(self, path)

    loader.source_to_code, loader.path_stats = replaced, unknown


def hand_down(edit: dict[str, Any]) -> None:
    """Let the Python processes that this one starts do the same."""
    needed = {key: edit[key] for key in ("file", "start", "end", "replacement")}
    os.environ[VARIABLE] = json.dumps(needed)
    others = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join([STARTUP, *([others] if others else [])])


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


@functools.cache
def _real(file: str) -> str:
    return os.path.realpath(file)
