"""TOML text in, its tables and the line of every key out.

TOML 1.0 is read by tomllib; floats become Decimal so that 79.96 stays 79.96.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

from gate.errors import PolicyError

KeyPath = tuple[str | int, ...]

HINT = "correct the lines named above; see docs/policy.md for every key, its default and its values"

# A string that never ends runs to the end of its line or of the text, so scanning stays linear.
_TOKEN = re.compile(
    r'''(?P<string>"""(?:\\.|(?!""")[^\\])*+(?:"{3,5})?|"(?:\\[^\n]|[^"\\\n])*+"?'''
    r"""|'''(?:(?!''').)*+(?:'{3,5})?|'[^'\n]*+'?)"""
    r"""|(?P<newline>\n)|(?P<skip>[ \t\r]+|\#[^\n]*)"""
    r"""|(?P<open>[\[{])|(?P<close>[\]}])|(?P<mark>[=,.])"""
    r"""|(?P<bare>[^\s\[\]{}=,.#"']+|.)""",
    re.DOTALL,
)
_POSITION = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
# An interpreter can be told to read no more digits than these.
_MOST_DIGITS = 640
_LONG_NUMBER = re.compile(rf"[0-9_]{{{_MOST_DIGITS + 1},}}")
_LARGEST = 1 << 20
# No key of a policy lies deeper.
_DEEPEST = 8
# More brackets or dots than this make tomllib recurse without bound or take quadratic memory.
_TOO_DEEP = 64


def decode(data: bytes, origin: str) -> str:
    """Decode the bytes of a TOML file; PolicyError names the line of the first bad byte."""
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        found = f"the byte 0x{data[error.start]:02x}, which is not UTF-8"
        raise _unreadable(f"{origin}:{line}", found, "text saved as UTF-8") from error


def read_toml(text: str, origin: str) -> dict[str, object]:
    """Parse TOML 1.0; PolicyError names line and column of what could not be read."""
    _refuse_before_parsing(text, origin)
    try:
        return tomllib.loads(text, parse_float=_decimal)
    except tomllib.TOMLDecodeError as error:
        raise _not_toml(text, origin, str(error)) from error


def key_lines(text: str) -> dict[KeyPath, int]:
    """Map each key of a valid TOML document to its 1-based line.

    A path holds names and, for arrays, 0-based indexes: `("tests", "exclude", 0, "owner")`.
    A table has the line of its header, an array element the line it begins on, `()` line 1.
    """
    return _Scanner(_tokens(text)).scan()


def shown(text: str) -> str:
    """Quote text for one line of a message, shortened; control characters come out escaped."""
    short = text if len(text) <= 60 else text[:57] + "…"
    inner = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in short)
    return f"`{inner}`"


def _refuse_before_parsing(text: str, origin: str) -> None:
    if text.startswith("\ufeff"):
        found = "a byte order mark"
        raise _unreadable(f"{origin}:1", found, "UTF-8 without a byte order mark")
    for pattern, found, accepted in (
        ("[\ud800-\udfff]", "text that is not UTF-8", "text saved as UTF-8"),
        (_LONG_NUMBER, "a number with too many digits", f"at most {_MOST_DIGITS} digits"),
    ):
        place = re.search(pattern, text)
        if place:
            line = text[: place.start()].count("\n") + 1
            raise _unreadable(f"{origin}:{line}", found, accepted)
    if len(text) > _LARGEST:
        raise _unreadable(f"{origin}:1", f"{len(text)} characters", f"at most {_LARGEST}")
    deep = _line_of_deep_nesting(text)
    if deep:
        found = "brackets or dotted keys nested too deeply"
        raise _unreadable(f"{origin}:{deep}", found, f"at most {_TOO_DEEP} levels")


def _line_of_deep_nesting(text: str) -> int | None:
    """Give the line where values or keys are nested beyond all reason."""
    brackets = dots = 0
    for kind, value, line in _tokens(text):
        brackets += (kind == "open") - (kind == "close")
        if kind in ("mark", "newline"):
            dots = dots + 1 if value == "." else 0
        if brackets > _TOO_DEEP or dots > _TOO_DEEP:
            return line
    return None


def _unreadable(where: str, found: str, accepted: str) -> PolicyError:
    return PolicyError(f"{where}: found {found}; accepted: {accepted}", HINT)


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:  # an exponent beyond what Decimal can hold
        return Decimal(math.inf)


def _not_toml(text: str, origin: str, reason: str) -> PolicyError:
    """Word tomllib's complaint, with the line it stopped on when that line can be shown."""
    lines = text.split("\n")
    position = _POSITION.search(reason)
    line, column = len(lines), len(lines[-1]) + 1
    if position and position.lastindex:
        line, column = int(position[1]), int(position[2])
    what = _POSITION.sub("", reason)
    found = shown(lines[line - 1].strip()) if lines[line - 1].strip() else "the end of the file"
    message = f"{origin}:{line}:{column}: not TOML, found {found} ({what})"
    return PolicyError(f"{message}; accepted: TOML 1.0 with each key set once", HINT)


Token = tuple[str, str, int]


def _tokens(text: str) -> Iterator[Token]:
    """Yield (kind, text, 1-based line); strings are one token, whatever they contain."""
    line = 1
    for found in _TOKEN.finditer(f"{text}\n"):
        kind = str(found.lastgroup)
        if kind != "skip":
            yield kind, found[0], line
        line += found[0].count("\n")
    yield "end", "", line


class _Scanner:
    """Walks the tokens of a document that tomllib has accepted and notes where each key stands.

    `at` is the token to be read next. Nothing stands where it must not, so what opens a line opens a header.
    """

    def __init__(self, tokens: Iterator[Token]) -> None:
        self.tokens = tokens
        self.at = next(tokens)
        self.table: KeyPath = ()
        self.lines: dict[KeyPath, int] = {(): 1}
        self.last: dict[KeyPath, int] = {}

    def scan(self) -> dict[KeyPath, int]:
        while not self._is("end"):
            if self._is("newline"):
                self._go_on()
            elif self._is("open"):
                self._header()
            else:
                self._pair(self.table)
        return self.lines

    def _is(self, kind: str, text: str | None = None) -> bool:
        found_kind, found, _ = self.at
        return found_kind == kind and (text is None or found == text)

    def _go_on(self) -> None:
        self.at = next(self.tokens)

    def _header(self) -> None:
        line = self.at[2]
        self._go_on()
        repeated = self._is("open")
        names = self._names()
        while self._is("close"):
            self._go_on()
        path = (*self._enter(names[:-1], line), *names[-1:])
        self._note(path, line)
        if repeated:
            self.last[path] = self.last.get(path, -1) + 1
            self._note((*path, self.last[path]), line)
        self.table = (*path, self.last[path]) if path in self.last else path

    def _enter(self, names: KeyPath, line: int) -> KeyPath:
        """Follow the names of a header into the newest element of each array of tables."""
        path: KeyPath = ()
        for name in names:
            path = (*path, name)
            self._note(path, line)
            if path in self.last:
                path = (*path, self.last[path])
        return path

    def _note(self, path: KeyPath, line: int) -> None:
        if len(path) <= _DEEPEST:
            self.lines.setdefault(path, line)

    def _names(self) -> KeyPath:
        """Read a dotted key up to its `=` or `]`."""
        names: list[str] = []
        while not (self._is("close") or self._is("mark", "=")):
            if self._is("string") or self._is("bare"):
                names.append(_unquote(self.at[1]))
            self._go_on()
        return tuple(names)

    def _pair(self, parent: KeyPath) -> None:
        line, path = self.at[2], parent
        for name in self._names():
            path = (*path, name)
            self._note(path, line)
        self._go_on()
        self._value(path[:_DEEPEST])

    def _value(self, path: KeyPath) -> None:
        """Pass over one value, noting the elements of arrays and the keys of inline tables."""
        if self._is("open"):
            self._items(path, named=self._is("open", "{"))
            return
        self._go_on()
        while not (self._is("newline") or self._is("close") or self._is("mark", ",")):
            self._go_on()

    def _items(self, path: KeyPath, *, named: bool) -> None:
        """Pass over the elements of an array, or the named ones of an inline table."""
        self._go_on()
        index = 0
        while not self._is("close"):
            if self._is("newline") or self._is("mark"):
                self._go_on()
            elif named:
                self._pair(path)
            else:
                self._note((*path, index), self.at[2])
                self._value((*path, index)[:_DEEPEST])
                index += 1
        self._go_on()


def _unquote(text: str) -> str:
    return str(next(iter(tomllib.loads(f"{text} = 0"))))
