from __future__ import annotations

from pathlib import Path

import pytest
from repositories import write_files

from gate.doctor.owners import check_owners, owners_of

GUARDED = (".github/workflows/gate.yml", "policies/default.toml")


@pytest.mark.parametrize(
    ("line", "path", "owned"),
    [
        ("* @a", "any/thing.py", True),
        ("/.github/ @a", ".github/workflows/gate.yml", True),
        (".github/ @a", "deep/.github/x.yml", True),
        ("/.github/ @a", "deep/.github/x.yml", False),
        (".github @a", ".github/workflows/gate.yml", True),
        (".github/workflows @a", ".github/workflows/gate.yml", True),
        (".github/* @a", ".github/workflows/gate.yml", False),
        (".github/** @a", ".github/workflows/gate.yml", True),
        ("*.toml @a", "policies/default.toml", True),
        ("/*.toml @a", "policies/default.toml", False),
        ("policies/*.toml @a", "policies/default.toml", True),
        ("default.toml/ @a", "policies/default.toml", False),
        ("policies/ # @a", "policies/default.toml", False),
        ("# policies/ @a", "policies/default.toml", False),
        ("policies/[a @a", "policies/default.toml", False),
        ("", "policies/default.toml", False),
    ],
)
def test_a_line_owns_what_github_says_it_does(line: str, path: str, owned: bool) -> None:
    assert bool(owners_of(line, path)) is owned


def test_the_last_line_that_matches_counts_also_without_owners() -> None:
    assert owners_of("* @a\n/policies/ @b @c\n", "policies/x.toml") == ("@b", "@c")
    assert owners_of("* @a\n/policies/\n", "policies/x.toml") == ()


@pytest.mark.parametrize("place", [".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"])
def test_the_file_is_found_in_each_of_its_places(tmp_path: Path, place: str) -> None:
    write_files(tmp_path, {place: "* @a\n"})
    (check,) = check_owners(tmp_path, GUARDED)
    assert check.status == "ok"
    assert place in check.message


def test_without_owners_of_the_rules_there_is_a_warning(tmp_path: Path) -> None:
    (check,) = check_owners(tmp_path, GUARDED)
    assert check.status == "warning"
    assert "`/.github/ @OWNER` and the line `/policies/default.toml @OWNER`" in check.remedy
    write_files(tmp_path, {".github/CODEOWNERS": "/.github/ @a\n"})
    (check,) = check_owners(tmp_path, GUARDED)
    assert check.status == "warning"
    assert "policies/default.toml" in check.message
    assert "gate.yml" not in check.message
    assert check.remedy == "add to .github/CODEOWNERS the line `/policies/default.toml @OWNER`"


def test_the_file_of_owners_must_have_an_owner_itself(tmp_path: Path) -> None:
    write_files(tmp_path, {"CODEOWNERS": "/.github/ @a\n/policies/ @a\n"})
    (check,) = check_owners(tmp_path, GUARDED)
    assert check.status == "warning"
    assert "nobody for CODEOWNERS" in check.message
