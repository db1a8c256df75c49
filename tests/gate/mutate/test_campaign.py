from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from fake_workers import make_mutant

from gate.errors import UsageError
from gate.mutate.campaign import Campaign, generate_all, in_turn, make_again

SOURCE = """\
import logging

LIMIT = 10

def f(a):
    logging.warning("much too much")
    return a + 1

def g(a):
    return a - 1
"""


def campaign(**fields: Any) -> Campaign:
    return Campaign(**{"files": ("pkg/a.py",), "noise": (), **fields})


def project(root: Path, **files: str | bytes) -> Path:
    (root / "pkg").mkdir()
    for name, text in files.items():
        data = text.encode() if isinstance(text, str) else text
        (root / f"pkg/{name}.py").write_bytes(data)
    return root


def functions(count: int) -> list[Any]:
    return [make_mutant(f"{name}{n}", function=name) for n in range(count) for name in "fg"]


def ids(mutants: list[Any]) -> list[str]:
    return [mutant.id for mutant in mutants]


def test_mutants_are_those_of_the_files_in_their_order(tmp_path: Path) -> None:
    project(tmp_path, a=SOURCE, b="x = 1\n", c="x = 1\n")
    mutants, problems = generate_all(tmp_path, campaign(files=("pkg/b.py", "pkg/a.py")))
    assert list(dict.fromkeys(mutant.path for mutant in mutants)) == ["pkg/b.py", "pkg/a.py"]
    assert {mutant.function for mutant in mutants} == {"", "f", "g"}
    assert problems == ()
    assert generate_all(tmp_path, campaign(files=())) == ((), ())


def test_only_wanted_mutants_are_made(tmp_path: Path) -> None:
    project(tmp_path, a=SOURCE)
    wanted, _ = generate_all(tmp_path, campaign(wanted=lambda mutant: mutant.function == "g"))
    assert {mutant.function for mutant in wanted} == {"g"}


def test_noise_is_marked_by_the_rules_that_are_on(tmp_path: Path) -> None:
    project(tmp_path, a=SOURCE)
    quiet, _ = generate_all(tmp_path, campaign(noise=("log",)))
    loud, _ = generate_all(tmp_path, campaign())
    ignored = [mutant for mutant in quiet if mutant.ignored]
    assert ignored
    assert {mutant.line for mutant in ignored} == {6}
    assert all(mutant.ignored.startswith("log: ") for mutant in ignored)
    assert not any(mutant.ignored for mutant in loud)
    assert [each.id for each in quiet] == [each.id for each in loud]


def test_a_waived_mutant_does_not_count_and_says_why(tmp_path: Path) -> None:
    project(tmp_path, a=SOURCE)
    before, _ = generate_all(tmp_path, campaign())
    chosen = before[0].id
    after, _ = generate_all(tmp_path, campaign(waived={chosen: "known", "no-such-id": "old"}))
    assert {each.id: each.ignored for each in after if each.ignored} == {chosen: "waived: known"}
    assert len(after) == len(before)


def test_a_file_that_cannot_be_mutated_is_a_problem_and_the_others_are_mutated(
    tmp_path: Path,
) -> None:
    project(tmp_path, a=SOURCE, broken="def f(:\n", odd=b"# coding: nonsense\n", nul=b"x = 1\0\n")
    files = ("pkg/broken.py", "pkg/odd.py", "pkg/nul.py", "pkg/gone.py", "pkg/a.py")
    mutants, problems = generate_all(tmp_path, campaign(files=files))
    assert {mutant.path for mutant in mutants} == {"pkg/a.py"}
    assert [problem.subject for problem in problems] == list(files[:4])
    assert all(problem.message.startswith("it cannot be mutated: ") for problem in problems[:3])
    assert problems[3].message == "it cannot be read: No such file or directory"


def test_mutants_to_begin_with_come_first_then_function_by_function() -> None:
    ordered = in_turn(functions(2), campaign(first=lambda mutant: mutant.id == "g1"))
    assert ids(ordered) == ["g1", "f0", "f1", "g0"]


def test_under_a_budget_functions_take_turns() -> None:
    ordered = in_turn(functions(3), campaign(budget=9.0))
    assert ids(ordered) == ["f0", "g0", "f1", "g1", "f2", "g2"]


def test_under_a_budget_a_file_of_few_functions_does_not_wait_for_one_of_many() -> None:
    many = [
        make_mutant(f"{name}{n}", path="pkg/a.py", function=name) for n in "01" for name in "fgh"
    ]
    few = [make_mutant(f"k{n}", path="pkg/b.py", function="k") for n in range(2)]
    ordered = in_turn([*many, *few], campaign(budget=9.0))
    assert ids(ordered) == ["f0", "k0", "g0", "k1", "h0", "f1", "g1", "h1"]


def test_under_a_budget_those_to_begin_with_still_come_first() -> None:
    first = {"f1", "f2", "g2"}
    ordered = in_turn(functions(3), campaign(budget=9.0, first=lambda each: each.id in first))
    assert ids(ordered) == ["f1", "g2", "f2", "f0", "g0", "g1"]


def test_functions_of_one_name_in_two_files_are_two() -> None:
    mutants = [make_mutant(f"{path}{n}", path=f"pkg/{path}.py") for path in "ab" for n in range(2)]
    assert ids(in_turn(mutants, campaign(budget=1.0))) == ["a0", "b0", "a1", "b1"]


def test_no_mutant_is_lost_or_doubled_by_the_order() -> None:
    mutants = functions(4)
    for budget in (None, 1.0):
        ordered = in_turn(mutants, campaign(budget=budget, first=lambda each: "1" in each.id))
        assert sorted(ids(ordered)) == sorted(ids(mutants))


def test_a_pragma_that_was_lifted_keeps_no_mutant_away(tmp_path: Path) -> None:
    text = "".join(f"def {name}(a):\n    return a + 1  # pragma: no mutate\n\n" for name in "fg")
    project(tmp_path, a=text)
    heeded, _ = generate_all(tmp_path, campaign(noise=("pragma",)))
    assert {mutant.ignored.partition(":")[0] for mutant in heeded} == {"pragma"}
    lifted = {"pkg/a.py": frozenset({(2, "no mutate")}), "pkg/b.py": frozenset({(5, "no mutate")})}
    mutants, _ = generate_all(tmp_path, campaign(noise=("pragma",), lifted=lifted))
    assert {mutant.function for mutant in mutants if not mutant.ignored} == {"f"}
    assert [mutant.id for mutant in mutants] == [mutant.id for mutant in heeded]
    assert [mutant.source for mutant in mutants] == [mutant.source for mutant in heeded]


def test_what_makes_mutants_is_not_loaded_before_there_are_any_to_make() -> None:
    code = "import gate.pipeline, sys; print({'libcst', 'mutmut'} & sys.modules.keys())"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "set()\n"


def test_a_mutant_is_made_again_from_the_file_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("def f(a):\n    return a + 1\n")
    made, _ = generate_all(tmp_path, Campaign(("a.py",), ()))
    assert make_again(tmp_path, "a.py", [each.id for each in made]) == made


@pytest.mark.parametrize(
    ("source", "why"),
    [("x = 1\n", "a.py has changed since"), ("def f(:\n", "it cannot be mutated")],
)
def test_a_mutant_that_its_file_holds_no_more_says_so(
    tmp_path: Path, source: str, why: str
) -> None:
    (tmp_path / "a.py").write_text(source)
    with pytest.raises(UsageError, match=why) as caught:
        make_again(tmp_path, "a.py", ["123456789abc"])
    assert "gate mutate a.py --list" in caught.value.hint
