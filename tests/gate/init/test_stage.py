from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from builders import make_evidence, make_mutation, make_outcome, make_policy, make_suite
from repositories import git, make_repository

from gate.errors import PolicyError, SetupError, UsageError
from gate.init.stage import obstacles, plan_files, preview, write_plan
from gate.policy.search import load_policy
from gate.request import Request, read_subject

FILES = {
    "shop/__init__.py": "",
    "shop/basket.py": "def total(prices):\n    return sum(prices)\n",
    "tests/test_basket.py": "from shop.basket import total\n\ndef test_one():\n    assert total([1]) == 1\n",
}
WRITTEN = [
    "gate.toml",
    ".github/workflows/gate.yml",
    ".github/workflows/gate-comment.yml",
]


def test_what_is_written_is_a_policy_under_which_the_repository_can_be_read(tmp_path: Path) -> None:
    root = make_repository(tmp_path, FILES)
    told = "\n".join(write_plan(plan_files(root)))
    policy = load_policy(root)
    assert policy.origin == "gate.toml"
    assert policy.source.include == ("shop",)
    assert policy.tests.paths == ()
    assert policy.mutation.core == ("shop/basket.py",)
    subject = read_subject(Request(start=root))
    assert subject.targets.files == ("shop/basket.py",)
    assert git(root, "status", "--porcelain", "--untracked-files=all").split()[1::2] == sorted(
        WRITTEN
    )
    for path in WRITTEN:
        assert f"wrote {path}" in told
    assert "gate doctor" in told
    assert "gate check" in told


def test_it_works_from_a_folder_below_the_root(tmp_path: Path) -> None:
    root = make_repository(tmp_path, FILES)
    list(write_plan(plan_files(root / "shop")))
    assert all((root / path).is_file() for path in WRITTEN)


def test_the_default_branch_is_that_of_the_workflow(tmp_path: Path) -> None:
    root = make_repository(tmp_path, FILES, branch="trunk")
    text = plan_files(root).texts[".github/workflows/gate.yml"]
    assert yaml.safe_load(text)[True]["push"]["branches"] == ["trunk"]


def test_a_preview_shows_all_and_writes_nothing(tmp_path: Path) -> None:
    root = make_repository(tmp_path, FILES)
    plan = plan_files(root)
    shown = "\n".join(preview(plan))
    assert all(text in shown for text in plan.texts.values())
    assert git(root, "status", "--porcelain") == ""


@pytest.mark.parametrize("place", ["gate.toml", "policies/default.toml"])
def test_a_preview_names_what_stands_in_the_way(tmp_path: Path, place: str) -> None:
    root = make_repository(tmp_path, FILES | {place: "[coverage]\nline = 5\n"})
    assert f"{place} is already here" in list(preview(plan_files(root)))[-1]
    with pytest.raises(UsageError, match=place):
        list(write_plan(plan_files(root)))
    assert git(root, "status", "--porcelain") == ""


def test_a_repository_whose_policy_has_another_name_is_left_alone(tmp_path: Path) -> None:
    project = '[tool.gate]\npolicy = "quality.toml"\n'
    root = make_repository(tmp_path, FILES | {"pyproject.toml": project})
    with pytest.raises(UsageError, match=r"quality\.toml"):
        plan_files(root)


def test_a_pyproject_that_is_no_toml_is_named_with_its_line(tmp_path: Path) -> None:
    root = make_repository(tmp_path, FILES | {"pyproject.toml": "a = 1\nb = \n"})
    with pytest.raises(PolicyError, match=r"pyproject\.toml:2"):
        plan_files(root)


def test_a_configuration_of_pytest_that_cannot_be_read_is_said_first(tmp_path: Path) -> None:
    root = make_repository(tmp_path, FILES | {"pytest.ini": "[pytest]\naddopts = 'open\n"})
    first, problem, *_ = write_plan(plan_files(root))
    assert first.startswith("First")
    assert problem.strip().startswith("pytest.ini cannot be read: addopts: No closing quotation")


def test_of_many_problems_the_first_are_said_and_the_others_counted(tmp_path: Path) -> None:
    plan = plan_files(make_repository(tmp_path, FILES))
    told = list(write_plan(replace(plan, problems=tuple(f"problem {n}" for n in range(9)))))
    assert "  problem 4" in told
    assert "  problem 5" not in told
    assert "  and 4 more; `gate check` names them" in told


def test_without_git_there_is_nothing_to_write_to(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="not in a git repository"):
        plan_files(tmp_path)


def test_a_repository_without_tests_gets_a_policy_that_says_so(tmp_path: Path) -> None:
    root = make_repository(tmp_path, {"shop/a.py": FILES["shop/basket.py"]})
    plan = plan_files(root)
    list(write_plan(plan))
    assert load_policy(root).tests.paths == ()
    assert "no test was found" in plan.texts["gate.toml"]


@pytest.mark.parametrize(
    "name", ["sp ace", 'quo"te', "ünï", "apo'strophe", "new\nline", "back\\slash", "-dash"]
)
def test_any_name_of_a_package_gives_files_that_can_be_read(tmp_path: Path, name: str) -> None:
    files = {path.replace("shop", name): text for path, text in FILES.items()}
    root = make_repository(tmp_path, files)
    list(write_plan(plan_files(root)))
    subject = read_subject(Request(start=root))
    assert set(subject.files) == {f"{name}/__init__.py", f"{name}/basket.py"}
    for path in WRITTEN[1:]:
        assert yaml.safe_load((root / path).read_text(encoding="utf-8"))["jobs"]


def test_a_score_of_a_sample_is_no_obstacle_and_what_else_is_missing_is() -> None:
    policy = make_policy('[mutation]\ncore = ["pkg"]\n')
    mutation = make_mutation("Killed", "NoCoverage", "NoCoverage", core=("pkg/a.py",))
    red = make_outcome("tests/test_a.py::test_two", "failed")
    evidence = make_evidence(make_suite(make_outcome(), red), mutation=mutation)
    whole = obstacles(policy, evidence, sampled=False)
    sample = obstacles(policy, evidence, sampled=True)
    assert len(whole) == len(sample) + 1
    assert "of the mutants are detected" in "".join(set(whole) - set(sample))
    assert any("failed" in each for each in sample)
