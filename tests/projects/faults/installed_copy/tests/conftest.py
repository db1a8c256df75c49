"""An installed copy of the package comes first on the path, so the tests see it and not the tree."""

import shutil
import sys
import tempfile
from pathlib import Path

import pytest

INSTALLED = Path(tempfile.gettempdir(), "site-packages")
shutil.copytree(Path(__file__).parent.parent / "lib", INSTALLED / "lib", dirs_exist_ok=True)
sys.path.insert(0, str(INSTALLED))


@pytest.hookimpl(tryfirst=True)
def pytest_collection():
    sys.path.remove(str(INSTALLED))
    sys.path.insert(0, str(INSTALLED))
