from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from builders import make_policy
from repositories import git, make_repository

from gate.errors import UsageError
from gate.measure.choice import Choice, choose
from gate.measure.interpreters import Interpreter
from gate.model import INTERPRETER_OPTION

Answers = Mapping[str, Interpreter]
NAME_ANOTHER = "name the interpreter of the project's environment with --python"


@pytest.fixture(autouse=True)
def no_active_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "repository", {"a.py": "", ".gitignore": ".venv\n"})


def environment(folder: Path) -> str:
    """Lay out an environment whose interpreter never runs; give the path of that."""
    (folder / "bin").mkdir(parents=True)
    python = folder / "bin" / "python"
    python.write_text("#!/bin/sh\nexit 1\n")
    python.chmod(0o755)
    return str(python)


def fit(path: str, **packages: str) -> Interpreter:
    return Interpreter(path, version=(3, 12, 1), packages={"pytest": "8.0", **packages})


def answers(*found: Interpreter) -> Callable[[str, Path, Sequence[str]], Interpreter]:
    known = {each.path: each for each in found}
    return lambda path, root, modules: known.get(path, Interpreter(path, f"{path} is not there"))


def chosen(root: Path, *found: Interpreter, option: str | None = None, policy: str = "") -> Choice:
    return choose(root, make_policy(policy), option, ("a",), answers(*found))


def test_where_there_is_no_other_the_gates_own_runs_the_tests(root: Path) -> None:
    choice = chosen(root)
    assert choice.path == sys.executable
    assert choice.line(root).endswith(": the gate's own, as no other was found")


def test_the_environment_of_one_project_of_several_is_named_and_not_taken(root: Path) -> None:
    environment(root / "libs/shop/.venv")
    start = root / "libs/shop/src"
    start.mkdir()
    choice = choose(root, make_policy(""), None, ("a",), answers(), start)
    assert choice.path == sys.executable
    (passed_over,) = choice.passed_over
    assert passed_over == (
        "libs/shop/.venv/bin/python: it is not at the root of the repository: --python "
        f"{root.resolve()}/libs/shop/.venv/bin/python"
    )
    assert choose(root, make_policy(""), None, ("a",), answers(), root).passed_over == ()


PROJECT = (
    '[source]\ninclude = ["libs/shop/src"]\n[tests]\npaths = ["libs/shop/tests/test_a.py::test_b"]'
)


def test_the_environment_around_all_that_a_policy_names_comes_before_that_of_the_root(
    root: Path,
) -> None:
    near, at_the_root = environment(root / "libs/shop/.venv"), environment(root / ".venv")
    choice = chosen(root, fit(near), fit(at_the_root), policy=PROJECT)
    assert (choice.path, choice.reason) == (near, "the environment of libs/shop")
    between = environment(root / "libs/venv")
    choice = chosen(root, fit(between), fit(at_the_root), policy=PROJECT)
    assert (choice.path, choice.why) == (between, "the environment of libs")
    choice = chosen(root, fit(at_the_root), policy=PROJECT)
    assert choice.why == "the repository's own environment"


@pytest.mark.parametrize(
    "policy",
    [
        '[source]\ninclude = ["libs/shop"]',
        '[tests]\npaths = ["libs/shop"]',
        PROJECT.replace("libs/shop/tests", "tests"),
        PROJECT.replace('"libs/shop/src"', '"."'),
    ],
)
def test_a_policy_that_names_more_than_one_project_has_the_environment_of_the_root(
    root: Path, policy: str
) -> None:
    near, at_the_root = environment(root / "libs/shop/.venv"), environment(root / ".venv")
    assert chosen(root, fit(near), fit(at_the_root), policy=policy).path == at_the_root


@pytest.mark.parametrize("name", [".venv", "venv"])
def test_the_environment_at_the_root_is_taken(root: Path, name: str) -> None:
    choice = chosen(root, fit(environment(root / name)))
    assert choice.line(root) == (
        f"tests run with {name}/bin/python (Python 3.12.1): the repository's own environment"
    )
    assert choice.facts(root) == {
        "interpreter": f"{name}/bin/python",
        "interpreter chosen": "the repository's own environment",
    }


def test_the_active_environment_comes_before_the_one_at_the_root(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, active = environment(root / ".venv"), environment(tmp_path / "active")
    monkeypatch.setenv("VIRTUAL_ENV", str(tmp_path / "active"))
    choice = chosen(root, fit(here), fit(active))
    assert (choice.path, choice.reason) == (active, "VIRTUAL_ENV names it")


def test_the_policy_comes_before_the_active_environment(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named, active = environment(root / "env"), environment(tmp_path / "active")
    monkeypatch.setenv("VIRTUAL_ENV", str(tmp_path / "active"))
    choice = chosen(root, fit(named), fit(active), policy='[tests]\npython = "env/bin/python"')
    assert choice.reason == "[tests] python of policies/default.toml"
    assert (choice.path, choice.why) == (named, "[tests] python of policies/default.toml")


def test_the_option_comes_before_the_policy_and_is_told_for_the_next_command(
    root: Path, tmp_path: Path
) -> None:
    environment(root / "env")
    other = environment(tmp_path / "other")
    choice = chosen(root, fit(other), option=other, policy='[tests]\npython = "env/bin/python"')
    assert (choice.path, choice.reason) == (other, "--python names it")
    assert choice.facts(root)[INTERPRETER_OPTION] == other


def test_an_option_that_names_what_is_chosen_anyway_need_not_be_said_again(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = environment(root / ".venv")
    monkeypatch.chdir(root)
    probe = answers(fit(here), fit(".venv/bin/python"))
    choice = choose(root, make_policy(), ".venv/bin/python", (), probe)
    assert INTERPRETER_OPTION not in choice.facts(root)
    assert INTERPRETER_OPTION not in choose(root, make_policy(), here, (), probe).facts(root)
    own = choose(root, make_policy(), sys.executable, (), probe)
    assert own.facts(root)[INTERPRETER_OPTION] == sys.executable


@pytest.mark.parametrize(
    "unfit",
    [
        Interpreter("", "it gave no answer within 20 s"),
        Interpreter("", version=(3, 12, 0)),
        Interpreter("", version=(3, 9, 0)),
    ],
)
def test_an_environment_that_cannot_run_tests_is_passed_over_and_said_so(
    root: Path, unfit: Interpreter
) -> None:
    environment(root / ".venv")
    other = environment(root / "venv")
    choice = choose(
        root,
        make_policy(),
        None,
        (),
        lambda path, root, modules: fit(path) if path == other else unfit,
    )
    assert choice.path == other
    assert choice.line(root).count("; not .venv/bin/python: it ") == 1


def test_an_active_environment_that_is_not_there_is_passed_over_and_said_so(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIRTUAL_ENV", str(tmp_path / "gone"))
    choice = chosen(root, fit(environment(root / ".venv")))
    assert choice.path == str(root / ".venv/bin/python")
    assert f"not {tmp_path}/gone/bin/python" in choice.reason


def test_the_environment_of_the_gate_alone_comes_last(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An installer of tools, or a hook's runner, has made the gate's own environment the active one."""
    monkeypatch.setenv("VIRTUAL_ENV", sys.prefix)
    own, here = f"{sys.prefix}/bin/python", environment(root / ".venv")
    assert chosen(root, fit(own), fit(here)).path == here
    installed = Interpreter(
        own, version=(3, 12, 1), packages={"pytest": "8"}, modules=frozenset({"a"})
    )
    assert chosen(root, installed, fit(here)).path == own
    alone = chosen(root, fit(own))
    assert alone.path == own
    assert alone.reason == f"VIRTUAL_ENV names it; not .venv/bin/python: {here} is not there"


def test_coverage_that_the_gate_lends_is_told_on_the_screen_and_in_the_results(root: Path) -> None:
    choice = replace(chosen(root, fit(environment(root / ".venv"))), lent="/lent")
    assert choice.line(root).endswith("own environment; the gate lends it coverage.py")
    assert choice.facts(root) == {
        "interpreter": ".venv/bin/python",
        "interpreter chosen": "the repository's own environment",
        "coverage lent": "by the gate",
    }


def commit(root: Path) -> None:
    git(root, "add", "--all", "--force")
    git(root, "commit", "--quiet", "--message", "an environment of its own")


@pytest.mark.parametrize("part", ["bin/python", "lib/python3.12/site-packages/x.pth"])
def test_an_environment_of_which_git_tracks_a_part_is_never_used(root: Path, part: str) -> None:
    here = environment(root / ".venv")
    file = root / ".venv" / part
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch()
    git(root, "add", "--force", f".venv/{part}")
    choice = chosen(root, fit(here))
    assert choice.path == sys.executable
    assert "git tracks it" in choice.reason


def test_a_link_that_git_tracks_is_never_followed(root: Path, tmp_path: Path) -> None:
    environment(tmp_path / "theirs")
    (root / ".venv").symlink_to(tmp_path / "theirs")
    assert chosen(root, fit(str(root / ".venv/bin/python"))).path != sys.executable
    commit(root)
    assert chosen(root, fit(str(root / ".venv/bin/python"))).path == sys.executable


def test_an_environment_that_leads_to_what_git_tracks_is_never_used(root: Path) -> None:
    environment(root / "envs" / "theirs")
    commit(root)
    (root / ".venv").symlink_to(root / "envs" / "theirs")
    assert chosen(root, fit(str(root / ".venv/bin/python"))).path == sys.executable


def test_an_environment_behind_a_link_that_git_tracks_is_never_used(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment(tmp_path / "envs" / "theirs")
    (root / "envs").symlink_to(tmp_path / "envs")
    commit(root)
    monkeypatch.setenv("VIRTUAL_ENV", str(root / "envs/theirs"))
    assert chosen(root, fit(str(root / "envs/theirs/bin/python"))).path == sys.executable


def test_an_interpreter_that_is_a_link_to_what_git_tracks_is_never_used(root: Path) -> None:
    theirs = environment(root / "tools")
    commit(root)
    here = Path(environment(root / ".venv"))
    here.unlink()
    here.symlink_to(theirs)
    assert chosen(root, fit(str(here))).path == sys.executable


def test_an_environment_that_is_the_repository_itself_is_used_unless_git_tracks_it(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = environment(root)
    monkeypatch.setenv("VIRTUAL_ENV", str(root))
    assert chosen(root, fit(here)).path == here
    commit(root)
    assert chosen(root, fit(here)).path == sys.executable


def test_an_active_environment_that_git_tracks_is_never_used(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = environment(root / "env")
    commit(root)
    monkeypatch.setenv("VIRTUAL_ENV", str(root / "env"))
    assert chosen(root, fit(theirs)).path == sys.executable


def test_what_the_policy_names_must_run_tests_and_be_no_part_of_a_change(root: Path) -> None:
    policy = '[tests]\npython = "env/bin/python"'
    with pytest.raises(
        UsageError, match=r"default.toml: tests.python names env/bin/python: .* not there"
    ) as error:
        chosen(root, policy=policy)
    assert error.value.hint == NAME_ANOTHER
    theirs = environment(root / "env")
    with pytest.raises(UsageError, match="it has no pytest"):
        chosen(root, Interpreter(theirs, version=(3, 12, 0)), policy=policy)
    commit(root)
    with pytest.raises(UsageError, match="git tracks it"):
        chosen(root, fit(theirs), policy=policy)


@pytest.mark.parametrize(
    ("found", "message", "hint"),
    [
        (
            Interpreter("/x y", "/x y is not executable"),
            "--python: /x y is not executable",
            f"{NAME_ANOTHER}: Python 3.11 or later",
        ),
        (
            Interpreter("/x y", version=(3, 10, 1)),
            "--python: /x y: it is Python 3.10.1, and tests run with Python 3.11 or later",
            f"{NAME_ANOTHER}: Python 3.11 or later",
        ),
        (
            Interpreter("/x y", version=(3, 11, 0)),
            "--python: /x y: it has no pytest",
            f"'/x y' -m pip install 'pytest>=8', or {NAME_ANOTHER}",
        ),
    ],
)
def test_what_the_option_names_must_run_tests(
    root: Path, found: Interpreter, message: str, hint: str
) -> None:
    with pytest.raises(UsageError) as error:
        chosen(root, found, option="/x y")
    assert (error.value.message, error.value.hint) == (message, hint)


def test_a_real_environment_is_found_and_used(root: Path) -> None:
    here = root / ".venv"
    command = [sys.executable, "-m", "venv", "--without-pip", "--system-site-packages", str(here)]
    subprocess.run(command, check=True)
    site = next(here.glob("lib/python3.*/site-packages"))
    packages = Path(pytest.__file__).parent.parent
    (site / "tests.pth").write_text(f"{packages}\n")
    choice = choose(root, make_policy(), None, ("a",))
    assert choice.path == str(here / "bin" / "python")
    assert choice.interpreter.version == sys.version_info[:3]
