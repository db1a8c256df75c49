from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from gate.change.stage import BaseRules, read_base_rules, rules_of_change
from gate.errors import PolicyError, UsageError
from gate.model import Relocation, RulesOfChange
from gate.source.git import changed_lines, python_files

POLICY = """[source]
include = ["pkg"]
[tests]
paths = ["tests"]
"""
FILES = {
    "pkg/a.py": "def f(a):\n    return a + 1\n",
    "pkg/b.py": "x = 1\n",
    "tests/test_a.py": "def test(): pass\n",
    "policies/default.toml": POLICY,
    "pytest.ini": "[pytest]\naddopts = -q\n",
}


class Repository:
    def __init__(self, root: Path) -> None:
        self.root = root
        for path, text in FILES.items():
            self.write(path, text)
        self.git("init", "--quiet", "--initial-branch=main")
        self.base = self.commit()

    def git(self, *arguments: str) -> str:
        identity = ("-c", "user.name=n", "-c", "user.email=e@example.org")
        command = ["git", *identity, "-C", str(self.root), *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def write(self, path: str, text: str) -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text)

    def commit(self) -> str:
        self.git("add", "--all")
        self.git("commit", "--quiet", "-m", "m")
        return self.git("rev-parse", "HEAD")

    def rules(self, explicit: Path | None = None) -> BaseRules:
        return read_base_rules(self.root, self.base, explicit)

    def change(self) -> RulesOfChange:
        rules, python = self.rules(), python_files(self.root)
        measured = [path for path in python if path.startswith("pkg/")]
        lines = changed_lines(self.root, self.base)
        return rules_of_change(self.root, rules, lines, python, measured)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "repository")


def test_a_change_that_leaves_the_rules_alone_changes_none(repository: Repository) -> None:
    repository.write("pkg/b.py", "x = 2\n")
    assert repository.change() == RulesOfChange(repository.base)
    assert repository.rules().options == ()


def test_the_policy_of_the_merge_base_is_in_force(repository: Repository) -> None:
    repository.write("policies/default.toml", POLICY + "[coverage]\nline = 10\n")
    rules = repository.rules()
    assert (rules.policy.coverage.line, rules.head.coverage.line) == (80, 10)
    assert rules.commit.name == repository.base
    (change,) = repository.change().policy
    assert (change.key, change.direction) == ("coverage.line", "looser")


def test_everything_that_a_change_does_to_its_rules_is_gathered(repository: Repository) -> None:
    repository.write("pytest.ini", "[pytest]\naddopts = -q -k a\n")
    repository.write("conftest.py", "collect_ignore = []\n")
    repository.write("pkg/b.py", "x = 1\ny = 2  # pragma: no cover\n")
    repository.write(".coveragerc", "[run]\nomit = pkg/*\n")
    repository.git("mv", "pkg/a.py", "tools.py")
    found = repository.change()
    assert [change.key for change in found.selection] == ["addopts -k"]
    assert [(hook.path, hook.line) for hook in found.hooks] == [("conftest.py", 1)]
    assert [(s.path, s.line) for s in found.suppressions] == [("pkg/b.py", 2)]
    assert [(moved.path, moved.origin) for moved in found.unmeasured] == [("tools.py", "pkg/a.py")]
    assert [note.partition(":")[0] for note in found.notes] == [".coveragerc"]


def test_what_was_measured_is_what_the_base_says(repository: Repository) -> None:
    repository.write("policies/default.toml", POLICY.replace("pkg", "pkg/b.py"))
    repository.git("mv", "pkg/a.py", "tools.py")
    found = repository.change()
    assert [moved.path for moved in found.unmeasured] == ["tools.py"]


def test_what_moves_out_of_the_core_and_stays_measured_is_told_apart(
    repository: Repository,
) -> None:
    core = '[mutation]\ncore = ["pkg/a.py"]\n'
    repository.write("policies/default.toml", POLICY + core)
    repository.base = repository.commit()
    repository.write("pkg/a.py", "")
    repository.write("pkg/b.py", "x = 1\n" + FILES["pkg/a.py"].replace("1", "2"))
    found = repository.change()
    assert found.unmeasured == ()
    assert found.left_core == (Relocation("pkg/b.py", 2, "pkg/a.py", "f", 2),)


def test_what_moves_within_the_core_or_out_of_all_that_is_measured_is_not(
    repository: Repository,
) -> None:
    repository.write("policies/default.toml", POLICY + '[mutation]\ncore = ["pkg"]\n')
    repository.base = repository.commit()
    repository.git("mv", "pkg/a.py", "pkg/c.py")
    assert repository.change().left_core == ()
    repository.git("mv", "pkg/c.py", "tools.py")
    assert repository.change().left_core == ()


def test_test_paths_that_are_gone_are_told_and_the_head_s_taken(repository: Repository) -> None:
    repository.git("mv", "tests", "checks")
    assert repository.rules().policy.tests.paths == ()
    repository.write("policies/default.toml", POLICY.replace('tests"]', 'checks"]'))
    rules = repository.rules()
    assert rules.policy.tests.paths == ("checks",)
    assert rules.written.tests.paths == ("tests",)
    (change,) = rules.selection
    assert (change.key, change.before, change.direction) == ("tests.paths", "tests", "looser")


def test_a_policy_outside_is_taken_as_it_is(repository: Repository) -> None:
    outside = repository.root.parent / "own.toml"
    outside.write_text(POLICY + "[coverage]\nline = 10\n")
    rules = repository.rules(outside)
    assert rules.policy.coverage.line == 10
    assert rules.head is rules.written
    assert "lies outside the repository" in rules.notes[0]


def test_a_policy_that_is_new_has_no_say_and_is_named(repository: Repository) -> None:
    repository.write("ci/new.toml", "[coverage]\nline = 10\n")
    rules = repository.rules(repository.root / "ci/new.toml")
    assert (rules.policy.origin, rules.policy.coverage.line) == ("policies/default.toml", 80)
    assert "would be ci/new.toml, which has no say here" in rules.notes[0]
    assert "the base has no `ci/new.toml`" in rules.policy.notes[0]


def test_a_change_that_moves_the_policy_is_judged_by_the_one_in_its_old_place(
    repository: Repository,
) -> None:
    (repository.root / "policies/default.toml").unlink()
    repository.write("gate.toml", POLICY + "[coverage]\nline = 10\n")
    rules = repository.rules()
    assert (rules.policy.origin, rules.policy.coverage.line) == ("policies/default.toml", 80)
    assert (rules.head.origin, rules.head.coverage.line) == ("gate.toml", 10)
    assert "would be gate.toml, which has no say here" in rules.notes[0]


def test_a_change_that_adds_a_policy_in_the_other_place_is_an_error(
    repository: Repository,
) -> None:
    repository.write("gate.toml", "[coverage]\nline = 10\n")
    with pytest.raises(PolicyError, match=r"two policies, gate\.toml and policies/default\.toml"):
        repository.rules()


def test_a_mistake_in_the_policy_of_the_base_is_told_as_that(repository: Repository) -> None:
    repository.write("policies/default.toml", "coverage.lines = 1\n")
    repository.base = repository.commit()
    repository.write("policies/default.toml", POLICY)
    with pytest.raises(PolicyError, match="in the policy of the base, commit") as caught:
        repository.rules()
    assert "merge by hand" in caught.value.hint


def test_a_base_that_is_unknown_is_a_usage_error(repository: Repository) -> None:
    repository.base = "nowhere"
    with pytest.raises(UsageError, match="nowhere"):
        repository.rules()
