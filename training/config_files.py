"""A run's configuration from YAML files (PyYAML), which map sections to their settings.

Of several files the later one wins, setting by setting; what no file sets has its default.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any, NamedTuple, get_type_hints

import yaml

from training.config import Config


class _Setting(NamedTuple):
    """A value, and the file that set it."""

    value: Any
    path: Path


def load_config(path: Path, *more: Path) -> Config:
    """Read YAML files, the later over the earlier, and check all of it.

    Raises ValueError that names the file, the setting, its value and what is accepted there.
    """
    settings: dict[str, _Setting] = {}
    for file in (path, *more):
        settings |= _read(file)
    _require_complete(settings, (path, *more))
    sections = {
        name: _checked(f"{name}.", kind, _values(f"{name}.", settings), settings)
        for name, kind in SECTIONS.items()
    }
    config: Config = _checked("", Config, sections, settings)
    return config


def _read(path: Path) -> dict[str, _Setting]:
    settings = {}
    for section, entries in _mapping(path, "the file", _parse(path)).items():
        if section not in SECTIONS:
            raise ValueError(f"{path}: unknown key {section}, accepted: {', '.join(SECTIONS)}")
        kinds = get_type_hints(SECTIONS[section])
        for name, value in _mapping(path, section, entries).items():
            key = f"{section}.{name}"
            if name not in kinds:
                raise ValueError(f"{path}: unknown key {key}, accepted: {', '.join(kinds)}")
            settings[key] = _Setting(_converted(path, key, value, kinds[name]), path)
    return settings


def _parse(path: Path) -> object:
    try:
        return yaml.safe_load(path.read_bytes())
    except OSError as error:
        raise ValueError(f"{path}: cannot be read: {error.strerror}") from error
    except (yaml.YAMLError, ValueError) as error:
        # The library lets ValueError through for a date or a number that cannot be.
        raise ValueError(f"{path}: not valid YAML: {error}") from error


def _mapping(path: Path, name: str, value: object) -> Mapping[Any, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"{path}: {name} must be a mapping of keys to values, got {value!r}")
    return value


def _converted(path: Path, key: str, value: object, kind: Any) -> object:
    accepted, convert = KINDS[kind]
    try:
        return convert(value)
    except (OverflowError, TypeError) as error:
        raise ValueError(f"{path}: {key} must be {accepted}, got {value!r}") from error


def _require_complete(settings: Mapping[str, _Setting], paths: tuple[Path, ...]) -> None:
    missing = [
        f"{section}.{required.name}"
        for section, kind in SECTIONS.items()
        for required in fields(kind)
        if required.default is MISSING and f"{section}.{required.name}" not in settings
    ]
    if missing:
        raise ValueError(f"{' and '.join(map(str, paths))}: {', '.join(missing)} must be set")


def _values(prefix: str, settings: Mapping[str, _Setting]) -> dict[str, Any]:
    return {
        key.removeprefix(prefix): setting.value
        for key, setting in settings.items()
        if key.startswith(prefix)
    }


def _checked(
    prefix: str,
    build: Callable[..., Any],
    values: Mapping[str, Any],
    settings: Mapping[str, _Setting],
) -> Any:
    try:
        return build(**values)
    except ValueError as error:
        # Every message begins with the name of the setting that it is about.
        setting = settings[prefix + re.split("[ ,]", str(error))[0]]
        raise ValueError(f"{setting.path}: {prefix}{error}") from error


def _exactly(*types: type) -> Callable[[object], Any]:
    """Accept these types and none derived from them: to Python, a bool is an int."""

    def convert(value: object) -> Any:
        if type(value) not in types:
            raise TypeError
        return value

    return convert


def _number(value: object) -> float:
    return float(_exactly(int, float)(value))


def _whole_numbers(value: object) -> tuple[int, ...]:
    if not isinstance(value, list):
        raise TypeError
    return tuple(map(_exactly(int), value))


SECTIONS: Mapping[str, Any] = get_type_hints(Config)
KINDS: Mapping[Any, tuple[str, Callable[[Any], object]]] = {
    bool: ("true or false", _exactly(bool)),
    float: ("a number (in YAML 1.0e-3, not 1e-3)", _number),
    int: ("a whole number", _exactly(int)),
    int | None: ("a whole number or null", _exactly(int, type(None))),
    str: ("text", _exactly(str)),
    str | None: ("text or null", _exactly(str, type(None))),
    tuple[int, ...]: ("a list of whole numbers", _whole_numbers),
}
