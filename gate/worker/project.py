"""Which files are the project's, for what a worker tells of them."""

from __future__ import annotations

from .kept import os

_OWN = os.path.join(os.path.dirname(os.path.realpath(__file__)), "")


def path_in_project(file: str, root: str) -> str:
    """Give the path of a project's file relative to `root`, links followed; empty for any other file.

    Installed packages are none of the project's, nor are the files of this package, even if they lie in it.
    """
    path, inside = os.path.realpath(file), os.path.join(os.path.realpath(root), "")
    if "site-packages" in file or path.startswith(_OWN) or not path.startswith(inside):
        return ""
    return path[len(inside) :]
