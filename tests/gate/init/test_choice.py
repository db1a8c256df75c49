from __future__ import annotations

import pytest

from gate.errors import PolicyError
from gate.init.choice import can_be_named, is_within
from gate.policy.model import parse_policy

NAMES = (
    "pkg",
    "sp ace",
    "ünï/cödé",
    'quo"te',
    "apo'strophe",
    "new\nline",
    "back\\slash",
    "tab\t",
    "\udce9",
    "a/../b",
    "/a",
    " ",
)


@pytest.mark.parametrize("name", NAMES)
def test_what_can_be_named_is_what_a_policy_accepts(name: str) -> None:
    escaped = (
        name.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    )
    try:
        parse_policy(f'[source]\ninclude = ["{escaped}"]\n', "policy.toml")
        accepted = True
    except PolicyError:
        accepted = False
    assert can_be_named(name) is accepted


def test_a_path_lies_within_itself_its_folders_and_the_root() -> None:
    assert is_within("a/b/c.py", "a/b")
    assert is_within("a/b", "a/b")
    assert is_within("a/b", ".")
    assert not is_within("ab/c.py", "a")
