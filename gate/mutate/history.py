"""Earlier results as hints: they say what to try first and what may be skipped, never what is true.

One SQLite file under the out folder; sqlite3 enters the mutation stage here.
"""

from __future__ import annotations

import fcntl
import hashlib
import math
import os
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from gate.model import MutantResult, Status

NAME = "history.sqlite"
REMEMBERED: frozenset[Status] = frozenset({"Killed", "Timeout", "RuntimeError", "Survived"})
KEPT_SECONDS = 90 * 24 * 3600.0
BATCH_SECONDS = 1.0
BATCH_ROWS = 200
# The judge waits meanwhile, and a transaction lasts milliseconds.
BUSY_SECONDS = 2.0

_VERSION = 1
# Texts are kept as bytes: a test's name may hold lone surrogates, which SQLite's text cannot.
_SCHEMA = (
    "CREATE TABLE hints (mutant BLOB PRIMARY KEY, killer BLOB NOT NULL, key BLOB NOT NULL, "
    "status TEXT NOT NULL, seconds REAL NOT NULL, seen REAL NOT NULL) WITHOUT ROWID"
)
_REMEMBER = "INSERT OR REPLACE INTO hints VALUES (?, ?, ?, ?, ?, ?)"
_LOAD = "SELECT mutant, killer, key, status, seconds FROM hints WHERE mutant IN (%s)"
# Older versions of SQLite take 999 parameters.
_AT_ONCE = 900
_DAMAGE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_ERROR, sqlite3.SQLITE_NOTADB}

Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Hint:
    """What became of a mutant in an earlier run; `killer` is empty for a survivor.

    `key` is the `survivor_key` of that run.
    """

    status: Status
    killer: str
    seconds: float
    key: str


class _DamagedError(Exception):
    """The file is no history of ours."""


class History:
    """Hints by mutant id, and a buffer of new ones on their way to the file.

    For one thread. Nothing here raises for a bad file or disk: `note` says what was lost, in whole
    sentences, beginning with what `open_history` returned.
    """

    def __init__(self, connection: sqlite3.Connection | None, clock: Clock, note: str = "") -> None:
        self.note = note
        self._connection = connection
        self._clock = clock
        self._committed = clock()
        self._hints: dict[str, Hint | None] = {}
        self._buffer: dict[str, tuple[object, ...]] = {}

    def __enter__(self) -> History:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.close()

    def load(self, mutant_ids: Iterable[str]) -> None:
        """Read what is remembered of many mutants at once, which spares `hint` a look at the file each."""
        unknown = [each for each in dict.fromkeys(mutant_ids) if each not in self._hints]
        self._hints |= dict.fromkeys(unknown)
        if self._connection is None:
            return
        try:
            self._hints.update(_hints(_rows(self._connection, unknown)))
        except sqlite3.Error as error:
            self._give_up(f"{NAME} could not be read ({error}): this run has fewer hints.")

    def hint(self, mutant_id: str) -> Hint | None:
        """Tell what is remembered of a mutant."""
        if mutant_id not in self._hints:
            self.load([mutant_id])
        return self._hints[mutant_id]

    def survivor(self, mutant_id: str, key: str) -> bool:
        """Say whether the mutant is remembered as Survived under exactly this key."""
        hint = self.hint(mutant_id)
        return hint is not None and hint.status == "Survived" and bool(key) and hint.key == key

    def remember(self, result: MutantResult, key: str) -> None:
        """Keep a result if it is one of REMEMBERED; it is on disk about a second later.

        A survivor with a reason is not kept: tests that took no part are to be found and named again.
        To be called for a reused survivor too: a mutant not seen for KEPT_SECONDS is forgotten.
        """
        if result.status not in REMEMBERED or (result.status == "Survived" and result.reason):
            return
        mutant, now = result.mutant.id, self._clock()
        hint = Hint(result.status, result.killed_by or "", float(result.seconds), key)
        self._hints[mutant] = hint
        if self._connection is None:
            return
        texts = (_encoded(text) for text in (mutant, hint.killer, key))
        self._buffer[mutant] = (*texts, hint.status, hint.seconds, now)
        # A clock set back must not hold results up.
        if len(self._buffer) >= BATCH_ROWS or not 0 <= now - self._committed < BATCH_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Write what is buffered: for a pause in which nothing is remembered."""
        if self._connection is None or not self._buffer:
            return
        try:
            with self._connection:
                self._connection.executemany(_REMEMBER, self._buffer.values())
        except sqlite3.Error as error:
            self._give_up(f"{NAME} could not be written on ({error}): results since are not in it.")
        self._buffer.clear()
        self._committed = self._clock()

    def close(self) -> None:
        """Write the rest; hints that were loaded stay."""
        self.flush()
        self._disconnect()

    def _give_up(self, reason: str) -> None:
        self.note = f"{self.note} {reason}".strip()
        self._disconnect()

    def _disconnect(self) -> None:
        if self._connection is not None:
            _close(self._connection)
            self._connection = None


def open_history(folder: Path, clock: Clock = time.time) -> tuple[History, str]:
    """Open or make the history in a folder, and say what is wrong with it; "" when nothing is.

    A damaged file is set aside beside it, under the ending `.damaged`; where none can be written, the
    history is kept in memory. `clock` gives seconds since the epoch.
    """
    path = folder / NAME
    note = ""
    connection: sqlite3.Connection | None = None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _alone(folder):
            try:
                connection = _connect(path, clock())
            except _DamagedError as error:
                note = _set_aside(path, error)
                connection = _connect(path, clock())
    except (sqlite3.Error, OSError, _DamagedError) as error:
        note += f"{path} cannot be used ({error}): what this run learns is not kept. "
    return History(connection, clock, note.strip()), note.strip()


def survivor_key(parts: Iterable[str]) -> str:
    """Hash what a survivor depends on (source, tests, environment, …), part by part: SHA-256, hex."""
    digest = hashlib.sha256()
    for part in parts:
        data = _encoded(part)
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep other gates from opening a history here.

    SQLite finds a journal by its name alone: a gate that opened the old file while another begins the
    new one would take the new one's journal for its own. Some network folders have no such lock.
    """
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        _lock(descriptor)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> None:
    """Raises TimeoutError when another process holds the lock for BUSY_SECONDS."""
    until = time.monotonic() + BUSY_SECONDS
    while time.monotonic() < until:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.01)
        except OSError:
            return
        else:
            return
    raise TimeoutError("another process holds its folder's lock")


def _connect(path: Path, now: float) -> sqlite3.Connection:
    """Open the file, make it if need be, and write once; raises _DamagedError and sqlite3.Error."""
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS)
    try:
        # A power cut may damage the file; then it is set aside. Waiting for the disk is not worth it.
        connection.execute("PRAGMA synchronous = OFF")
        (answer,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if answer != "ok":
            raise _DamagedError(" ".join(answer.split()))
        with connection:
            connection.execute("BEGIN IMMEDIATE")
            _prepare(connection, now)
    except BaseException as error:
        _close(connection)
        if isinstance(error, sqlite3.Error) and _code(error) in _DAMAGE:
            raise _DamagedError(str(error)) from error
        raise
    return connection


def _prepare(connection: sqlite3.Connection, now: float) -> None:
    """Make the table or check that it is ours, and forget old rows; in a write transaction."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    schema = connection.execute("SELECT sql FROM sqlite_master").fetchall()
    if version == 0 and not schema:
        connection.execute(_SCHEMA)
    # Triggers of another's making would run when we write.
    elif version != _VERSION or schema != [(_SCHEMA,)]:
        raise _DamagedError(f"version {version} and its tables are not those of version {_VERSION}")
    connection.execute("DELETE FROM hints WHERE seen < ?", (now - KEPT_SECONDS,))
    # Written every time, so that a read-only file is noticed now.
    connection.execute(f"PRAGMA user_version = {_VERSION}")


def _code(error: sqlite3.Error) -> int:
    """The primary result code: the low byte of the extended one."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def _close(connection: sqlite3.Connection) -> None:
    with suppress(sqlite3.Error):
        connection.close()


def _set_aside(path: Path, error: _DamagedError) -> str:
    """Rename the file; its journal is dropped by SQLite, which finds it beside a new, empty file."""
    aside = path.replace(path.with_name(f"{NAME}.damaged"))
    return f"{path} was damaged ({error}) and is now {aside.name}: history begins anew. "


def _rows(connection: sqlite3.Connection, mutants: list[str]) -> Iterator[tuple[object, ...]]:
    for start in range(0, len(mutants), _AT_ONCE):
        part = [_encoded(mutant) for mutant in mutants[start : start + _AT_ONCE]]
        yield from connection.execute(_LOAD % ",".join("?" * len(part)), part)


def _hints(rows: Iterable[tuple[object, ...]]) -> Iterator[tuple[str, Hint]]:
    """Read rows; one that we cannot have written is passed over.

    Equal killers and keys become one string: there are few of them among many mutants.
    """
    shared: dict[str, str] = {}
    for mutant, killer, key, status, seconds in rows:
        with suppress(ValueError):
            texts = (_decoded(killer), _decoded(key))
            killer_, key_ = (shared.setdefault(text, text) for text in texts)
            yield _decoded(mutant), Hint(_status(status), killer_, _seconds(seconds), key_)


def _status(value: object) -> Status:
    for status in REMEMBERED:
        if value == status:
            return status
    raise ValueError(value)


def _seconds(value: object) -> float:
    if isinstance(value, float) and math.isfinite(value) and value >= 0:
        return value
    raise ValueError(value)


def _decoded(value: object) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "surrogatepass")
    raise ValueError(value)


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
