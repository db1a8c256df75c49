from __future__ import annotations

import tomllib

import pytest

from gate.init.hints import hinted_paths, table, words

PYTHON = ("lib/shop/__init__.py", "shop/a.py", "shop/b/c.py", "single.py", "tests/test_a.py")


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ('[tool.hatch.build.targets.wheel]\npackages = ["lib/shop"]', ("lib/shop",)),
        ('[tool.setuptools]\npackages = ["shop", "shop.b"]', ("shop",)),
        ('[tool.setuptools]\npackages = ["shop"]\npackage-dir = {"" = "lib"}', ("lib/shop",)),
        ('[tool.setuptools]\npy-modules = ["single"]', ("single.py",)),
        ('[tool.poetry]\npackages = [{include = "shop", from = "lib"}]', ("lib/shop",)),
        ('[tool.poetry]\npackages = [{include = "shop"}]', ("shop",)),
        ('[tool.hatch.build.targets.wheel]\npackages = ["./lib/shop/"]', ("lib/shop",)),
        ('[tool.flit.module]\nname = "shop"', ("shop",)),
    ],
)
def test_a_build_system_says_what_it_ships(text: str, paths: tuple[str, ...]) -> None:
    found, where = hinted_paths(tomllib.loads(text), PYTHON)
    assert found == paths
    assert where.strip("[]") in text or "tool.setuptools" in where


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tool = 3",
        '[tool.hatch.build.targets.wheel]\npackages = ["elsewhere"]',
        '[tool.hatch.build.targets.wheel]\npackages = "shop"',
        "[tool.setuptools]\npackages = {find = {}}",
        "[tool.poetry]\npackages = [1, {from = 2}]",
        "[tool.flit.module]\nname = 1",
    ],
)
def test_what_is_not_plain_or_leads_nowhere_is_no_hint(text: str) -> None:
    assert hinted_paths(tomllib.loads(text), PYTHON) == ((), "")


def test_keys_are_followed_as_far_as_there_are_tables() -> None:
    assert table({"a": {"b": 1}}, ("a", "b")) == 1
    assert table({"a": {"b": 1}}, ("a", "b", "c")) is None
    assert words(["a", 1, "b"]) == ["a", "b"]
