from __future__ import annotations

import sys
from pathlib import Path

import pytest
from builders import make_policy
from repositories import make_repository

from gate.doctor.checks import Check
from gate.doctor.collection import check_collection, check_isolation, collect
from gate.errors import MissingEvidenceError, SetupError, UsageError
from gate.policy.model import Policy
from gate.source.git import python_files

PACKAGE = {
    "pytest.ini": "[pytest]\npythonpath = .\nasyncio_default_fixture_loop_scope = function\n",
    "pkg/__init__.py": "",
    "pkg/a.py": "def f():\n    return 1\n",
}
TEST = "from pkg.a import f\n\ndef test_f():\n    raise AssertionError('it was run')\n"
POLICY = make_policy()


def checks(root: Path, tests: str, policy: Policy = POLICY, **files: str) -> dict[str, Check]:
    written = PACKAGE | {"tests/test_a.py": tests}
    for name, text in files.items():
        written[name if "." in name else f"{name.replace('__', '/')}.py"] = text
    make_repository(root, written)
    found = collect(root, policy, python_files(root), sys.executable)
    isolation = check_isolation(found, policy)
    return {check.name: check for check in (*check_collection(found), isolation)}


def test_a_suite_is_collected_and_no_test_is_run(tmp_path: Path) -> None:
    found = checks(tmp_path, TEST)
    assert {check.status for check in found.values()} == {"ok"}
    assert found["tests"].message.startswith("1 collected")
    assert found["isolation"].message.split()[0] in ("basic", "partial", "full")


def test_threads_alive_after_collection_are_named(tmp_path: Path) -> None:
    thread = "import threading, time\n"
    thread += (
        "threading.Thread(target=time.sleep, args=(60,), name='pool-1', daemon=True).start()\n"
    )
    found = checks(tmp_path, thread + TEST)
    assert found["forks"].status == "warning"
    assert "pool-1" in found["forks"].message
    assert found["isolation"].message.startswith("basic")


def test_a_level_that_the_policy_requires_and_this_process_cannot_have_is_told(
    tmp_path: Path,
) -> None:
    policy = make_policy(
        '[source]\ninclude = ["pkg"]\n[isolation]\nrequire = "full"\nnetwork = "on"\n'
    )
    found = checks(tmp_path, TEST, policy)
    assert found["isolation"].status == "warning"
    assert "requires full" in found["isolation"].message


def test_files_that_cannot_be_collected_are_named(tmp_path: Path) -> None:
    found = checks(tmp_path, "raise ValueError\n")
    assert found["tests"].status == "warning"
    assert "tests/test_a.py" in found["tests"].message


def test_a_module_that_no_test_file_can_import_is_told(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="1 test file could not be imported"):
        checks(tmp_path, "import nothing_of_this_name\n")


def test_a_suite_that_needs_the_root_on_its_path_is_told(tmp_path: Path) -> None:
    found = checks(
        tmp_path, TEST, **{"pytest.ini": "[pytest]\naddopts = --import-mode=importlib\n"}
    )
    assert found["start"].status == "warning"
    assert "pythonpath" in found["start"].remedy
    assert found["tests"].message.startswith("1 ")


def test_a_suite_without_tests_is_a_warning(tmp_path: Path) -> None:
    assert checks(tmp_path, "")["tests"].status == "warning"


def test_a_module_that_comes_from_elsewhere_is_named(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    copied = "import sys, types\nfrom pathlib import Path\n"
    copied += f"module = types.ModuleType('pkg.a')\nmodule.__file__ = {str(other / 'a.py')!r}\n"
    copied += "sys.modules['pkg.a'] = module\ndef test_a():\n    pass\n"
    found = checks(tmp_path / "root", copied)
    assert found["imports"].status == "warning"
    assert str(other / "a.py") in found["imports"].message


def test_a_suite_that_pytest_refuses_says_why(tmp_path: Path) -> None:
    with pytest.raises(MissingEvidenceError, match="no test could be collected"):
        checks(tmp_path, TEST, tests__conftest="raise RuntimeError('broken')\n")


def test_a_test_path_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="gone"):
        checks(tmp_path, TEST, make_policy('[tests]\npaths = ["gone"]\n'))
