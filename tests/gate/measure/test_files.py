from __future__ import annotations

import pytest

from gate.errors import UsageError
from gate.measure.files import below, chosen, holds, measured_files, present

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


BESIDE = (
    "testing",
    "docs",
    "doc",
    "examples",
    "example",
    "benchmarks",
    "scripts",
    "tools",
    "build",
)


@pytest.mark.parametrize("folder", ["tests", "test", ".hidden"])
def test_tests_and_hidden_folders_are_not_measured_at_any_depth(folder: str) -> None:
    files = ["pkg/__init__.py", f"pkg/my_{folder}/a.py", f"pkg/a{folder}.py"]
    left_out = [f"{folder}/a.py", f"pkg/{folder}/a.py", f"pkg/{folder}/sub/a.py"]
    assert measured_files([*files, *left_out], (), "p") == tuple(files)


@pytest.mark.parametrize("folder", BESIDE)
def test_what_stands_beside_packages_is_not_measured_and_inside_of_one_it_is(folder: str) -> None:
    inside = ["pkg/__init__.py", f"pkg/{folder}/a.py", f"pkg/{folder}/sub/a.py", f"pkg/{folder}.py"]
    beside = [f"{folder}/a.py", f"{folder}/sub/a.py", f"services/one/{folder}/a.py"]
    named_alike = [f"my_{folder}/a.py", f"services/{folder}_/a.py"]
    files = [*inside, *beside, *named_alike]
    assert measured_files(files, (), "p") == (*inside, *named_alike)


@pytest.mark.parametrize("name", ["setup.py", "noxfile.py", "tasks.py"])
def test_a_module_that_serves_a_tool_is_not_measured_and_one_of_a_package_is(name: str) -> None:
    files = ["shop/__init__.py", f"shop/{name}", name, f"services/one/{name}"]
    assert measured_files(files, (), "p") == tuple(files[:2])


def test_test_modules_are_not_measured_in_a_package_either() -> None:
    tests = ["pkg/test_a.py", "pkg/a_test.py", "pkg/tests.py", "conftest.py", "pkg/conftest.py"]
    code = ["pkg/__init__.py", "pkg/contest.py", "pkg/latest.py", "pkg/testing_a.py"]
    assert measured_files([*tests, *code], (), "p") == tuple(code)


def test_include_takes_folders_and_files_once_and_in_order() -> None:
    assert measured_files(FILES, ("pkg/sub", "pkg/a.py", "pkg/a.py"), "p") == (
        "pkg/a.py",
        "pkg/sub/b.py",
    )
    assert measured_files(FILES, (".",), "p") == tuple(FILES)


@pytest.mark.parametrize("path", ["pk", "pkg/a", "nope", "pkg/a.py/x"])
def test_an_included_path_that_matches_nothing_is_an_error_that_names_it(path: str) -> None:
    with pytest.raises(UsageError) as caught:
        measured_files(FILES, ("pkg", path), "policies/p.toml")
    assert (caught.value.message, caught.value.hint) == (
        f"policies/p.toml: '{path}' matches no Python file of the repository",
        "name folders or .py files relative to the repository; ignored files do not count",
    )


def test_of_included_paths_those_that_hold_nothing_are_left_aside() -> None:
    assert chosen(FILES, ("pkg/sub", "gone", "setup.py")) == ("pkg/sub/b.py", "setup.py")
    assert chosen(FILES, ("gone", "gone.py")) == ()
    assert chosen(FILES, ()) == measured_files(FILES, (), "p")
    assert present(("pkg/sub", "gone", "setup.py", "."), FILES) == ("pkg/sub", "setup.py", ".")


def test_a_path_holds_itself_and_what_is_below() -> None:
    assert below(("pkg/sub", "setup.py"), FILES) == {"pkg/sub/b.py", "setup.py"}
    assert below((), FILES) == frozenset()
    assert holds(".", "pkg/a.py")
    assert holds("pkg", "pkg/a.py")
    assert holds("pkg/a.py", "pkg/a.py")
    assert not holds("pk", "pkg/a.py")
    assert not holds("pkg/a.py", "pkg")
