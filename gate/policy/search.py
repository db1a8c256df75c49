"""Where a policy is looked for, in the working tree and in a commit, and what to do when it is not there."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from gate.errors import PolicyError
from gate.policy.model import (
    BUILT_IN,
    NO_POLICY,
    PLACES,
    Policy,
    built_in_policy,
    parse_policy,
    policy_named_in,
)
from gate.policy.text import decode, key_lines, shown
from gate.policy.values import RefusedError

PYPROJECT = "pyproject.toml"
_READABLE = "a readable TOML file"
# Gives the content of a file of a commit, None where it has none.
Read = Callable[[str], bytes | None]


def load_policy(root: Path, explicit: Path | None = None) -> Policy:
    """Read the policy of the repository at `root`, as its files are on disk.

    The first of these: `explicit` (relative to the current folder), the file that `[tool.gate]
    policy` in pyproject.toml names, the one file that stands in a default place, the built-in defaults.
    PolicyError when a named file is missing, when there is a file in both default places, or for
    mistakes in any file that was read.
    """
    if explicit is not None:
        origin = origin_of(root, explicit)
        return parse_policy(_read(explicit, origin), origin)
    if _exists(root / PYPROJECT):
        named = _named_in(_read(root / PYPROJECT, PYPROJECT))
        if named:
            origin, where = named
            return parse_policy(_read(root / origin, origin, where), origin)
    place = _only_place(place for place in PLACES if _exists(root / place))
    return parse_policy(_read(root / place, place), place) if place else built_in_policy()


def policy_in(read: Read, explicit: str | None = None) -> Policy:
    """Read the policy of a commit by the same search; a file that `explicit` names may be missing there.

    Then the search goes on, with a note. PolicyError as for `load_policy`.
    """
    notes: tuple[str, ...] = ()
    if explicit is not None:
        content = read(explicit)
        if content is not None:
            return parse_policy(decode(content, explicit), explicit)
        notes = (f"the base has no {shown(explicit)}, so the policy that it does have judges",)
    found = _found_in(read)
    if found.origin == BUILT_IN:
        notes = (*notes, NO_POLICY.replace("was found", "is in the base"))
    return replace(found, notes=notes)


def origin_of(root: Path, file: Path) -> str:
    """Name a file relative to the repository when it is inside, without following its own link."""
    try:
        absolute = file.parent.resolve() / file.name
        return absolute.relative_to(root.resolve()).as_posix()
    except (ValueError, OSError):
        return file.as_posix()


def _found_in(read: Read) -> Policy:
    pyproject = read(PYPROJECT)
    named = None if pyproject is None else _named_in(decode(pyproject, PYPROJECT))
    if named:
        origin, where = named
        content = read(origin)
        if content is None:
            raise _unreadable(where, _missing())
        return parse_policy(decode(content, origin), origin)
    found = {place: text for place in PLACES if (text := read(place)) is not None}
    place = _only_place(found)
    return parse_policy(decode(found[place], place), place) if place else built_in_policy()


def _only_place(found: Iterable[str]) -> str | None:
    """Give the default place at which a policy was found, or None; PolicyError for more than one."""
    places = tuple(found)
    if len(places) > 1:
        raise PolicyError(
            f"there are two policies, {' and '.join(places)}, and a repository has one",
            f"keep one of them: `git rm {places[1]}`, or name the one that counts by "
            "`[tool.gate] policy` in pyproject.toml",
        )
    return places[0] if places else None


def _read(file: Path, origin: str, where: str = "") -> str:
    """Read a file as text; `where` is the place to blame when it cannot be read."""
    try:
        return decode(_content(file), origin)
    except RefusedError as error:
        raise _unreadable(where or shown(origin), error) from error


def _unreadable(where: str, error: RefusedError) -> PolicyError:
    hint = "name a file that can be read; see docs/policy.md for where a policy is looked for"
    return PolicyError(f"{where}: {error}", hint)


def _missing() -> RefusedError:
    return RefusedError("no such file", _READABLE)


def _content(file: Path) -> bytes:
    if file.exists() and not file.is_file():
        kind = "a folder" if file.is_dir() else "something that is not a regular file"
        raise RefusedError(kind, _READABLE)
    try:
        return file.read_bytes()
    except FileNotFoundError as error:
        raise _missing() from error
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise RefusedError(f"a file that cannot be read ({reason})", _READABLE) from error


def _named_in(pyproject: str) -> tuple[str, str] | None:
    """Give the file that the text of a pyproject.toml names, and the place where it does."""
    named = policy_named_in(pyproject)
    if named is None:
        return None
    line = key_lines(pyproject)[("tool", "gate", "policy")]
    return named, f"{PYPROJECT}:{line}: tool.gate.policy: {shown(named)}"


def _exists(path: Path) -> bool:
    # A dangling link counts: somebody meant a policy to be there.
    return path.exists() or path.is_symlink()
