"""What the head's configuration of coverage.py leaves out more than the base's: it has no say in the gate."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping
from configparser import ConfigParser
from configparser import Error as NotIni
from typing import Any

Read = Callable[[str], bytes | None]

# The files that coverage.py looks for, with the beginning of its sections there.
FILES = {".coveragerc": "", "setup.cfg": "coverage:", "tox.ini": "coverage:", "pyproject.toml": ""}
_KEYS = (
    ("run", "omit"),
    ("report", "omit"),
    ("report", "exclude_lines"),
    ("report", "exclude_also"),
    ("report", "partial_branches"),
    ("report", "partial_also"),
)


def widened(base: Read, head: Read) -> tuple[str, ...]:
    """Name each pattern that only the head has, a sentence for each key of a file."""
    return tuple(note for name in FILES for note in _of_file(name, base(name), head(name)))


def _of_file(name: str, before: bytes | None, after: bytes | None) -> Iterator[str]:
    if after is None or before == after:
        return
    had, has = _patterns(name, before or b""), _patterns(name, after)
    for section, key in _KEYS:
        new = [
            each for each in has.get((section, key), ()) if each not in had.get((section, key), ())
        ]
        if new:
            yield f"{name}: [{section}] {key} now has {', '.join(new)}, which has no say here"


def _patterns(name: str, content: bytes) -> Mapping[tuple[str, str], tuple[str, ...]]:
    """Read the patterns of each key; none where the file cannot be read, as nothing depends on it."""
    try:
        sections = _toml(content) if name.endswith(".toml") else _ini(name, content)
        return {
            (section, key): _items(sections.get(section, {}).get(key, ())) for section, key in _KEYS
        }
    except (ValueError, NotIni, AttributeError, RecursionError):
        return {}


def _toml(content: bytes) -> Mapping[str, Any]:
    found: Mapping[str, Any] = tomllib.loads(content.decode()).get("tool", {}).get("coverage", {})
    return found


def _ini(name: str, content: bytes) -> Mapping[str, Any]:
    parser = ConfigParser(interpolation=None)
    parser.read_string(content.decode())
    return {
        section.removeprefix(FILES[name]): dict(parser[section])
        for section in parser.sections()
        if section.startswith(FILES[name])
    }


def _items(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return tuple(part.strip() for part in value.replace(",", "\n").splitlines() if part.strip())
    return tuple(filter(None, map(str, value))) if isinstance(value, list | tuple) else ()
