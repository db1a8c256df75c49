from __future__ import annotations

import sys
from pathlib import Path

import pytest
from repositories import git, make_repository, write_files

from gate.doctor.checks import Check, can_run
from gate.doctor.stage import examine
from gate.request import Request

FILES = {
    "pytest.ini": "[pytest]\npythonpath = .\nasyncio_default_fixture_loop_scope = function\n",
    "pkg/__init__.py": "",
    "pkg/a.py": "def f():\n    return 1\n",
    "tests/test_a.py": "from pkg.a import f\n\ndef test_f():\n    assert f() == 1\n",
    "policies/default.toml": '[source]\ninclude = ["pkg"]\n[mutation]\ncore = ["pkg/a.py"]\n',
}


@pytest.fixture(autouse=True)
def no_token(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GITHUB_TOKEN", "GH_TOKEN", "GITHUB_REPOSITORY"):
        monkeypatch.delenv(name, raising=False)


def examined(start: Path, **options: str) -> list[Check]:
    heard: list[str] = []
    return list(examine(Request(start=start, **options), heard.append))  # type: ignore[arg-type]


def of(checks: list[Check], name: str) -> Check:
    return next(check for check in checks if check.name == name)


def test_everything_is_looked_at_in_one_pass_and_nothing_stays(tmp_path: Path) -> None:
    root = make_repository(tmp_path, FILES)
    checks = examined(root / "pkg")
    assert can_run(checks)
    names = {check.name for check in checks}
    assert names >= {"gate", "repository", "history", "base", "policy", "measured", "core", "cores"}
    assert names >= {"memory", "out", "scratch", "clock", "interpreter", "pytest", "coverage"}
    assert names >= {
        "plugins",
        "tests",
        "imports",
        "selection",
        "forks",
        "isolation",
        "workflow",
        "owners",
        "ruleset",
    }
    assert all(check.remedy for check in checks if check.status != "ok")
    assert git(root, "status", "--porcelain", "--ignored") == ""


def test_outside_of_a_repository_there_is_one_problem(tmp_path: Path) -> None:
    checks = examined(tmp_path)
    assert [check.name for check in checks if check.status == "problem"] == ["repository"]


def test_a_policy_with_a_mistake_is_a_problem_and_the_rest_is_still_looked_at(
    tmp_path: Path,
) -> None:
    root = make_repository(tmp_path, FILES | {"policies/default.toml": "[coverage]\nline = 101\n"})
    checks = examined(root)
    assert of(checks, "policy").status == "problem"
    assert "line: found" in of(checks, "policy").message
    assert of(checks, "tests").status == "unknown"
    assert of(checks, "workflow").status == "warning"


def test_an_interpreter_that_is_not_there_is_a_problem_and_nothing_is_collected(
    tmp_path: Path,
) -> None:
    checks = examined(make_repository(tmp_path, FILES), python=str(tmp_path / "nowhere"))
    assert of(checks, "interpreter").status == "problem"
    assert of(checks, "tests").status == "unknown"
    assert "plugins" not in {check.name for check in checks}


def test_a_suite_that_cannot_be_collected_is_a_problem(tmp_path: Path) -> None:
    root = make_repository(tmp_path, FILES | {"tests/conftest.py": "raise RuntimeError\n"})
    checks = examined(root, python=sys.executable)
    assert of(checks, "tests").status == "problem"
    assert "pytest --collect-only" in of(checks, "tests").remedy


def test_a_configuration_of_pytest_that_cannot_be_read_is_a_warning(tmp_path: Path) -> None:
    root = make_repository(tmp_path, FILES | {"pytest.ini": "[pytest]\ntestpaths = it's\n"})
    warnings = [check for check in examined(root) if check.status == "warning"]
    (check,) = [check for check in warnings if check.name == "pytest"]
    assert "testpaths: No closing quotation" in check.message


def test_the_named_policy_is_the_one_that_owners_must_guard(tmp_path: Path) -> None:
    root = make_repository(tmp_path, FILES | {"quality.toml": FILES["policies/default.toml"]})
    write_files(root, {".github/CODEOWNERS": "/.github/ @a\n/policies/ @a\n"})
    assert of(examined(root), "owners").status == "ok"
    named = list(examine(Request(start=root, policy=root / "quality.toml"), str))
    assert "quality.toml" in of(named, "owners").message
