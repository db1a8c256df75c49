from __future__ import annotations

from datetime import date
from pathlib import Path

from builders import make_policy
from repositories import write_files

from gate.doctor.checks import Check
from gate.doctor.policy import check_packaging, check_policy
from gate.policy.model import Policy, built_in_policy

PYTHON = ("pkg/a.py", "pkg/b.py", "tests/test_a.py")
TODAY = date(2026, 7, 1)
ENTRY = 'reason = "it hangs"\nowner = "core"\n'


def checks(policy: Policy, python: tuple[str, ...] = PYTHON) -> dict[str, Check]:
    return {check.name: check for check in check_policy(policy, python, TODAY)}


def test_a_policy_about_files_that_are_here_is_ok() -> None:
    found = checks(make_policy('[source]\ninclude = ["pkg"]\n[mutation]\ncore = ["pkg/a.py"]\n'))
    assert {check.status for check in found.values()} == {"ok"}
    assert found["policy"].message == "policies/default.toml"


def test_without_a_policy_gate_init_is_the_remedy() -> None:
    found = checks(built_in_policy())
    assert found["policy"].status == "warning"
    assert found["policy"].remedy == "gate init"


def test_paths_that_match_nothing_are_problems() -> None:
    found = checks(make_policy('[source]\ninclude = ["gone"]\n[mutation]\ncore = ["pkg/c.py"]\n'))
    assert found["measured"].status == found["core"].status == "problem"
    assert "gone" in found["measured"].message
    assert "pkg/c.py" in found["core"].message


def test_a_core_that_is_not_measured_is_a_warning() -> None:
    policy = make_policy('[source]\ninclude = ["pkg/a.py"]\n[mutation]\ncore = ["pkg/b.py"]\n')
    assert "pkg/b.py" in checks(policy)["core"].message
    assert checks(policy)["core"].status == "warning"


def test_an_empty_core_and_a_repository_without_code_are_warnings() -> None:
    assert checks(make_policy(""))["core"].status == "warning"
    assert checks(make_policy(""), ("tests/test_a.py",))["measured"].status == "warning"


def test_entries_past_their_last_day_are_named() -> None:
    text = f'[[tests.exclude]]\ntest = "tests/test_a.py::test_x"\n{ENTRY}expires = 2026-06-30\n'
    text += f'[[mutation.waive]]\nmutant = "abc123"\n{ENTRY}expires = 2025-01-01\n'
    text += f'[[tests.exclude]]\nmarker = "slow"\n{ENTRY}expires = 2026-07-01\n'
    check = checks(make_policy(text))["expired"]
    assert check.status == "warning"
    assert "tests/test_a.py::test_x (2026-06-30)" in check.message
    assert "abc123" in check.message
    assert "slow" not in check.message


def test_a_policy_in_a_folder_that_setuptools_takes_for_a_package_is_a_warning(
    tmp_path: Path,
) -> None:
    write_files(tmp_path, {"pyproject.toml": '[project]\nname = "shop"\n', "shop/__init__.py": ""})
    assert list(check_packaging(tmp_path)) == []
    write_files(tmp_path, {"policies/default.toml": ""})
    (check,) = check_packaging(tmp_path)
    assert (check.name, check.status) == ("packaging", "warning")
    assert check.remedy == "git mv policies/default.toml gate.toml"
