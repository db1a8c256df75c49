from __future__ import annotations

from pathlib import Path

import pytest
from repositories import write_files

from gate.init.exports import Exports
from gate.source.imports import ImportGraph

FILES = {
    "src/shop/__init__.py": "from .core import price as cost\nfrom .deep import *\nfrom . import tools\n"
    "try:\n    from .fast import quick\nexcept ImportError:\n    from .slow import quick\ndef own(): ...\n",
    "src/shop/core.py": "from shop.base import price\nclass Basket: ...\n",
    "src/shop/base.py": "def price(): ...\n",
    "src/shop/deep/__init__.py": "from .down import *\ndef level(): ...\n",
    "src/shop/deep/down.py": "",
    "src/shop/tools.py": "def saw(): ...\n",
    "src/shop/slow.py": "def quick(): ...\n",
    "src/shop/circle.py": "from shop.circle import round\n",
}


@pytest.mark.parametrize(
    ("text", "used"),
    [
        ("from shop import cost", {"base"}),
        ("import shop\nshop.cost()", {"base"}),
        ("import shop as s\ns.cost.x", {"base"}),
        ("from shop.core import Basket", {"core"}),
        ("from shop.core import *", {"core"}),
        ("import shop.core", {"core"}),
        ("def test():\n    import shop.core as c\n    c.price()", {"core", "base"}),
        ("from shop import tools\ntools.saw()", {"tools"}),
        ("import shop\nshop.tools.saw()", {"tools"}),
        ("from shop import level", {"deep/__init__"}),
        ("from shop import quick", {"slow"}),
        ("from shop import own, unknown", {"__init__"}),
        ("from src.shop.base import price", {"base"}),
        ("from shop.circle import round", {"circle"}),
        ("import shop", set()),
        ("import os, pytest\nos.path.join(pytest.x)", set()),
        ("def broken(:", set()),
    ],
)
def test_what_a_test_imports_is_followed_to_where_it_is_made(
    tmp_path: Path, text: str, used: set[str]
) -> None:
    write_files(tmp_path, FILES | {"tests/test_a.py": text})
    exports = Exports(tmp_path, ImportGraph(tmp_path, [*FILES, "tests/test_a.py"]))
    assert exports.used_by("tests/test_a.py") == {f"src/shop/{name}.py" for name in used}


def test_a_relative_import_is_followed_from_its_own_folder(tmp_path: Path) -> None:
    files = {"pkg/a.py": "def f(): ...\n", "pkg/tests/test_a.py": "from ..a import f\n"}
    write_files(tmp_path, files)
    exports = Exports(tmp_path, ImportGraph(tmp_path, files))
    assert exports.used_by("pkg/tests/test_a.py") == {"pkg/a.py"}
