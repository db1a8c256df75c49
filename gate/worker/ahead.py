"""The project's sources, compiled by the seed for all of its forks."""

from __future__ import annotations

import importlib.machinery
from collections.abc import Callable
from typing import Any


def compile_ahead(files: list[str]) -> Callable[[], None]:
    """Compile sources now, once for all forks; an import that reads another source compiles that.

    Returns what leaves imports to Python alone again.
    """
    loader: Any = importlib.machinery.SourceFileLoader
    source_to_code = loader.source_to_code
    ready: dict[tuple[str, bytes], Any] = {}
    for file in files:
        try:
            with open(file, "rb") as source:
                data = source.read()
            ready[file, data] = source_to_code(loader("", file), data, file)
        except (OSError, SyntaxError, ValueError):
            # Left to the import, which says what is wrong.
            continue

    def known(self: Any, data: Any, path: str, *rest: Any, **options: Any) -> Any:
        code = ready.get((path, data)) if isinstance(data, bytes) else None
        return source_to_code(self, data, path, *rest, **options) if code is None else code

    def forget() -> None:
        loader.source_to_code = source_to_code

    loader.source_to_code = known
    return forget
