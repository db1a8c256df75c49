from __future__ import annotations

from pathlib import Path

import pytest

from gate.init.choice import Choice
from gate.init.project import Project, project_around, projects_in

NONE_CHOSEN = Choice((), "not set")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for path in ("services/a/pyproject.toml", "services/a/src/a/ops.py", "services/b/pytest.ini"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    (tmp_path / "pyproject.toml").touch()
    return tmp_path


@pytest.mark.parametrize(
    ("start", "folder"),
    [
        ("services/a", "services/a"),
        ("services/a/src/a", "services/a"),
        ("services/b", ""),
        ("services", ""),
        (".", ""),
        ("..", ""),
    ],
)
def test_a_project_is_the_nearest_folder_with_settings_of_its_own(
    root: Path, start: str, folder: str
) -> None:
    assert project_around(root, root / start) == Project(root, folder)


def test_a_project_is_found_behind_a_link_to_the_repository(root: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(root, target_is_directory=True)
    assert project_around(link, root / "services/a").folder == "services/a"


def test_a_project_has_its_own_files_and_names_them_as_the_repository_does(root: Path) -> None:
    project = Project(root, "services/a")
    listed = ("pyproject.toml", "services/a/src/a/ops.py", "services/ab/c.py")
    assert project.own(listed) == ("src/a/ops.py",)
    assert project.named(project.own(listed)) == ("services/a/src/a/ops.py",)
    assert project.path == root / "services/a"
    assert Project(root).own(listed) == Project(root).named(listed) == listed


def test_what_is_chosen_of_one_project_is_always_named(root: Path) -> None:
    project = Project(root, "services/a")
    assert project.choice(Choice(("src",), "why")) == Choice(("services/a/src",), "why")
    assert project.choice(NONE_CHOSEN).paths == ("services/a",)
    assert "services/a" in project.choice(NONE_CHOSEN).why
    assert project.choice(NONE_CHOSEN, ["tests"]).paths == ("services/a/tests",)
    assert Project(root).choice(NONE_CHOSEN, ["tests"]) == NONE_CHOSEN


def test_a_repository_holds_several_projects_where_its_root_is_none() -> None:
    listed = ["b/setup.py", "a/pyproject.toml", "a/setup.cfg", "docs/conf.py"]
    assert projects_in(listed) == ("a", "b")
    assert projects_in([*listed, "setup.cfg"]) == ()
