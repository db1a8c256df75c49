"""Variables that a project's own runner sets for its tests, and that are not set here.

Read as text from tox.ini, noxfile.py and Hatch's environments in pyproject.toml; nothing is run.
"""

from __future__ import annotations

import ast
import configparser
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from gate.doctor.checks import Check, warning

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# What steers the runner, Python or coverage.py, and no test.
_NOT_OF_TESTS = re.compile(r"(?:PYTHON|COVERAGE|COV_|PIP_|UV_|TOX_|NOX|VIRTUAL_ENV|PATH$|HOME$)")
_MOST_NAMED = 4


def check_variables(root: Path, environ: Mapping[str, str]) -> Iterator[Check]:
    """Name the variables that each file sets for tests and that the tests would not find here."""
    for file, read in _READERS.items():
        try:
            text = (root / file).read_text(encoding="utf-8")
            names = dict.fromkeys(read(text))
        except (OSError, ValueError, SyntaxError, RecursionError, configparser.Error):
            # What cannot be read is the business of the tool whose file it is.
            continue
        missing = [n for n in names if n not in environ and not _NOT_OF_TESTS.match(n)]
        if missing:
            more = f" and {len(missing) - _MOST_NAMED} more" if len(missing) > _MOST_NAMED else ""
            yield warning(
                "variables",
                f"{file} sets {', '.join(missing[:_MOST_NAMED])}{more} for its tests; not set here",
                "set those that the tests need where the gate is called",
            )


def _of_tox(text: str) -> Iterator[str]:
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    parser.read_string(text)
    for section in parser.sections():
        if section.startswith("testenv"):
            for key in ("setenv", "set_env"):
                for line in parser.get(section, key, fallback="").splitlines():
                    # A line may be for some factors alone: `py312: NAME = value`.
                    name, equals, _ = line.rpartition(":")[2].partition("=")
                    if equals and _NAME.fullmatch(name.strip()):
                        yield name.strip()


def _of_nox(text: str) -> Iterator[str]:
    """Name the keys of `env={…}` in a call, and those that are set in `session.env`."""
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.keyword(arg="env", value=ast.Dict(keys=keys)):
                yield from _texts(*keys)
            case ast.Assign(targets=[ast.Subscript(value=ast.Attribute(attr="env"), slice=key)]):
                yield from _texts(key)


def _of_hatch(text: str) -> Iterator[str]:
    tables: Any = tomllib.loads(text)
    for key in ("tool", "hatch", "envs"):
        tables = tables.get(key) if isinstance(tables, dict) else None
    for table in tables.values() if isinstance(tables, dict) else ():
        found = table.get("env-vars") if isinstance(table, dict) else None
        yield from found if isinstance(found, dict) else ()


def _texts(*nodes: ast.expr | None) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


_READERS = {"tox.ini": _of_tox, "noxfile.py": _of_nox, "pyproject.toml": _of_hatch}
