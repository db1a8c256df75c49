from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from repositories import write_files

from gate.errors import ExitCode, SetupError
from gate.init.layout import Layout, read_layout
from gate.init.suite import Suite


def layout_of(root: Path, *python: str, project: str = "") -> Layout:
    write_files(root, dict.fromkeys(python, ""))
    return read_layout(python, Suite(root, python), tomllib.loads(project))


@pytest.mark.parametrize(
    ("python", "measured"),
    [
        (["src/shop/__init__.py", "src/shop/a.py", "run.py", "tests/test_a.py"], ("src/shop",)),
        (["src/shop/__init__.py", "src/single.py"], ("src",)),
        (["src/space/name.py"], ("src",)),
        (["shop/__init__.py", "shop/a.py", "setup.py", "manage.py"], ("shop",)),
        (
            ["shop/__init__.py", "scripts/__init__.py", "docs/conf.py", "build/lib/shop/a.py"],
            ("shop",),
        ),
        (["one/__init__.py", "two/__init__.py", "shop_tests/__init__.py"], ("one", "two")),
        (["parts/left/a.py", "tests/test_a.py"], ("parts",)),
        (["single.py", "setup.py", "conftest.py", "test_single.py"], ("single.py",)),
        (["sp ace/__init__.py", 'quo"te/__init__.py', "é/__init__.py"], ('quo"te', "sp ace", "é")),
    ],
)
def test_packages_are_found_in_each_layout(
    tmp_path: Path, python: list[str], measured: tuple[str, ...]
) -> None:
    assert layout_of(tmp_path, *python).measured.paths == measured


def test_what_pyproject_names_comes_before_what_is_seen(tmp_path: Path) -> None:
    project = '[tool.hatch.build.targets.wheel]\npackages = ["tools"]\n'
    layout = layout_of(tmp_path, "tools/a.py", "shop/__init__.py", project=project)
    assert layout.measured.paths == ("tools",)
    assert layout.sources == ("tools/a.py",)
    assert "hatch" in layout.measured.why


def test_a_package_that_holds_its_tests_is_not_named_or_they_would_count_as_code(
    tmp_path: Path,
) -> None:
    python = ("shop/__init__.py", "shop/a.py", "shop/tests/test_a.py", "run.py")
    layout = layout_of(tmp_path, *python)
    assert layout.measured.paths == ()
    assert "shop holds its tests" in layout.measured.why
    assert "run.py too" in layout.measured.why
    assert layout.sources == ("shop/__init__.py", "shop/a.py", "run.py")


def test_a_name_that_no_policy_can_give_leaves_it_to_the_default(tmp_path: Path) -> None:
    layout = layout_of(tmp_path, "new\nline/__init__.py", "shop/__init__.py")
    assert layout.measured.paths == ()
    assert "no policy can name 'new\\nline'" in layout.measured.why


@pytest.mark.parametrize("python", [[], ["tests/test_a.py"], ["docs/conf.py", "setup.py"]])
def test_where_there_is_nothing_to_measure_nothing_is_chosen(
    tmp_path: Path, python: list[str]
) -> None:
    with pytest.raises(SetupError, match="no Python code") as raised:
        layout_of(tmp_path, *python)
    assert raised.value.exit_code == ExitCode.USAGE
