from __future__ import annotations

import os
from pathlib import Path

import pytest

from gate.measure.leftovers import Leftovers


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for path in ("tests/data/known.txt", ".git/config", "pkg/a.py", ".gate/results.json"):
        write(tmp_path, path)
    return tmp_path


def write(root: Path, *paths: str) -> None:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(path)


def here(root: Path) -> set[str]:
    return {str(file.relative_to(root)) for file in root.rglob("*") if not file.is_dir()}


def test_what_the_suite_leaves_is_away_for_a_while(root: Path) -> None:
    before = here(root)
    left = Leftovers(root, root / ".gate")
    left.begin()
    write(root, "new.txt", "tests/data/new.pt", "tests/golden/a/b.pt", "tests/golden/c.pt")
    os.symlink("new.txt", root / "tests/link")
    after = here(root)
    with left.away():
        assert {path for path in here(root) if not path.startswith(".gate")} < before
        assert not (root / "tests/golden").exists()
        assert set(left.moved) == {"new.txt", "tests/data/new.pt", "tests/golden", "tests/link"}
    assert here(root) == after
    assert (root / "tests/golden/a/b.pt").read_text() == "tests/golden/a/b.pt"
    assert os.readlink(root / "tests/link") == "new.txt"


def test_caches_environments_git_and_the_results_stay(root: Path) -> None:
    left = Leftovers(root, root / ".gate")
    left.begin()
    stays = ["pkg/__pycache__/a.pyc", ".git/index", ".gate/history.sqlite", "env/pyvenv.cfg"]
    write(root, *stays, ".hypothesis/x", "env/lib/x.py", "web/node_modules/x.js")
    with left.away():
        assert {*stays, ".hypothesis/x", "env/lib/x.py"} < here(root)
        assert left.moved == ("web",)


def test_results_in_the_root_itself_do_not_carry_it_away(root: Path) -> None:
    left = Leftovers(root, root)
    left.begin()
    write(root, "new.txt")
    with left.away():
        assert not (root / "new.txt").exists()
    assert (root / "new.txt").exists()
    assert not (root / "leftovers").exists()


def test_what_stands_there_by_then_is_not_overwritten(root: Path) -> None:
    left = Leftovers(root, root / ".gate")
    left.begin()
    write(root, "one.txt", "two.txt")
    with left.away():
        (root / "one.txt").write_text("newer")
    assert ((root / "one.txt").read_text(), (root / "two.txt").read_text()) == ("newer", "two.txt")


def test_nothing_is_lost_by_an_error_nor_by_a_run_that_was_killed(root: Path) -> None:
    left = Leftovers(root, root / ".gate")
    left.begin()
    write(root, "tests/golden/c.pt")
    with pytest.raises(KeyError), left.away():
        raise KeyError
    assert (root / "tests/golden/c.pt").exists()
    killed = left.away()
    killed.__enter__()
    assert not (root / "tests/golden").exists()
    another = Leftovers(root, root / ".gate")
    another.begin()
    assert (root / "tests/golden/c.pt").exists()
    with another.away():
        # For that run it was there before.
        assert another.moved == ()


def test_what_cannot_be_moved_stays(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    left = Leftovers(root, root / ".gate")
    left.begin()
    write(root, "new.txt")
    (root / ".gate/leftovers").write_text("no folder")
    with left.away():
        assert left.moved == ()
        assert (root / "new.txt").exists()
