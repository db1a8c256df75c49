"""Let TorchScript, which compiles a function's source and not its code, see the mutant.

Only its own look at sources is changed: `inspect.getsource` shows everybody else the file as it is.
"""

from __future__ import annotations

import inspect
import io
import os
import sys
import types
from typing import Any

from .hook import decode, splice
from .messages import Frame


def show_to_torch(edit: Frame, switched: set[types.CodeType] | None) -> None:
    """Show torch the mutated source of the switched code; with None of all functions of the file."""
    reader: Any = sys.modules.get("torch._sources")
    if reader is not None:
        reader.inspect = _Inspect(edit, switched)


class _Inspect:
    """The module `inspect`, but for the lines of mutated functions."""

    def __init__(self, edit: Frame, switched: set[types.CodeType] | None) -> None:
        self._edit = edit
        self._switched = switched

    def __getattr__(self, name: str) -> Any:
        return getattr(inspect, name)

    def getsourcelines(self, thing: Any) -> tuple[list[str], int]:
        """Give the lines of a function and the number of the first, as `inspect` does."""
        code = getattr(inspect.unwrap(thing), "__code__", None)
        if not isinstance(code, types.CodeType) or not self._mutated(code):
            return inspect.getsourcelines(thing)
        with open(self._edit["file"], "rb") as file:
            text = splice(decode(file.read()), self._edit)
        first = code.co_firstlineno
        # Not splitlines, to which a form feed ends a line.
        return inspect.getblock(io.StringIO(text, newline=None).readlines()[first - 1 :]), first

    def _mutated(self, code: types.CodeType) -> bool:
        if self._switched is not None:
            return code in self._switched
        return bool(os.path.realpath(code.co_filename) == self._edit["file"])
