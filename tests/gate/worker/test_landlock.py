from __future__ import annotations

import errno
import itertools
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from gate.worker.landlock import abi, forbid_writes, was_refused

ROOT = Path(__file__).resolve().parents[3]

pytestmark = pytest.mark.skipif(abi() == 0, reason="this kernel has no Landlock")

# Tries each action in a process that has closed folders to itself; says what each one raised.
CHILD = """
import json, os, subprocess, sys
closed, opened, actions, inside = json.loads(sys.argv[1])
from gate.worker.landlock import forbid_writes
forbidden = forbid_writes(closed, opened)
said = {"forbidden": forbidden}
for name, code in actions.items():
    try:
        if inside == "subprocess":
            command = [sys.executable, "-c", "import os\\n" + code]
            subprocess.run(command, check=True, capture_output=True)
        else:
            exec(code)
    except OSError as error:
        said[name] = type(error).__name__
    except subprocess.CalledProcessError as error:
        said[name] = error.stderr.decode().strip().splitlines()[-1].partition(":")[0]
    else:
        said[name] = "done"
print(json.dumps(said))
"""


def attempt(
    closed: list[Path], opened: list[Path], actions: Mapping[str, str], inside: str = "itself"
) -> dict[str, object]:
    told = json.dumps([list(map(str, closed)), list(map(str, opened)), dict(actions), inside])
    finished = subprocess.run(
        [sys.executable, "-c", CHILD, told], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert finished.returncode == 0, finished.stderr
    said: dict[str, object] = json.loads(finished.stdout)
    return said


def snapshot(folder: Path) -> dict[str, bytes | None]:
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A closed folder with an open one inside, and others beside it."""
    for folder in ("closed/sub", "closed/open", "closed/empty", "beside/deep"):
        (tmp_path / folder).mkdir(parents=True)
    for file in ("closed/a.txt", "closed/sub/b.txt", "closed/open/c.txt", "beside/d.txt", "f.txt"):
        (tmp_path / file).write_text("text")
    return tmp_path


def changes(folder: Path) -> dict[str, str]:
    """Every way to change a folder with a.txt, sub/b.txt and empty/ in it."""
    at = f"{folder}/"
    return {
        "write": f"open({at + 'a.txt'!r}, 'w')",
        "append": f"open({at + 'a.txt'!r}, 'a')",
        "write below": f"open({at + 'sub/b.txt'!r}, 'r+')",
        "create": f"open({at + 'new.txt'!r}, 'x')",
        "create below": f"open({at + 'sub/new.txt'!r}, 'x')",
        "truncate": f"os.truncate({at + 'a.txt'!r}, 0)",
        "make a folder": f"os.mkdir({at + 'new'!r})",
        "remove": f"os.remove({at + 'a.txt'!r})",
        "remove a folder": f"os.rmdir({at + 'empty'!r})",
        "rename": f"os.rename({at + 'a.txt'!r}, {at + 'z.txt'!r})",
        "rename a folder": f"os.rename({at + 'sub'!r}, {at + 'z'!r})",
        "replace": f"os.replace({at + 'sub/b.txt'!r}, {at + 'sub/a.txt'!r})",
        "link": f"os.symlink('a.txt', {at + 'link'!r})",
        "make a pipe": f"os.mkfifo({at + 'pipe'!r})",
    }


def moves(folder: Path, beside: Path) -> dict[str, str]:
    """Every way to move things in or out, which the kernel may also refuse as if to another disk."""
    at, other = f"{folder}/", f"{beside}/"
    return {
        "move out": f"os.rename({at + 'a.txt'!r}, {other + 'a.txt'!r})",
        "move in": f"os.rename({other + 'd.txt'!r}, {at + 'd.txt'!r})",
        "link in": f"os.link({other + 'd.txt'!r}, {at + 'd.txt'!r})",
        "link out": f"os.link({at + 'a.txt'!r}, {other + 'a.txt'!r})",
    }


@pytest.mark.parametrize("inside", ["itself", "subprocess"])
def test_nothing_in_a_closed_folder_can_be_changed(tree: Path, inside: str) -> None:
    before = snapshot(tree)
    actions = changes(tree / "closed")
    said = attempt([tree / "closed"], [], actions, inside)
    assert said.pop("forbidden") is True
    assert said == dict.fromkeys(actions, "PermissionError")
    assert snapshot(tree) == before


def test_nothing_can_be_moved_into_a_closed_folder_or_out_of_it(tree: Path) -> None:
    before = snapshot(tree)
    said = attempt([tree / "closed"], [], moves(tree / "closed", tree / "beside"))
    assert said.pop("forbidden") is True
    assert set(said.values()) <= {"PermissionError", "OSError"}
    assert snapshot(tree) == before


def test_elsewhere_everything_can_be_changed(tree: Path) -> None:
    for file in ("a.txt", "sub/b.txt"):
        (tree / "beside" / file).parent.mkdir(exist_ok=True)
        (tree / "beside" / file).write_text("text")
    (tree / "beside/empty").mkdir()
    beside = f"{tree / 'beside'}/"
    actions = {
        "write": f"open({beside + 'a.txt'!r}, 'w')",
        "create below": f"open({beside + 'deep/new.txt'!r}, 'x')",
        "truncate": f"os.truncate({beside + 'a.txt'!r}, 0)",
        "make a folder": f"os.mkdir({beside + 'new'!r})",
        "remove": f"os.remove({beside + 'sub/b.txt'!r})",
        "remove a folder": f"os.rmdir({beside + 'empty'!r})",
        "rename": f"os.rename({beside + 'a.txt'!r}, {beside + 'z.txt'!r})",
        "move": f"os.rename({beside + 'z.txt'!r}, {beside + 'deep/z.txt'!r})",
        "a file on the way": f"open({str(tree / 'f.txt')!r}, 'w')",
        "a device": "open('/dev/null', 'w').write('x')",
    }
    said = attempt([tree / "closed"], [], actions)
    assert said.pop("forbidden") is True
    assert said == dict.fromkeys(actions, "done")


def test_reading_and_starting_programs_is_not_forbidden(tree: Path) -> None:
    actions = {
        "read": f"assert open({str(tree / 'closed/sub/b.txt')!r}).read() == 'text'",
        "list": f"assert len(os.listdir({str(tree / 'closed')!r})) == 4",
        "start": "subprocess.run([sys.executable, '-c', ''], check=True)",
    }
    said = attempt([tree / "closed"], [], actions)
    assert said.pop("forbidden") is True
    assert said == dict.fromkeys(actions, "done")


def test_an_open_folder_within_a_closed_one_can_be_changed(tree: Path) -> None:
    closed = tree / "closed"
    actions = {
        "create": f"open({str(closed / 'open/new.txt')!r}, 'x')",
        "remove": f"os.remove({str(closed / 'open/c.txt')!r})",
        "make a folder": f"os.mkdir({str(closed / 'open/new')!r})",
    }
    said = attempt([closed], [closed / "open"], actions)
    assert said.pop("forbidden") is True
    assert said == dict.fromkeys(actions, "done")
    outside = {"create": f"open({str(closed / 'new.txt')!r}, 'x')"}
    assert attempt([closed], [closed / "open"], outside)["create"] == "PermissionError"


def test_several_folders_are_closed_one_in_another_or_not(tree: Path) -> None:
    folders = [tree / "closed", tree / "closed/sub", tree / "beside/deep"]
    actions = {
        "closed": f"open({str(tree / 'closed/a.txt')!r}, 'w')",
        "below": f"open({str(tree / 'closed/sub/b.txt')!r}, 'w')",
        "between": f"open({str(tree / 'closed/open/c.txt')!r}, 'w')",
        "deep": f"open({str(tree / 'beside/deep/new.txt')!r}, 'x')",
        "beside": f"open({str(tree / 'beside/d.txt')!r}, 'w')",
    }
    for chosen in (folders, list(reversed(folders))):
        said = attempt(chosen, [], actions)
        assert {name for name in actions if said[name] == "done"} == {"beside"}


@pytest.mark.parametrize("target", ["closed", "closed/sub", ".", "closed/a.txt"])
def test_a_link_beside_a_closed_folder_does_not_open_it(tree: Path, target: str) -> None:
    (tree / "link").symlink_to(tree / target)
    before = snapshot(tree)
    actions = {
        **changes(tree / "closed"),
        "by the link": f"open({str(tree / 'link')!r} + '/a.txt', 'w')",
    }
    said = attempt([tree / "closed"], [], actions)
    assert "done" not in said.values()
    assert snapshot(tree) == before


def test_a_closed_folder_may_be_named_by_a_link(tree: Path) -> None:
    (tree / "link").symlink_to(tree / "closed")
    action = {"write": f"open({str(tree / 'closed/a.txt')!r}, 'w')"}
    assert attempt([tree / "link"], [], action)["write"] == "PermissionError"


def test_what_is_not_there_closes_and_opens_nothing(tree: Path) -> None:
    actions = {
        "closed": f"open({str(tree / 'closed/a.txt')!r}, 'w')",
        "beside": f"open({str(tree / 'beside/d.txt')!r}, 'w')",
    }
    said = attempt([tree / "closed", tree / "gone"], [tree / "gone too"], actions)
    assert (said["closed"], said["beside"]) == ("PermissionError", "done")


def test_without_a_folder_nothing_is_forbidden(tree: Path) -> None:
    assert forbid_writes([]) is False
    (tree / "closed/a.txt").write_text("still free")
    assert os.access(tree / "closed", os.W_OK)


def raised(*errors: BaseException) -> BaseException:
    """The last of the errors, each raised while the one before it was handled."""
    for earlier, later in itertools.pairwise(errors):
        later.__context__ = earlier
    return errors[-1]


@pytest.mark.parametrize(
    ("error", "path"),
    [
        (PermissionError(errno.EACCES, "no", "/r/x.txt"), "/r/x.txt"),
        (PermissionError(errno.EPERM, "no", b"/r/x.txt"), "/r/x.txt"),
        (OSError(errno.EXDEV, "no", "/r/x.txt"), "/r/x.txt"),
        (PermissionError(errno.EACCES, "no", 7), ""),
        (raised(PermissionError(errno.EACCES, "no", "/r/x"), ValueError("not saved")), "/r/x"),
        (PermissionError("the project's own"), None),
        (FileNotFoundError(errno.ENOENT, "no", "/r/x.txt"), None),
        (ValueError(), None),
        (None, None),
    ],
)
def test_a_refused_write_is_known_with_its_path(
    error: BaseException | None, path: str | None
) -> None:
    assert was_refused(error) == path


def test_a_refused_path_is_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert was_refused(PermissionError(errno.EACCES, "no", "x")) == str(tmp_path / "x")


def test_exceptions_that_lead_in_a_circle_are_no_trouble() -> None:
    first, second = ValueError(), KeyError()
    first.__context__, second.__context__ = second, first
    assert was_refused(first) is None
