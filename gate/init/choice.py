"""Paths that were chosen for a policy, and why these."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath


@dataclass(frozen=True, slots=True)
class Choice:
    """Paths, and why; without paths a default of the gate is left to hold."""

    paths: tuple[str, ...]
    why: str


def can_be_named(path: str) -> bool:
    """Say whether a policy can name a path: relative, without `..`, of signs that print, no backslash."""
    pure = PurePosixPath(path)
    inside = not pure.is_absolute() and ".." not in pure.parts
    return inside and path.isprintable() and "\\" not in path and bool(path.strip())


def is_within(path: str, folder: str) -> bool:
    """Say whether a path is a folder or file, or lies below it; all lie below `.`."""
    return folder in (".", path) or path.startswith(f"{folder}/")
