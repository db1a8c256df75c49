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
    os.symlink("data", root / "tests/folder")
    after = here(root)
    with left.away():
        assert {path for path in here(root) if not path.startswith(".gate")} < before
        assert not (root / "tests/golden").exists()
        new = ("new.txt", "tests/data/new.pt", "tests/folder", "tests/golden", "tests/link")
        assert left.moved == new
    assert here(root) == after
    assert (root / "tests/golden/a/b.pt").read_text() == "tests/golden/a/b.pt"
    assert os.readlink(root / "tests/link") == "new.txt"
    assert os.readlink(root / "tests/folder") == "data"


def test_a_link_to_a_folder_is_not_gone_into(root: Path) -> None:
    os.symlink("../tests", root / "pkg/tests")
    left = Leftovers(root, root / ".gate")
    left.begin()
    write(root, "tests/new.txt")
    with left.away():
        assert left.moved == ("tests/new.txt",)


def test_the_folder_of_the_run_stays_where_it_is(root: Path) -> None:
    left = Leftovers(root, root / ".gate", root / "tmp/gate-1")
    write(root, "tmp/gate-1/started")
    left.begin()
    write(root, "tmp/gate-1/combined", "tmp/gate-2/combined")
    with left.away():
        assert here(root) >= {"tmp/gate-1/combined"}


def test_caches_environments_git_and_the_results_stay(root: Path) -> None:
    write(root, "web/index.html")
    left = Leftovers(root, root / ".gate")
    left.begin()
    stays = ["pkg/__pycache__/a.pyc", ".git/index", ".gate/history.sqlite", "env/pyvenv.cfg"]
    stays += [".hypothesis/x", "env/lib/x.py", "web/node_modules/x.js"]
    write(root, *stays, "docs/__pycache__", "pyvenv.cfg")
    with left.away():
        assert set(stays) < here(root)
        # Only folders have these names.
        assert left.moved == ("docs", "pyvenv.cfg")


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


def test_what_a_killed_run_left_does_not_take_the_place_of_what_is_there_now(root: Path) -> None:
    left = Leftovers(root, root / ".gate")
    left.begin()
    write(root, "one.txt", "tests/golden/a.pt", "tests/golden/b.pt")
    killed = left.away()
    killed.__enter__()
    (root / "tests/golden").mkdir()
    (root / "tests/golden/a.pt").write_text("newer")
    (root / "one.txt").mkdir()
    Leftovers(root, root / ".gate").begin()
    assert (root / "tests/golden/a.pt").read_text() == "newer"
    assert (root / "tests/golden/b.pt").read_text() == "tests/golden/b.pt"
    assert (root / "one.txt").is_dir()
    assert not (root / ".gate/leftovers").exists()


def test_a_folder_that_cannot_be_read_is_passed_over(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scan = os.scandir

    def refuse(path: Path | str | int) -> object:
        if str(path).endswith("data"):
            raise PermissionError
        return scan(path)

    left = Leftovers(root, root / ".gate")
    left.begin()
    write(root, "tests/data/new.txt", "new.txt")
    monkeypatch.setattr(os, "scandir", refuse)
    with left.away():
        assert left.moved == ("new.txt",)


def test_what_cannot_be_moved_stays(root: Path) -> None:
    left = Leftovers(root, root / ".gate")
    left.begin()
    write(root, "new.txt")
    (root / ".gate/leftovers").write_text("no folder")
    with left.away():
        assert left.moved == ()
        assert (root / "new.txt").exists()


def test_the_results_may_lie_elsewhere(
    root: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    out = tmp_path_factory.mktemp("out")
    left = Leftovers(root, out)
    left.begin()
    write(root, "tests/golden/c.pt")
    with left.away():
        assert (out / "leftovers/tests/golden/c.pt").exists()
    assert (root / "tests/golden/c.pt").exists()
    assert list(out.iterdir()) == []
