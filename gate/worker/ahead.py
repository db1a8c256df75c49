"""The project's sources, compiled by the seed for all of its forks."""

from __future__ import annotations

from collections.abc import Callable
from importlib.machinery import SourceFileLoader
from typing import Any

from .kept import open_file, os


def compile_ahead(files: list[str]) -> Callable[[str | None], None]:
    """Compile sources now, once for all forks; an import that reads another source compiles that.

    Returns what forgets one file, or with None leaves all imports to Python alone again.
    """
    loader: Any = SourceFileLoader
    source_to_code = loader.source_to_code
    ready: dict[tuple[str, bytes], Any] = {}
    keys: dict[str, tuple[str, bytes]] = {}
    for file in files:
        try:
            with open_file(file, "rb") as source:
                data = source.read()
            ready[file, data] = source_to_code(loader("", file), data, file)
            keys[os.path.realpath(file)] = file, data
        except (OSError, SyntaxError, ValueError):
            # Left to the import, which says what is wrong.
            continue

    def known(self: Any, data: Any, path: str, *rest: Any, **options: Any) -> Any:
        code = ready.get((path, data)) if isinstance(data, bytes) else None
        return source_to_code(self, data, path, *rest, **options) if code is None else code

    def forget(file: str | None) -> None:
        if file is None:
            loader.source_to_code = source_to_code
        elif file in keys:
            del ready[keys[file]]

    loader.source_to_code = known
    return forget
