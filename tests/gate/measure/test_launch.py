from __future__ import annotations

import os
import site
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from builders import make_policy

from gate.errors import UsageError
from gate.measure.launch import (
    choosing,
    lasting_environment,
    launch,
    measuring,
    module_names,
)
from gate.supervise.zygote import Launch


def test_modules_are_named_from_the_top_of_the_tree_or_from_src() -> None:
    names = {
        "pkg": "pkg/__init__.py",
        "pkg.a": "pkg/a.py",
        "pkg.sub": "pkg/sub/__init__.py",
        "pkg.src": "pkg/src.py",
        "other.c": "src/other/c.py",
        "top": "src/top.py",
        "deep.sub.d": "libs/core/src/deep/sub/d.py",
        "lone": "lone.py",
    }
    assert module_names([*names.values(), "src/__init__.py"]) == names


def test_options_that_choose_tests_come_after_all_others(tmp_path: Path) -> None:
    plan = launch(tmp_path, make_policy(), ["pkg/a.py"], tmp_path / "scratch", sys.executable)
    chosen = choosing(plan, ("-o", "testpaths=tests"))
    assert chosen.options == (*plan.options, "-o", "testpaths=tests")
    assert choosing(plan, ()) == plan


def test_folders_of_more_files_are_traced_beside_those_of_the_first(tmp_path: Path) -> None:
    files = ["pkg/a.py", "pkg/sub/b.py"]
    plan = launch(tmp_path, make_policy(), files, tmp_path / "scratch", sys.executable)
    traced = tuple(str(tmp_path / folder) for folder in ("", "pkg", "pkg/sub", "tools"))
    more = measuring(plan, ["tools/run.py", "pkg/c.py", "top.py"])
    assert more == replace(plan, source=traced)


def only(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]) -> None:
    """Have these variables and no others."""
    for name in list(os.environ):
        monkeypatch.delenv(name)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)


def environment_in(folder: Path) -> dict[str, str]:
    return dict(launch(folder, make_policy(""), ("a.py",), folder, sys.executable).environment)


def test_workers_get_a_home_of_their_own_and_one_thread_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    of_an_outer_run = {
        "COVERAGE_PROCESS_START": "outer",
        "COV_CORE_SOURCE": "outer",
        "PYTEST_XDIST_WORKER": "outer",
        "PYTEST_CURRENT_TEST": "outer",
        "GATE_EDIT": "outer",
        "XDG_CACHE_HOME": "outer",
    }
    callers = {
        "HOME": str(tmp_path / "callers"),
        "OMP_NUM_THREADS": "8",
        "PYTHONUSERBASE": "/base",
        "KEPT": "yes",
    }
    only(monkeypatch, of_an_outer_run | callers)
    assert environment_in(tmp_path) == {
        "KEPT": "yes",
        "PYTHONUSERBASE": "/base",
        "OMP_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "NUMEXPR_NUM_THREADS": "1",
        "VECLIB_MAXIMUM_THREADS": "1",
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "COVERAGE_CORE": "ctrace",
        "HOME": str(tmp_path / "home"),
        "TMPDIR": str(tmp_path / "tmp"),
        "HYPOTHESIS_STORAGE_DIRECTORY": str(tmp_path / "hypothesis"),
    }
    assert dict(os.environ) == of_an_outer_run | callers


@pytest.mark.parametrize("callers", [{}, {"PYTHONPATH": "/theirs"}])
def test_coverage_that_the_gate_lends_is_found_by_every_python_of_the_tests(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, callers: dict[str, str]
) -> None:
    only(monkeypatch, {"PATH": "/bin", **callers})
    plan = launch(tmp_path, make_policy(), ("a.py",), tmp_path, sys.executable, "/lent")
    assert plan.lent == plan.environment["GATE_LENT_COVERAGE"] == "/lent"
    startup, *others = plan.environment["PYTHONPATH"].split(":")
    assert (Path(startup) / "sitecustomize.py").is_file()
    assert others == list(callers.values())
    own = launch(tmp_path, make_policy(), ("a.py",), tmp_path, sys.executable)
    assert own.lent == ""
    assert "GATE_LENT_COVERAGE" not in own.environment


def test_what_is_installed_below_the_real_home_is_still_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(monkeypatch, {"HOME": str(tmp_path)})
    assert environment_in(tmp_path)["PYTHONUSERBASE"] == site.getuserbase()
    assert "PYENV_ROOT" not in environment_in(tmp_path)
    (tmp_path / ".pyenv").mkdir()
    assert environment_in(tmp_path)["PYENV_ROOT"] == str(tmp_path / ".pyenv")
    monkeypatch.setenv("PYENV_ROOT", "/pyenv")
    assert environment_in(tmp_path)["PYENV_ROOT"] == "/pyenv"


def test_pytest_gets_the_paths_of_the_policy_and_a_cache_outside_the_tree(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    policy, scratch = make_policy('[tests]\npaths = ["tests"]\n'), tmp_path / "scratch"
    plan = launch(tmp_path, policy, ("pkg/a.py", "pkg/sub/b.py"), scratch, sys.executable)
    assert plan == Launch(
        python=sys.executable,
        root=tmp_path,
        arguments=("tests",),
        options=("-o", "cache_dir=$TMPDIR/cache"),
        source=(str(tmp_path / "pkg"), str(tmp_path / "pkg/sub")),
        watch={"pkg.a": "pkg/a.py", "pkg.sub.b": "pkg/sub/b.py"},
        scratch=scratch,
        environment=plan.environment,
        mutate=False,
        withheld=plan.withheld,
    )


def test_a_test_path_that_is_not_there_is_an_error_that_names_it(tmp_path: Path) -> None:
    policy = make_policy('[tests]\npaths = ["tets"]\n')
    with pytest.raises(UsageError) as caught:
        launch(tmp_path, policy, ("a.py",), tmp_path, sys.executable)
    assert (caught.value.message, caught.value.hint) == (
        "policies/default.toml: tests.paths names 'tets', which is not in the repository",
        "name folders or files that hold tests, relative to the repository",
    )


@pytest.mark.parametrize("path", ["tests/test_a.py::test_one", "tests::x"])
def test_a_test_may_be_named_by_its_id(tmp_path: Path, path: str) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests/test_a.py").touch()
    policy = make_policy(f'[tests]\npaths = ["{path}"]\n')
    assert launch(tmp_path, policy, ("a.py",), tmp_path, sys.executable).arguments == (path,)


def test_an_interpreter_that_is_not_there_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        launch(tmp_path, make_policy(""), ("a.py",), tmp_path, "no-such-python")
    assert (caught.value.message, caught.value.hint) == (
        "cannot run no-such-python",
        "name the project's interpreter with --python",
    )


# Of a run, a terminal or a build: the next run has others.
PASSING = {
    "TMPDIR": "/t",
    "HYPOTHESIS_STORAGE_DIRECTORY": "/s",
    "PWD": "/p",
    "OLDPWD": "/o",
    "SHLVL": "2",
    "_": "/bin/x",
    "TERM": "dumb",
    "TERM_SESSION_ID": "1",
    "TMUX": "x",
    "TMUX_PANE": "%1",
    "COLUMNS": "80",
    "LINES": "24",
    "SSH_CONNECTION": "1 2",
    "WINDOWID": "9",
    "STY": "x",
    "MAKEFLAGS": "",
    "MAKELEVEL": "1",
    "XDG_SESSION_ID": "4",
    "GATE_EDIT": "{}",
}
LASTING = {
    "MODEL": "tiny",
    "HOMEPAGE": "x",
    "LINESTYLE": "x",
    "_UNDER": "x",
    "STYLE": "x",
    "PYTHONPATH": "/lib",
    "LANG": "C",
}


def lasting(folder: Path) -> list[str]:
    return lasting_environment(
        launch(folder, make_policy(""), ("a.py",), folder / "scratch", sys.executable)
    )


@pytest.mark.parametrize("name", PASSING)
def test_what_differs_from_run_to_run_is_not_what_a_survivor_depends_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.delenv(name, raising=False)
    before = lasting(tmp_path)
    monkeypatch.setenv(name, PASSING[name])
    assert lasting(tmp_path) == before


def test_another_home_is_not_what_a_survivor_depends_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/h")
    before = lasting(tmp_path)
    monkeypatch.setenv("HOME", "/another")
    assert lasting(tmp_path) == before


@pytest.mark.parametrize("name", LASTING)
def test_what_tests_may_read_is_what_a_survivor_depends_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, LASTING[name])
    assert f"{name}={LASTING[name]}" in lasting(tmp_path)
    monkeypatch.setenv(name, "another")
    assert f"{name}=another" in lasting(tmp_path)


def test_the_lasting_environment_is_the_same_with_another_scratch_folder(tmp_path: Path) -> None:
    plans = [
        launch(tmp_path, make_policy(""), ("a.py",), tmp_path / name, sys.executable)
        for name in ("one", "two")
    ]
    assert lasting_environment(plans[0]) == lasting_environment(plans[1])
    assert lasting_environment(plans[0]) == sorted(lasting_environment(plans[0]))
    assert "PYTHONHASHSEED=0" in lasting_environment(plans[0])


SECRETS = [
    *("GITHUB_TOKEN", "A_SECRET", "DB_PASSWORD", "MY_API_KEY", "APIKEY", "aws_secret_access_key"),
    *("ACTIONS_RUNTIME_URL", "AWS_PROFILE", "SSH_AUTH_SOCK", "GITHUB_ENV", "TOKEN"),
]
PLAIN = [
    *("TOKENIZERS_PARALLELISM", "PATH", "GITHUB_SHA", "AWS_REGION", "AWS_CA_BUNDLE", "KEYBOARD"),
    *("PASSWORD_HASHER", "SECRETARY", "PUBLIC_KEY", "MONKEY"),
]


def test_what_looks_like_a_secret_is_not_handed_to_the_tests(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (*SECRETS, *PLAIN):
        monkeypatch.setenv(name, "value")
    policy = make_policy('[tests]\nenvironment = ["DB_PASSWORD"]\n')
    plan = launch(tmp_path, policy, ("a.py",), tmp_path, sys.executable)
    kept = {name for name in (*SECRETS, *PLAIN) if name in plan.environment}
    assert kept == {*PLAIN, "DB_PASSWORD"}
    assert set(SECRETS) - {"DB_PASSWORD"} <= set(plan.withheld)
    assert list(plan.withheld) == sorted(plan.withheld)
    assert "value" not in plan.withheld


@pytest.mark.parametrize(("network", "why"), [("off", ""), ("on", "the policy leaves it on")])
def test_the_policy_may_leave_mutants_the_network(tmp_path: Path, network: str, why: str) -> None:
    policy = make_policy(f'[isolation]\nnetwork = "{network}"\n')
    assert launch(tmp_path, policy, ("a.py",), tmp_path, sys.executable).network == why
