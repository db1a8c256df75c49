from __future__ import annotations

import _posixsubprocess
import importlib.util
import json
import os
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

import pytest

from gate.mutate.text import read_text
from gate.worker.children import STARTUP, VARIABLE, hand_down

# Ways to start a process; the environment is an argument, or None for that of this process.
PRINT = "import m; print(m.X)"
WAYS = {
    "subprocess": "print(subprocess.run([E, '-c', P], env=V, capture_output=True, text=True).stdout)",
    "posix_spawn": (
        "os.waitpid(os.posix_spawn(E, [E, '-c', P], os.environ if V is None else V), 0)"
    ),
    "execve": "os.execve(E, [E, '-c', P], os.environ if V is None else V)",
    "spawnve": "os.spawnve(os.P_WAIT, E, [E, '-c', P], os.environ if V is None else V)",
    "asyncio": (
        "import asyncio\nasync def f():\n    p = await asyncio.create_subprocess_exec(E, '-c', P, env=V)\n"
        "    await p.wait()\nasyncio.run(f())"
    ),
}
TAKEN_OVER = {
    "system": "os.system(f'{E} -c \"{P}\"')",
    "execv": "os.execv(E, [E, '-c', P])",
    "multiprocessing": (
        "import multiprocessing\nif __name__ == '__main__':\n    import m_prints\n"
        "    p = multiprocessing.get_context('spawn').Process(target=m_prints.show)\n"
        "    p.start(); p.join()"
    ),
}


def edit_of(path: Path) -> dict[str, Any]:
    """Describe the replacement of 111 by 777."""
    start = read_text("m.py", path.read_bytes()).data.index(b"111")
    return {
        "file": os.path.realpath(path),
        "start": start,
        "end": start + 3,
        "replacement": "777",
    }


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to start processes in; what is changed of this process is put back."""
    monkeypatch.setattr(_posixsubprocess, "fork_exec", _posixsubprocess.fork_exec)
    monkeypatch.setattr(subprocess, "_fork_exec", subprocess._fork_exec)  # type: ignore[attr-defined]
    for name in ("posix_spawn", "posix_spawnp", "execve", "putenv", "unsetenv"):
        monkeypatch.setattr(os, name, getattr(os, name))
    monkeypatch.setenv(VARIABLE, "")
    monkeypatch.setenv("PYTHONPATH", "")
    return tmp_path


def python(folder: Path, *arguments: str, **environment: str) -> str:
    """Run Python in a folder with this process's environment; give what it prints."""
    finished = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    assert finished.stderr == ""
    return finished.stdout.strip()


@pytest.mark.parametrize("arguments", [("-c", "import m; print(m.X)"), ("-m", "m")])
def test_a_python_process_that_is_started_sees_the_mutant(
    folder: Path, arguments: tuple[str, ...]
) -> None:
    (folder / "m.py").write_text("X = 111\nif __name__ == '__main__': print(X)\n")
    hand_down(edit_of(folder / "m.py"))
    assert python(folder, *arguments) == "777"


def test_so_does_a_process_that_it_starts(folder: Path) -> None:
    (folder / "m.py").write_text("X = 111\n")
    (folder / "starts.py").write_text(
        "import subprocess, sys\n"
        "subprocess.run([sys.executable, '-c', 'import m; print(m.X)'], check=True)\n"
    )
    hand_down(edit_of(folder / "m.py"))
    assert python(folder, "starts.py") == "777"


def test_without_a_mutant_handed_down_a_process_sees_the_file(folder: Path) -> None:
    (folder / "m.py").write_text("X = 111\n")
    assert python(folder, "-c", "import m; print(m.X)", PYTHONPATH=STARTUP) == "111"


def test_nothing_but_the_edit_is_handed_down(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "/one:/two")
    (folder / "m.py").write_text("X = 111\n")
    edit = edit_of(folder / "m.py")
    hand_down({**edit, "text": "def f(): ...", "flags": 3, "moment": "call"})
    assert json.loads(os.environ[VARIABLE]) == edit
    assert os.environ["PYTHONPATH"] == f"{STARTUP}:/one:/two"


def test_no_bytecode_of_the_mutant_is_left_by_a_process_either(folder: Path) -> None:
    (folder / "m.py").write_text("X = 111\n")
    hand_down(edit_of(folder / "m.py"))
    assert python(folder, "-c", "import m; print(m.X)", PYTHONDONTWRITEBYTECODE="") == "777"
    assert not Path(importlib.util.cache_from_source(folder / "m.py")).exists()


def environment_with(folder: Path, text: str) -> str:
    own = folder / "environment"
    own.mkdir()
    (own / "sitecustomize.py").write_text(text)
    return os.pathsep.join([os.environ["PYTHONPATH"], str(own)])


def test_the_environments_own_start_up_file_has_its_turn_too(folder: Path) -> None:
    (folder / "m.py").write_text("X = 111\n")
    hand_down(edit_of(folder / "m.py"))
    path = environment_with(folder, "import builtins\nbuiltins.CUSTOMIZED = 'yes'\n")
    code = "import m; print(m.X, CUSTOMIZED)"
    assert python(folder, "-c", code, PYTHONPATH=path) == "777 yes"


def test_what_the_environments_own_file_imports_sees_the_mutant(folder: Path) -> None:
    (folder / "m.py").write_text("X = 111\n")
    hand_down(edit_of(folder / "m.py"))
    path = environment_with(folder, f"import sys\nsys.path.insert(0, {str(folder)!r})\nimport m\n")
    assert python(folder, "-c", "import sys; print(sys.modules['m'].X)", PYTHONPATH=path) == "777"


def test_an_own_file_that_fails_costs_no_process(folder: Path) -> None:
    (folder / "m.py").write_text("X = 111\n")
    hand_down(edit_of(folder / "m.py"))
    path = environment_with(folder, "raise ValueError('not today')\n")
    finished = subprocess.run(
        [sys.executable, "-c", "import m; print(m.X)"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    assert finished.stdout.strip() == "777"
    # As Python says it of every such file.
    assert "not today" in finished.stderr


def test_a_start_up_file_that_names_neighbours_finds_them(folder: Path) -> None:
    (folder / "m.py").write_text("X = 111\n")
    hand_down(edit_of(folder / "m.py"))
    path = environment_with(folder, "import neighbour\n")
    (folder / "environment/neighbour.py").write_text("import builtins\nbuiltins.FOUND = 1\n")
    assert python(folder, "-c", "import m; print(m.X, FOUND)", PYTHONPATH=path) == "777 1"


def started(folder: Path, way: str, environment: str, before: str = "") -> str:
    """What a child's child prints, which is started in some way with some environment."""
    (folder / "m.py").write_text("X = 111\n")
    (folder / "m_prints.py").write_text("def show():\n    import m\n    print(m.X)\n")
    (folder / "starts.py").write_text(
        f"import os, subprocess, sys\nE, P = sys.executable, {PRINT!r}\n{before}\n"
        f"V = {environment}\nsys.stdout.flush()\n{way}\n"
    )
    hand_down(edit_of(folder / "m.py"))
    return python(folder, "starts.py")


@pytest.mark.parametrize("way", WAYS)
def test_a_process_with_a_path_of_its_own_sees_the_mutant(folder: Path, way: str) -> None:
    environment = "{**os.environ, 'PYTHONPATH': '.', 'A': 'é'}"
    assert started(folder, WAYS[way], environment) == "777"


@pytest.mark.parametrize(
    "change", ["os.environ['PYTHONPATH'] = '.'", "del os.environ['PYTHONPATH']"]
)
@pytest.mark.parametrize("way", [*WAYS, *TAKEN_OVER])
def test_so_does_one_that_takes_over_a_path_that_was_changed(
    folder: Path, way: str, change: str
) -> None:
    assert started(folder, {**WAYS, **TAKEN_OVER}[way], "None", change) == "777"


@pytest.mark.parametrize("environment", ["{}", "{'PYTHONPATH': '.'}"])
def test_an_environment_without_our_variable_stays_as_it_is(folder: Path, environment: str) -> None:
    assert started(folder, WAYS["subprocess"], environment) == "111"


def test_this_process_finds_the_path_that_it_has_set(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "m.py").write_text("X = 111\n")
    hand_down(edit_of(folder / "m.py"))
    monkeypatch.setenv("PYTHONPATH", "src")
    assert os.environ["PYTHONPATH"] == "src"
    assert python(folder, "-c", PRINT) == "777"
    shown = "import os; print(os.environ['PYTHONPATH'])"
    assert python(folder, "-c", shown, PYTHONPATH=f"src{os.pathsep}{STARTUP}") == (
        f"{STARTUP}{os.pathsep}src"
    )


def test_a_start_up_file_of_the_projects_own_path_has_its_turn_after_ours(folder: Path) -> None:
    (folder / "m.py").write_text("X = 111\n")
    hand_down(edit_of(folder / "m.py"))
    environment_with(folder, "import builtins\nbuiltins.CUSTOMIZED = 'yes'\n")
    path = str(folder / "environment")
    assert python(folder, "-c", "import m; print(m.X, CUSTOMIZED)", PYTHONPATH=path) == "777 yes"


def test_a_python_of_another_environment_sees_the_mutant(folder: Path) -> None:
    (folder / "m.py").write_text("X = 111\n")
    venv.create(folder / "other", with_pip=False, symlinks=True)
    hand_down(edit_of(folder / "m.py"))
    finished = subprocess.run(
        [folder / "other/bin/python", "-c", PRINT],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": "."},
        capture_output=True,
        text=True,
        check=True,
    )
    assert finished.stdout.strip() == "777"
