"""What a worker needs to know of a mutant to put it in place."""

from __future__ import annotations
import __future__

import ast
import os
import unicodedata
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gate.model import Mutant
from gate.mutate.text import Text, mutated_file, read_text, unit_source
from gate.source.code import SourceError, parse


class Edits:
    """Describes mutants to workers; each file is read once."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._texts: dict[str, Text] = {}
        self._flags: dict[str, int] = {}

    def of(self, mutant: Mutant) -> Mapping[str, Any]:
        """Describe one mutant; offsets are those of `Mutant`, texts compile at their own line numbers."""
        edit = {
            "file": os.path.realpath(self._root / mutant.path),
            "start": mutant.start,
            "end": mutant.end,
            "replacement": mutant.replacement,
            "moment": mutant.moment,
            "parameter": unicodedata.normalize("NFKC", mutant.parameter),
            "default": mutant.default,
        }
        unit = mutant.unit
        if unit is None:
            return edit
        text = self.text(mutant.path)
        return edit | {
            "qualname": unicodedata.normalize("NFKC", unit.qualname),
            "line": unit.line,
            "flags": self._flags[mutant.path],
            "original": unit_source(text, unit),
            "text": unit_source(text, unit, mutant),
        }

    def why_not_compiled(self, mutant: Mutant) -> str:
        """Say why the whole file does not compile with the mutant in it; empty when it does."""
        text = self.text(mutant.path)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                compile(mutated_file(text, mutant), mutant.path, "exec", dont_inherit=True)
        except SyntaxError as error:
            return f"line {error.lineno}: {error.msg}"
        except (ValueError, RecursionError, MemoryError) as error:
            return str(error) or type(error).__name__
        return ""

    def text(self, path: str) -> Text:
        """Give the text of a file as it was when it was first asked for."""
        if path not in self._texts:
            text = read_text(path, (self._root / path).read_bytes())
            self._texts[path], self._flags[path] = text, _future_flags(path, text.data)
        return self._texts[path]


def _future_flags(path: str, source: bytes) -> int:
    """The `from __future__` features of a module, as flags for compile()."""
    try:
        tree = parse(path, source.decode())
    except SourceError:
        return 0
    imports = [node for node in tree.body if isinstance(node, ast.ImportFrom)]
    names = {each.name for node in imports if node.module == "__future__" for each in node.names}
    known = names & set(__future__.all_feature_names)
    return sum(getattr(__future__, name).compiler_flag for name in known)
