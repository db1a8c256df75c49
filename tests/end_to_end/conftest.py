"""Every test here has a laboratory of its own."""

from __future__ import annotations

from pathlib import Path

import pytest
from laboratory import Laboratory


@pytest.fixture
def laboratory(tmp_path: Path) -> Laboratory:
    return Laboratory(tmp_path)


@pytest.fixture
def empty(tmp_path: Path) -> Laboratory:
    """A repository without files, on the branch `main`."""
    laboratory = Laboratory(tmp_path, project=None)
    laboratory.git("init", "--quiet", "--initial-branch=main")
    return laboratory
