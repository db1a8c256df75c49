"""Which project a first policy is for: the repository, or one folder of it that has settings of its own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from gate.init.choice import Choice
from gate.policy.search import PYPROJECT

# A folder with one of these is a project: it can be installed by itself.
SETTINGS = (PYPROJECT, "setup.py", "setup.cfg")


@dataclass(frozen=True, slots=True)
class Project:
    """A project of the repository at `root`; `folder` is relative to that, empty for the whole repository."""

    root: Path
    folder: str = ""

    @property
    def path(self) -> Path:
        """Give the folder of the project on disk."""
        return self.root / self.folder

    def own(self, listed: Iterable[str]) -> tuple[str, ...]:
        """Give those files of the repository that belong to the project, relative to its folder."""
        inside = self._at("")
        return tuple(path.removeprefix(inside) for path in listed if path.startswith(inside))

    def named(self, paths: Iterable[str]) -> tuple[str, ...]:
        """Give paths of the project relative to the repository."""
        return tuple(map(self._at, paths))

    def choice(self, chosen: Choice, otherwise: Iterable[str] = ()) -> Choice:
        """Give a choice relative to the repository; a project that is not the whole of it is always named.

        `otherwise` are the paths of the project to name where none was chosen, without them its folder.
        """
        if chosen.paths or not self.folder:
            return replace(chosen, paths=self.named(chosen.paths))
        named = self.named(otherwise) or (self.folder,)
        return Choice(named, f"of the project in {self.folder}, in which `gate init` was called")

    def _at(self, path: str) -> str:
        return f"{self.folder}/{path}" if self.folder else path


def project_around(root: Path, start: Path) -> Project:
    """Find the project of a folder: the nearest around it with settings of its own, else the repository."""
    top, here = root.resolve(), start.resolve()
    for folder in (here, *here.parents):
        if folder == top or top not in folder.parents:
            break
        if any((folder / name).is_file() for name in SETTINGS):
            return Project(root, folder.relative_to(top).as_posix())
    return Project(root)


def projects_in(listed: Iterable[str]) -> tuple[str, ...]:
    """Name the folders of a repository that are projects; none where the root is one."""
    files = [PurePosixPath(path) for path in listed]
    folders = {str(path.parent) for path in files if path.name in SETTINGS}
    return () if "." in folders else tuple(sorted(folders))
