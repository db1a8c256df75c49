"""What a command line asks to be mutated: files, folders, `FILE::QUALNAME`, or `FILE:LINE`."""

from __future__ import annotations

import ast
import difflib
import os
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from gate.errors import UsageError
from gate.measure.files import looks_like_test
from gate.measure.lookalikes import holds_tests
from gate.model import Mutant, Relocation
from gate.source.code import SCOPES, parse

_MOST = 5


@dataclass(frozen=True, slots=True)
class Targets:
    """Files to mutate, relative to the repository; where only parts are meant, which functions and lines."""

    files: tuple[str, ...]
    functions: Mapping[str, frozenset[str]]
    lines: Mapping[str, frozenset[int]] = field(default_factory=dict)

    def wanted(self, mutant: Mutant) -> bool:
        """Say whether a mutant is of a file that is meant whole, or in a part that is named."""
        path = mutant.path
        if path not in self.functions and path not in self.lines:
            return True
        names, lines = self.functions.get(path, ()), self.lines.get(path, ())
        return any(is_in(mutant.function, name) for name in names) or any(
            mutant.line <= line <= mutant.end_line for line in lines
        )

    def without(self, paths: Iterable[str]) -> Targets:
        """Leave files out."""
        out = frozenset(paths)
        return replace(self, files=tuple(path for path in self.files if path not in out))

    def with_moved(self, moved: Iterable[Relocation], measured: Collection[str]) -> Targets:
        """Add measured code that a change moves out of these files: it stays a target where it is now."""
        there = [each for each in moved if each.path in measured]
        whole = {*self.files, *(each.path for each in there if not each.what)}
        functions = dict(self.functions)
        for each in there:
            if each.path not in whole:
                functions[each.path] = functions.get(each.path, frozenset()) | {each.what}
        files = tuple(sorted({*whole, *functions, *self.lines}))
        return Targets(files, functions, self.lines)


def read_targets(
    arguments: Sequence[str], root: Path, start: Path, measured: Collection[str]
) -> Targets:
    """Find the files that the arguments name; functions and lines are checked by `check_parts`.

    Raises UsageError: nothing there, outside the repository, no Python file, not among the measured files.
    """
    whole: set[str] = set()
    functions: dict[str, set[str]] = {}
    lines: dict[str, set[int]] = {}
    for argument in arguments:
        name, function, line = _parts(argument, start)
        for path in _files(name, root, start, measured):
            if function:
                functions.setdefault(path, set()).add(function)
            elif line is not None:
                lines.setdefault(path, set()).add(line)
            else:
                whole.add(path)
    return Targets(
        tuple(sorted({*whole, *functions, *lines})),
        {path: frozenset(names) for path, names in functions.items() if path not in whole},
        {path: frozenset(numbers) for path, numbers in lines.items() if path not in whole},
    )


def read_place(argument: str) -> tuple[str, int] | None:
    """Read `FILE:LINE`; None for what has another form."""
    found = _PLACE.fullmatch(argument)
    return (found[1], int(found[2])) if found else None


_PLACE = re.compile(r"(.*[^:]):([0-9]{1,9})", re.DOTALL)


def _parts(argument: str, start: Path) -> tuple[str, str, int | None]:
    """Part a target into its file or folder, the function in it, and the line, where they are named."""
    name, separator, function = argument.partition("::")
    if not name or (separator and not function):
        raise UsageError(
            f"the target {argument!r} names nothing", "name FILE, FOLDER, FILE::NAME or FILE:LINE"
        )
    place = None if separator or os.path.exists(start / argument) else read_place(argument)
    if place is not None:
        name, line = place
        _refuse_folder(name, start, argument, "name the file that holds the line: FILE:LINE")
        return name, "", line
    if function:
        hint = "name the file that holds the function or class: FILE::NAME"
        _refuse_folder(name, start, argument, hint)
    return name, function, None


def _refuse_folder(name: str, start: Path, argument: str, hint: str) -> None:
    if os.path.isdir(start / name):
        raise UsageError(f"{argument}: {name} is a folder", hint)


def check_parts(targets: Targets, root: Path) -> None:
    """Raise UsageError for a function, class or line that its file does not hold; nearest names are offered.

    Raises SourceError for a file that is no Python.
    """
    for path, numbers in targets.lines.items():
        last = len((root / path).read_bytes().splitlines())
        for line in sorted(numbers):
            if not 1 <= line <= last:
                raise UsageError(f"{path} has no line {line}", f"its lines are 1 to {last}")
    for path, names in targets.functions.items():
        known = _names(path, (root / path).read_bytes())
        for name in sorted(names - set(known)):
            near = difflib.get_close_matches(name, known, n=_MOST, cutoff=0.4)
            near += [each for each in known if each.endswith(f".{name}") and each not in near]
            meant = f"did you mean {', '.join(near[:_MOST])}?" if near else _all(known)
            raise UsageError(f"no function or class {name!r} in {path}", meant)


def refuse_tests(named: Targets, left: Targets) -> None:
    """Raise UsageError when every file that was named is a test file, so that none of them is left."""
    if named.files and not left.files:
        raise _of_tests(named.files)


def is_in(function: str, name: str) -> bool:
    """Say whether a qualified name is that function or class, or lies within it."""
    return function == name or function.startswith(f"{name}.")


def _files(name: str, root: Path, start: Path, measured: Collection[str]) -> list[str]:
    real_root = Path(os.path.realpath(root))
    full = Path(os.path.realpath(start / name))
    # Path.exists raises for a name that is too long.
    if not os.path.exists(full):
        raise UsageError(f"{name} does not exist", _near_files(name, measured))
    if not full.is_relative_to(real_root):
        raise UsageError(
            f"{name} is outside the repository {root}",
            "name files or folders inside the repository",
        )
    path = full.relative_to(real_root).as_posix()
    if full.is_dir():
        found = [file for file in measured if path == "." or file.startswith(f"{path}/")]
        if not found:
            raise UsageError(f"{name} holds no Python file that is measured", _in_source(measured))
        return found
    if full.suffix != ".py":
        raise UsageError(f"{name} is not a Python file", "name .py files or folders that hold some")
    if looks_like_test(path) and holds_tests(real_root, path):
        raise _of_tests([path])
    if path not in measured:
        raise UsageError(f"{name} is not among the files that are measured", _in_source(measured))
    return [path]


def _of_tests(paths: Sequence[str]) -> UsageError:
    several = len(paths) > 1
    more = f" and {len(paths) - 1:,} more" if several else ""
    what = "are test files, and test files are" if several else "is a test file, and test files are"
    return UsageError(
        f"{paths[0]}{more} {what} not mutated",
        "name the code that they test: mutants of it show what they notice",
    )


def _near_files(name: str, measured: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(measured), n=_MOST, cutoff=0.5)
    return (
        f"did you mean {', '.join(near)}?" if near else "paths are relative to the current folder"
    )


def _in_source(measured: Collection[str]) -> str:
    return (
        f"[source] include of the policy says what is measured, at present {len(measured)} files; "
        "ignored files and tests are not"
    )


def _names(path: str, source: bytes) -> list[str]:
    """Qualified names of the functions and classes of a file, in its order."""
    pending: list[tuple[ast.AST, str]] = [(parse(path, source), "")]
    names: dict[str, None] = {}
    while pending:
        node, prefix = pending.pop()
        if isinstance(node, SCOPES):
            names[prefix + node.name] = None
            inner = "" if isinstance(node, ast.ClassDef) else "<locals>."
            prefix = f"{prefix}{node.name}.{inner}"
        pending += [(child, prefix) for child in reversed(list(ast.iter_child_nodes(node)))]
    return list(names)


def _all(known: Sequence[str]) -> str:
    shown = ", ".join(known[:10]) or "none"
    return f"it holds: {shown}" + (f" and {len(known) - 10} more" if len(known) > 10 else "")
