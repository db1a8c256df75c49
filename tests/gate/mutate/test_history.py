from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from builders import make_mutant, make_result

from gate.model import Status
from gate.mutate import history as module
from gate.mutate.history import NAME, Hint, History, open_history, survivor_key

DAY = 24 * 3600.0
ROOT = Path(module.__file__).parents[2]
PATHS = [str(ROOT), str(ROOT / "tests" / "gate")]
PROLOGUE = """
import os, signal, sqlite3, sys
from pathlib import Path
from builders import make_result
from gate.mutate import history as module
from gate.mutate.history import NAME, open_history
folder = Path(sys.argv[1])
"""


def start(code: str, folder: Path, *arguments: str) -> subprocess.Popen[str]:
    """Run code in a process of its own; it finds the out folder in `folder`."""
    command = [sys.executable, "-c", PROLOGUE + code, str(folder), *arguments]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(PATHS)}
    pipe = subprocess.PIPE
    return subprocess.Popen(
        command, env=environment, stdin=pipe, stdout=pipe, stderr=pipe, text=True
    )


def said(process: subprocess.Popen[str], returncode: int = 0) -> str:
    out, errors = process.communicate(timeout=60)
    assert process.returncode == returncode, errors
    return out.strip()


def identity(number: int) -> str:
    return make_mutant(number).id


def remember(folder: Path, *numbers: int, status: Status = "Killed", key: str = "key") -> None:
    history, note = open_history(folder)
    assert note == ""
    with history:
        for number in numbers:
            history.remember(make_result(number, status), key)
    assert history.note == ""


def known(folder: Path, count: int = 20) -> list[int]:
    """Which of the first `count` mutants a new run finds hints of, in a file without damage."""
    history, note = open_history(folder)
    assert note == ""
    with history:
        return [number for number in range(1, count + 1) if history.hint(identity(number))]


@pytest.fixture
def opened(tmp_path: Path, request: pytest.FixtureRequest) -> Callable[..., tuple[History, str]]:
    def make(folder: Path = tmp_path, **fields: Any) -> tuple[History, str]:
        history, note = open_history(folder, **fields)
        request.addfinalizer(history.close)
        return history, note

    return make


def test_a_result_comes_back_as_a_hint_in_the_next_run(tmp_path: Path) -> None:
    folder = tmp_path / "not" / "yet there"
    results = [
        make_result(1, "Killed", killed_by="tests/tést.py::t[\udcff-\ud800-\x00]", seconds=0.5),
        make_result(2, "Survived", seconds=1),
        make_result(3, "Timeout"),
        make_result(4, "RuntimeError"),
    ]
    history, note = open_history(folder)
    assert note == ""
    with history:
        for result in results:
            history.remember(result, f"key {result.status}")
    again, note = open_history(folder)
    with again:
        assert note == ""
        hints = [again.hint(identity(number)) for number in range(1, 6)]
    test = "tests/test_a.py::test_one"
    assert hints == [
        Hint("Killed", "tests/tést.py::t[\udcff-\ud800-\x00]", 0.5, "key Killed"),
        Hint("Survived", "", 1.0, "key Survived"),
        Hint("Timeout", test, 0.25, "key Timeout"),
        Hint("RuntimeError", test, 0.25, "key RuntimeError"),
        None,
    ]


@pytest.mark.parametrize("status", ["Pending", "Ignored", "NoCoverage", "CompileError"])
def test_what_was_not_tried_is_not_remembered(
    tmp_path: Path, opened: Callable[..., tuple[History, str]], status: Status
) -> None:
    history, _ = opened()
    history.remember(make_result(1, status), "key")
    assert history.hint(identity(1)) is None
    history.close()
    assert known(tmp_path) == []


def test_a_survivor_counts_under_exactly_its_key(tmp_path: Path) -> None:
    remember(tmp_path, 1, status="Survived", key="sources and tests")
    remember(tmp_path, 2, status="Killed", key="sources and tests")
    remember(tmp_path, 3, status="Survived", key="")
    with open_history(tmp_path)[0] as history:
        assert history.survivor(identity(1), "sources and tests") is True
        assert history.survivor(identity(1), "sources and test") is False
        assert history.survivor(identity(2), "sources and tests") is False
        assert history.survivor(identity(3), "") is False
        assert history.survivor(identity(4), "sources and tests") is False


def test_the_latest_result_of_a_mutant_is_the_one_remembered(tmp_path: Path) -> None:
    remember(tmp_path, 1, status="Survived", key="old")
    with open_history(tmp_path)[0] as history:
        assert history.survivor(identity(1), "old")
        history.remember(make_result(1, "Killed"), "new")
        assert not history.survivor(identity(1), "old")
        assert not history.survivor(identity(1), "new")
    with open_history(tmp_path)[0] as history:
        assert history.hint(identity(1)) == Hint("Killed", "tests/test_a.py::test_one", 0.25, "new")


def test_thousands_are_loaded_at_once_with_and_without_a_hint(tmp_path: Path) -> None:
    remember(tmp_path, *range(1, 2001))
    with open_history(tmp_path)[0] as history:
        history.remember(make_result(7, "Survived"), "new")
        history.load(identity(number) for number in range(1, 4001))
        (tmp_path / NAME).unlink()
        hints = [history.hint(identity(number)) for number in range(1, 4001)]
    assert [hint is not None for hint in hints] == [True] * 2000 + [False] * 2000
    assert hints[6] is not None
    assert hints[6].status == "Survived"


def test_a_mutant_not_seen_for_long_is_forgotten(tmp_path: Path) -> None:
    for day, numbers in {0: (1, 2), 60: (2, 3), 89: (), 91: ()}.items():
        history, note = open_history(tmp_path, clock=lambda day=day: day * DAY)
        assert note == ""
        with history:
            for number in numbers:
                history.remember(make_result(number), "key")
            assert (history.hint(identity(1)) is not None) == (day < 90)
            assert history.hint(identity(2)) is not None
    assert known(tmp_path) == []


def test_results_are_on_disk_after_a_second_or_a_batch(
    tmp_path: Path, opened: Callable[..., tuple[History, str]]
) -> None:
    now = [3e9]
    history, _ = opened(clock=lambda: now[0])
    history.remember(make_result(1), "key")
    now[0] += 0.9
    history.remember(make_result(2), "key")
    assert known(tmp_path) == []
    now[0] += 0.1
    history.remember(make_result(3), "key")
    assert known(tmp_path) == [1, 2, 3]
    history.remember(make_result(4), "key")
    now[0] -= 3600
    history.remember(make_result(5), "key")
    assert known(tmp_path) == [1, 2, 3, 4, 5]
    for number in range(6, 205):
        history.remember(make_result(number), "key")
    assert len(known(tmp_path, 300)) == 5
    history.remember(make_result(205), "key")
    assert len(known(tmp_path, 300)) == 205
    history.remember(make_result(206), "key")
    history.flush()
    assert len(known(tmp_path, 300)) == 206


def test_a_killed_gate_loses_only_the_last_second(tmp_path: Path) -> None:
    code = """
now = [3e9]
history, _ = open_history(folder, clock=lambda: now[0])
for number, seconds in enumerate((0.1, 1, 0.1, 1, 0.1), start=1):
    now[0] += seconds
    history.remember(make_result(number), "key")
os.kill(os.getpid(), signal.SIGKILL)
"""
    said(start(code, tmp_path), returncode=-signal.SIGKILL)
    assert known(tmp_path) == [1, 2, 3, 4]


def test_a_gate_killed_within_a_transaction_leaves_what_was_there(tmp_path: Path) -> None:
    remember(tmp_path, 1, 2)
    code = """
connection = sqlite3.connect(folder / NAME)
connection.execute("PRAGMA cache_size = 1")
connection.execute("PRAGMA cache_spill = 1")
connection.execute("UPDATE hints SET key = 'other'")
for number in range(3000):
    row = (b"%d" % number, b"x" * 300)
    connection.execute("INSERT INTO hints VALUES (?, ?, '', 'Killed', 1.0, 9e9)", row)
os.kill(os.getpid(), signal.SIGKILL)
"""
    said(start(code, tmp_path), returncode=-signal.SIGKILL)
    assert (tmp_path / f"{NAME}-journal").stat().st_size > 4096
    assert known(tmp_path) == [1, 2]
    with open_history(tmp_path)[0] as history:
        assert history.hint(identity(1)).key == "key"


def test_after_the_end_nothing_is_written_and_hints_stay(tmp_path: Path) -> None:
    with open_history(tmp_path)[0] as history:
        history.remember(make_result(1), "key")
    history.remember(make_result(2), "key")
    history.flush()
    history.close()
    assert history.hint(identity(1)) is not None
    assert history.hint(identity(3)) is None
    assert known(tmp_path) == [1]


def test_an_interrupt_keeps_what_is_known(tmp_path: Path) -> None:
    def interrupted() -> None:
        with open_history(tmp_path, clock=lambda: 1e10)[0] as history:
            history.remember(make_result(1), "key")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert known(tmp_path) == [1]


def test_two_gates_writing_at_once_lose_nothing(tmp_path: Path) -> None:
    code = """
history, note = open_history(folder)
print(note, flush=True)
sys.stdin.read(1)
with history:
    for number in range(int(sys.argv[2]), 600, 2):
        history.remember(make_result(number), "key")
        history.remember(make_result(1000), f"key {number}")
        history.flush()
print(history.note, flush=True)
"""
    gates = [start(code, tmp_path, first) for first in ("1", "2")]
    assert [gate.stdout.readline() for gate in gates] == ["\n", "\n"]
    assert [said(gate) for gate in gates] == ["", ""]
    assert known(tmp_path, 1000) == [*range(1, 600), 1000]


def spoil(file: Path, start: int, data: bytes) -> None:
    with file.open("r+b") as opened:
        opened.seek(start)
        opened.write(data)


def execute(file: Path, *statements: str) -> None:
    connection = sqlite3.connect(file, isolation_level=None)
    for statement in statements:
        connection.execute(statement)
    connection.close()


def remade(file: Path, *statements: str) -> None:
    file.unlink()
    execute(file, *statements)


DAMAGES: dict[str, Callable[[Path], object]] = {
    "text": lambda file: file.write_text("no database, but longer than its head" * 20),
    "zeros": lambda file: file.write_bytes(bytes(8192)),
    "cut in the head": lambda file: os.truncate(file, 60),
    "cut in the schema": lambda file: os.truncate(file, 1000),
    "cut by a page": lambda file: os.truncate(file, file.stat().st_size - 4096),
    "cut within a page": lambda file: os.truncate(file, file.stat().st_size - 100),
    "a spoiled head": lambda file: spoil(file, 16, b"\xff" * 60),
    "a format of the future": lambda file: spoil(file, 44, b"\0\0\0\x63"),
    "a spoiled schema": lambda file: spoil(file, 3000, b"\xff" * 1096),
    "a spoiled page": lambda file: spoil(file, 4096, bytes(range(256)) * 16),
    "a later version": lambda file: execute(file, "PRAGMA user_version = 99"),
    "no table": lambda file: remade(file, "PRAGMA user_version = 1"),
    "another table": lambda file: remade(
        file, "CREATE TABLE hints (mutant)", "PRAGMA user_version = 1"
    ),
    "another's database": lambda file: remade(file, "CREATE TABLE other (x)"),
    "a trigger": lambda file: execute(
        file, "CREATE TRIGGER t AFTER DELETE ON hints BEGIN DELETE FROM hints; END"
    ),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_file_is_set_aside_with_a_note(
    tmp_path: Path, damage: Callable[[Path], object]
) -> None:
    remember(tmp_path, *range(1, 500))
    damage(tmp_path / NAME)
    spoiled = (tmp_path / NAME).read_bytes()
    history, note = open_history(tmp_path)
    with history:
        assert f"{tmp_path / NAME} was damaged (" in note
        assert f"is now {NAME}.damaged" in note
        assert len(note.splitlines()) == 1
        assert history.note == note
        assert history.hint(identity(1)) is None
        history.remember(make_result(2), "key")
    assert (tmp_path / f"{NAME}.damaged").read_bytes() == spoiled
    assert known(tmp_path) == [2]
    assert sorted(os.listdir(tmp_path)) == [NAME, f"{NAME}.damaged"]


def test_an_older_damaged_file_is_replaced(tmp_path: Path) -> None:
    for text in ("first", "second"):
        (tmp_path / NAME).write_text(text)
        history, note = open_history(tmp_path)
        history.close()
        assert note
    assert (tmp_path / f"{NAME}.damaged").read_text() == "second"


def test_the_journal_of_a_damaged_file_does_not_reach_the_new_one(tmp_path: Path) -> None:
    (tmp_path / NAME).write_text("damaged")
    for ending in ("-journal", "-wal", "-shm"):
        (tmp_path / (NAME + ending)).write_bytes(b"old" * 1000)
    with open_history(tmp_path)[0] as history:
        history.remember(make_result(1), "key")
    assert known(tmp_path) == [1]
    assert sorted(os.listdir(tmp_path)) == [NAME, f"{NAME}.damaged"]


def test_an_empty_file_is_a_new_history(tmp_path: Path) -> None:
    (tmp_path / NAME).touch()
    remember(tmp_path, 1)
    assert known(tmp_path) == [1]


@pytest.mark.parametrize(("text", "notes"), [("damaged", 1), ("", 0)])
def test_gates_that_begin_at_once_share_one_file(tmp_path: Path, text: str, notes: int) -> None:
    code = """
import multiprocessing
context = multiprocessing.get_context("fork")
def gate(number):
    barrier.wait()
    history, note = open_history(folder)
    with history:
        history.remember(make_result(number), "key")
    answers.put(history.note)
for turn in range(40):
    barrier, answers = context.Barrier(4), context.SimpleQueue()
    folder = Path(sys.argv[1], str(turn))
    folder.mkdir()
    (folder / NAME).write_text(sys.argv[2])
    gates = [context.Process(target=gate, args=(number,)) for number in range(1, 5)]
    for each in gates:
        each.start()
    print(*filter(None, [answers.get() for _ in gates]), sep="\\n")
    for each in gates:
        each.join()
"""
    lines = said(start(code, tmp_path, text)).split("\n")
    assert [line for line in lines if line and "was damaged" not in line] == []
    assert len([line for line in lines if line]) == 40 * notes
    for turn in range(40):
        assert known(tmp_path / str(turn)) == [1, 2, 3, 4]


def test_a_row_that_no_gate_wrote_is_passed_over(tmp_path: Path) -> None:
    remember(tmp_path, *range(1, 8))
    rows = [f"x'{identity(number).encode().hex()}'" for number in range(8)]
    execute(
        tmp_path / NAME,
        f"UPDATE hints SET status = 'Pending' WHERE mutant = {rows[1]}",
        f"UPDATE hints SET seconds = 9e999 WHERE mutant = {rows[2]}",
        f"UPDATE hints SET seconds = -1 WHERE mutant = {rows[3]}",
        f"UPDATE hints SET killer = x'ff' WHERE mutant = {rows[4]}",
        f"UPDATE hints SET key = 'text' WHERE mutant = {rows[5]}",
        f"UPDATE hints SET seconds = 'long' WHERE mutant = {rows[6]}",
    )
    assert known(tmp_path) == [7]


def assert_works_in_memory(history: History) -> None:
    with history:
        history.remember(make_result(1, "Survived"), "key")
        history.flush()
        assert history.survivor(identity(1), "key")
        assert history.hint(identity(2)) is None
        history.load([identity(3)])
        assert history.hint(identity(3)) is None


def test_below_a_file_history_is_kept_in_memory(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    history, note = open_history(tmp_path / "file" / "out")
    assert str(tmp_path / "file" / "out" / NAME) in note
    assert "not kept" in note
    assert_works_in_memory(history)
    assert history.note == note


def test_a_folder_in_its_place_leaves_history_in_memory(tmp_path: Path) -> None:
    (tmp_path / NAME).mkdir()
    history, note = open_history(tmp_path)
    assert "not kept" in note
    assert_works_in_memory(history)


def test_a_damaged_file_that_cannot_be_set_aside_leaves_history_in_memory(tmp_path: Path) -> None:
    (tmp_path / NAME).write_text("damaged")
    (tmp_path / f"{NAME}.damaged").mkdir()
    history, note = open_history(tmp_path)
    assert "not kept" in note
    assert_works_in_memory(history)
    assert (tmp_path / NAME).read_text() == "damaged"


@pytest.mark.parametrize("damaged", [False, True])
def test_a_full_disk_leaves_history_in_memory(tmp_path: Path, damaged: bool) -> None:
    if damaged:
        (tmp_path / NAME).write_text("damaged")
    code = """
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, (2048, 2048))
history, note = open_history(folder)
with history:
    history.remember(make_result(1), "key")
    assert history.hint(make_result(1).mutant.id).key == "key"
assert history.note == note
print(note)
"""
    note = said(start(code, tmp_path))
    assert "not kept" in note
    assert ("was damaged" in note) == damaged


def test_a_disk_that_fills_up_ends_the_writing_and_not_the_run(tmp_path: Path) -> None:
    code = """
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))
history, note = open_history(folder)
assert note == ""
with history:
    for number in range(1, 3001):
        history.remember(make_result(number), "key")
    assert history.hint(make_result(3000).mutant.id).key == "key"
print(history.note)
"""
    note = said(start(code, tmp_path))
    assert "could not be written" in note
    assert note.count(NAME) == 1
    kept = known(tmp_path, 3000)
    assert kept == list(range(1, len(kept) + 1))
    assert 200 <= len(kept) < 3000
    assert len(kept) % 200 == 0


def locked(folder: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(folder / NAME)
    connection.execute("BEGIN EXCLUSIVE")
    return connection


def test_a_lock_that_is_not_given_back_leaves_history_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BUSY_SECONDS", 0.1)
    remember(tmp_path, 1)
    other = locked(tmp_path)
    history, note = open_history(tmp_path)
    other.close()
    assert "locked" in note
    assert_works_in_memory(history)
    assert known(tmp_path) == [1]


@pytest.mark.parametrize("reading", [True, False])
def test_a_lock_during_the_run_ends_the_writing_and_not_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reading: bool
) -> None:
    monkeypatch.setattr(module, "BUSY_SECONDS", 0.1)
    remember(tmp_path, 1)
    history, note = open_history(tmp_path)
    assert note == ""
    with history:
        other = locked(tmp_path)
        if reading:
            assert history.hint(identity(1)) is None
        else:
            history.remember(make_result(2), "key")
            history.flush()
        assert "locked" in history.note
        other.close()
        history.remember(make_result(3), "key")
        assert history.hint(identity(3)) is not None
    assert known(tmp_path) == [1]


def test_a_wait_for_the_lock_of_the_folder_has_an_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BUSY_SECONDS", 0.1)
    (tmp_path / NAME).write_text("damaged")
    code = """
import fcntl
fcntl.flock(os.open(folder, os.O_RDONLY), fcntl.LOCK_EX)
print("locked", flush=True)
sys.stdin.read(1)
"""
    holder = start(code, tmp_path)
    assert holder.stdout.readline() == "locked\n"
    history, note = open_history(tmp_path)
    said(holder)
    assert "lock" in note
    assert "not kept" in note
    assert_works_in_memory(history)


def test_a_file_damaged_or_gone_during_the_run_does_not_end_it(tmp_path: Path) -> None:
    remember(tmp_path, *range(1, 500))
    history, _ = open_history(tmp_path)
    with history:
        (tmp_path / NAME).write_bytes(b"damaged" * 5000)
        assert history.hint(identity(1)) is None
        assert "could not be read" in history.note
    open_history(tmp_path)[0].close()
    history, _ = open_history(tmp_path)
    with history:
        (tmp_path / NAME).unlink()
        tmp_path.rename(tmp_path.with_name("elsewhere"))
        history.remember(make_result(1), "key")
    assert "could not be written" in history.note


def test_a_survivor_key_tells_parts_apart() -> None:
    keys = [
        survivor_key(parts)
        for parts in ((), ("",), ("", ""), ("ab",), ("a", "b"), ("b", "a"), ("a\ud800",), ("aé",))
    ]
    assert len(set(keys)) == len(keys)
    assert all(len(key) == 64 for key in keys)
    assert survivor_key(iter(["a", "b"])) == survivor_key(["a", "b"])
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert survivor_key(()) == empty
