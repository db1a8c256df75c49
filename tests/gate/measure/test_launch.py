import os
import sys
from pathlib import Path

import pytest
from builders import make_policy

from gate.errors import UsageError
from gate.measure.launch import (
    choosing,
    lasting_environment,
    launch,
    measured_files,
    module_names,
)

FILES = [
    "conftest.py",
    "docs/conf.py",
    "pkg/__init__.py",
    "pkg/a.py",
    "pkg/sub/b.py",
    "pkg/tests/test_in.py",
    "setup.py",
    "src/other/c.py",
    "test_top.py",
    "tests/test_a.py",
    ".hidden/x.py",
]


def test_without_include_everything_but_tests_docs_and_tools_is_measured() -> None:
    assert measured_files(FILES, (), "p") == (
        "pkg/__init__.py",
        "pkg/a.py",
        "pkg/sub/b.py",
        "src/other/c.py",
    )


def test_include_takes_folders_and_files_once_and_in_order() -> None:
    assert measured_files(FILES, ("pkg/sub", "pkg/a.py", "pkg/a.py"), "p") == (
        "pkg/a.py",
        "pkg/sub/b.py",
    )
    assert measured_files(FILES, (".",), "p") == tuple(FILES)


@pytest.mark.parametrize("path", ["pk", "pkg/a", "nope", "pkg/a.py/x"])
def test_an_included_path_that_matches_nothing_is_an_error_that_names_it(path: str) -> None:
    with pytest.raises(UsageError, match=f"policies/p.toml: '{path}' matches no Python file"):
        measured_files(FILES, ("pkg", path), "policies/p.toml")


def test_modules_are_named_from_the_top_of_the_tree_or_from_src() -> None:
    assert module_names(["pkg/__init__.py", "pkg/a.py", "src/other/c.py", "lone.py"]) == {
        "pkg": "pkg/__init__.py",
        "pkg.a": "pkg/a.py",
        "other.c": "src/other/c.py",
        "lone": "lone.py",
    }


def test_options_that_choose_tests_come_after_all_others(tmp_path: Path) -> None:
    plan = launch(tmp_path, make_policy(), ["pkg/a.py"], tmp_path / "scratch", sys.executable)
    chosen = choosing(plan, ("-o", "testpaths=tests"))
    assert chosen.options == (*plan.options, "-o", "testpaths=tests")
    assert choosing(plan, ()) == plan


def test_workers_get_a_home_of_their_own_and_one_thread_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COVERAGE_PROCESS_START", "outer")
    monkeypatch.setenv("PYTEST_CURRENT_TEST", "outer")
    monkeypatch.setenv("KEPT", "yes")
    environment = launch(
        tmp_path, make_policy(""), ("pkg/a.py",), tmp_path, sys.executable
    ).environment
    assert environment["HOME"] == str(tmp_path / "home")
    assert environment["TMPDIR"] == str(tmp_path / "tmp")
    assert environment["OMP_NUM_THREADS"] == "1"
    assert environment["KEPT"] == "yes"
    assert not {"COVERAGE_PROCESS_START", "PYTEST_CURRENT_TEST"} & set(environment)
    assert os.environ["COVERAGE_PROCESS_START"] == "outer"


def test_packages_below_the_real_home_are_still_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONUSERBASE", "/base")
    environment = launch(tmp_path, make_policy(""), ("a.py",), tmp_path, sys.executable).environment
    assert environment["PYTHONUSERBASE"] == "/base"


def test_pytest_gets_the_paths_of_the_policy_and_a_cache_outside_the_tree(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    policy = make_policy('[tests]\npaths = ["tests"]\n')
    plan = launch(tmp_path, policy, ("pkg/a.py", "pkg/sub/b.py"), tmp_path, sys.executable)
    assert plan.arguments == ("tests",)
    assert plan.options == ("-o", f"cache_dir={tmp_path / 'cache'}")
    assert plan.mutate is False
    assert plan.source == (str(tmp_path / "pkg"), str(tmp_path / "pkg/sub"))
    assert plan.watch == {"pkg.a": "pkg/a.py", "pkg.sub.b": "pkg/sub/b.py"}


def test_a_test_path_that_is_not_there_is_an_error_that_names_it(tmp_path: Path) -> None:
    policy = make_policy('[tests]\npaths = ["tets"]\n')
    with pytest.raises(UsageError, match=r"tests.paths names 'tets'"):
        launch(tmp_path, policy, ("a.py",), tmp_path, sys.executable)


@pytest.mark.parametrize("path", ["tests/test_a.py::test_one", "tests::x"])
def test_a_test_may_be_named_by_its_id(tmp_path: Path, path: str) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests/test_a.py").touch()
    policy = make_policy(f'[tests]\npaths = ["{path}"]\n')
    assert launch(tmp_path, policy, ("a.py",), tmp_path, sys.executable).arguments == (path,)


def test_an_interpreter_that_is_not_there_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no-such-python is no program") as caught:
        launch(tmp_path, make_policy(""), ("a.py",), tmp_path, "no-such-python")
    assert "--python" in caught.value.hint


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
