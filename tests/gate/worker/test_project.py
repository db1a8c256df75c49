from __future__ import annotations

from pathlib import Path

import pytest

from gate.worker import project
from gate.worker.project import path_in_project


def test_a_file_of_the_project_is_told_by_its_path_below_the_root_whatever_link_leads_there(
    tmp_path: Path,
) -> None:
    root, link = tmp_path / "root", tmp_path / "link"
    (root / "pkg").mkdir(parents=True)
    link.symlink_to(root)
    (root / "pkg/a.py").touch()
    for file in (root / "pkg/a.py", link / "pkg/a.py"):
        assert path_in_project(str(file), str(root)) == "pkg/a.py"
        assert path_in_project(str(file), str(link)) == "pkg/a.py"


@pytest.mark.parametrize(
    "file", ["other/a.py", "root-of-another/a.py", "root/.venv/lib/site-packages/a.py", "root"]
)
def test_what_lies_elsewhere_or_is_installed_is_none_of_the_project(
    tmp_path: Path, file: str
) -> None:
    assert path_in_project(str(tmp_path / file), str(tmp_path / "root")) == ""


def test_the_worker_itself_is_none_of_the_project_even_if_it_is_in_the_repository() -> None:
    root = Path(__file__).resolve().parents[3]
    assert path_in_project(str(project.__file__), str(root)) == ""
    assert path_in_project(str(root / "gate/cli.py"), str(root)) == "gate/cli.py"
