from __future__ import annotations

from pathlib import Path

import pytest
from repositories import write_files

from gate.init.choice import Choice
from gate.init.core import MOST_STATEMENTS, candidates, choose_core, tried

FUNCTION = "def f(a):\n    b = a\n    return b\n"


def core_of(root: Path, files: dict[str, str]) -> Choice:
    write_files(root, files)
    python = tuple(sorted(files))
    tests = tuple(path for path in python if path.startswith("tests/"))
    sources = tuple(path for path in python if path not in tests)
    return choose_core(candidates(root, python, sources, tests))


def test_files_that_most_tests_import_are_the_core(tmp_path: Path) -> None:
    files = {f"pkg/{name}.py": FUNCTION for name in "abcde"} | {"pkg/__init__.py": ""}
    files["tests/test_one.py"] = "from pkg.e import f\nimport pkg.d\n"
    files["tests/test_two.py"] = "from pkg import e\nfrom pkg.c import f\n"
    assert core_of(tmp_path, files).paths == ("pkg/c.py", "pkg/d.py", "pkg/e.py")


def test_a_test_file_that_is_named_after_a_file_is_about_it(tmp_path: Path) -> None:
    files = {"pkg/_a.py": FUNCTION, "pkg/b.py": FUNCTION * 9, "tests/test_a.py": "import pkg\n"}
    assert core_of(tmp_path, files).paths == ("pkg/_a.py",)


def test_of_files_that_equally_many_tests_are_about_the_larger_come_first(tmp_path: Path) -> None:
    body = "\n".join(f"    a = {number}" for number in range(MOST_STATEMENTS - 20))
    files = {
        "pkg/large.py": f"def f(a):\n{body}\n",
        "pkg/middle.py": "def f(a):\n" + "    a = 1\n" * 21,
        "pkg/small.py": FUNCTION,
        "tests/test_all.py": "import pkg.large, pkg.middle, pkg.small\n",
    }
    # The middle one would be too much beside the large one.
    assert core_of(tmp_path, files).paths == ("pkg/large.py", "pkg/small.py")


def test_one_file_is_the_core_however_large_it_is(tmp_path: Path) -> None:
    body = "    a = 1\n" * (2 * MOST_STATEMENTS)
    files = {"pkg/a.py": f"def f(a):\n{body}", "tests/test_a.py": "import pkg.a\n"}
    assert core_of(tmp_path, files).paths == ("pkg/a.py",)


def test_a_file_that_is_too_large_gives_way_to_one_that_tests_are_less_about(
    tmp_path: Path,
) -> None:
    """The first check of a core is to take minutes."""
    body = "    a += 1\n" * MOST_STATEMENTS
    files = {
        "pkg/__init__.py": "",
        "pkg/huge.py": f"def f(a):\n{body}    return a\n",
        "pkg/small.py": "def f(a):\n    return a\n",
        "tests/test_all.py": "import pkg.huge, pkg.small\n",
        "tests/test_huge.py": "import pkg.huge\n",
    }
    assert core_of(tmp_path, files).paths == ("pkg/small.py",)


def test_no_file_is_tried_in_the_place_of_those_that_fit_a_core(tmp_path: Path) -> None:
    large = "def f(a):\n" + "    a = 1\n" * (MOST_STATEMENTS + 1)
    middle = "def f(a):\n" + "    a = 1\n" * (MOST_STATEMENTS - 1)
    files = {"pkg/large.py": large, "pkg/one.py": middle, "pkg/two.py": middle}
    files |= {"tests/test_all.py": "import pkg.large, pkg.one, pkg.two\n"}
    write_files(tmp_path, files)
    sources = [path for path in files if path.startswith("pkg/")]
    found = candidates(tmp_path, sorted(files), sources, ["tests/test_all.py"])
    assert [each.path for each in tried(found)] == ["pkg/one.py", "pkg/two.py"]


def test_without_tests_the_largest_file_is_named_and_that_is_said(tmp_path: Path) -> None:
    choice = core_of(tmp_path, {"pkg/a.py": FUNCTION, "pkg/b.py": FUNCTION * 2})
    assert choice.paths == ("pkg/b.py",)
    assert "no test file names any file" in choice.why


def test_files_without_functions_and_files_that_are_no_python_are_no_core(tmp_path: Path) -> None:
    files = {"pkg/a.py": "A = 1\n", "pkg/b.py": "def f(:\n", "tests/test_a.py": "import pkg.a\n"}
    choice = core_of(tmp_path, files)
    assert choice.paths == ()
    assert "nothing is gated by mutation" in choice.why


def test_a_name_that_a_package_hands_on_is_followed_to_the_file_that_makes_it(
    tmp_path: Path,
) -> None:
    files = {
        "shop/__init__.py": "from .core import f\n",
        "shop/core.py": FUNCTION,
        "shop/__main__.py": "from shop import f\n" + FUNCTION * 9,
        "tests/test_price.py": "from shop import f\n",
        "tests/test_cli.py": "from shop import __main__\n",
    }
    assert core_of(tmp_path, files).paths == ("shop/core.py",)


def test_a_package_that_makes_the_name_itself_is_the_core(tmp_path: Path) -> None:
    files = {
        "pkg/__init__.py": FUNCTION,
        "pkg/a.py": FUNCTION,
        "tests/test_b.py": "import pkg\npkg.f(1)\n",
    }
    assert core_of(tmp_path, files).paths == ("pkg/__init__.py",)


def test_a_file_that_only_fixtures_use_is_a_candidate(tmp_path: Path) -> None:
    files = {
        "pkg/app.py": FUNCTION,
        "pkg/big.py": FUNCTION * 9,
        "tests/conftest.py": "from pkg.app import f\n",
        "tests/test_a.py": "def test(f):\n    pass\n",
    }
    assert core_of(tmp_path, files).paths == ("pkg/app.py",)


@pytest.mark.parametrize(
    "name",
    ["__main__", "_compat", "compat", "_deprecated", "_version", "__about__", "_vendor/a"],
)
def test_files_that_say_little_of_a_project_are_no_core(tmp_path: Path, name: str) -> None:
    module = name.replace("/", ".")
    files = {
        f"pkg/{name}.py": FUNCTION * 9,
        "pkg/version.py": FUNCTION,
        "tests/test_a.py": f"import pkg.{module}, pkg.version\n",
        "tests/test_b.py": f"import pkg.{module}\n",
    }
    assert core_of(tmp_path, files).paths == ("pkg/version.py",)


def test_what_the_suite_does_not_run_is_no_core(tmp_path: Path) -> None:
    names = ("absent", "run", "half")
    files = {f"pkg/{name}.py": FUNCTION for name in names}
    files["tests/test_a.py"] = "import pkg.absent, pkg.run, pkg.half\n"
    write_files(tmp_path, files)
    found = candidates(tmp_path, tuple(files), tuple(files)[:3], ("tests/test_a.py",))
    assert {each.path for each in tried(found)} == set(tuple(files)[:3])
    choice = choose_core(found, {"pkg/absent.py": 0, "pkg/run.py": 100, "pkg/half.py": 49})
    assert choice.paths == ("pkg/run.py",)
    assert "empty" in choose_core(found, {}).why


def test_a_file_that_no_policy_can_name_is_no_core(tmp_path: Path) -> None:
    files = {"pkg/new\nline.py": FUNCTION * 3, "pkg/a.py": FUNCTION}
    assert core_of(tmp_path, files).paths == ("pkg/a.py",)
