"""A pull request that changes the rules it is judged by: a base commit, a head, the verdict and its rule."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from laboratory import POLICY, Laboratory, Run

from gate.errors import ExitCode

ARITHMETIC = """def add(left, right):
    return left + right


def sign(number):
    if number < 0:
        return -1
    return 1 if number else 0
"""
UNTESTED = "\n\ndef twice(number):\n    return 2 * number\n"
TESTED = "\n\ndef test_twice():\n    from lib.arithmetic import twice\n\n    assert twice(4) == 8\n"
PYTEST = "[pytest]\npythonpath = .\n"
ENTRY = 'reason = "r"\nowner = "o"\nexpires = 2999-12-31\n'


def its_tests(laboratory: Laboratory) -> str:
    return (laboratory.root / "tests/test_lib.py").read_text()


def append(laboratory: Laboratory, path: str, text: str) -> None:
    file = laboratory.root / path
    file.write_text((file.read_text() if file.exists() else "") + text)


@dataclass(frozen=True, slots=True)
class Case:
    """What the head does, the rules that must force the verdict, and what some have to say."""

    change: Callable[[Laboratory], object]
    forcing: frozenset[str] = frozenset()
    says: dict[str, str] = field(default_factory=dict)


def writes(path: str, text: str) -> Callable[[Laboratory], object]:
    return lambda laboratory: laboratory.write(path, text)


def appends(*pairs: tuple[str, str]) -> Callable[[Laboratory], object]:
    def change(laboratory: Laboratory) -> None:
        for path, text in pairs:
            append(laboratory, path, text)

    return change


def second_config(laboratory: Laboratory) -> None:
    laboratory.write("lax.toml", (laboratory.root / POLICY).read_text() + "[coverage]\nline = 10\n")
    laboratory.write("pyproject.toml", '[tool.gate]\npolicy = "lax.toml"\n')


def default_of(laboratory: Laboratory) -> None:
    """The policy in the place where it is looked for."""
    laboratory.write("policies/default.toml", (laboratory.root / POLICY).read_text())


def moves_file(laboratory: Laboratory) -> None:
    laboratory.git("mv", "lib/arithmetic.py", "tools.py")
    laboratory.write("lib/__init__.py", "")
    laboratory.write("tests/test_lib.py", its_tests(laboratory).replace("lib.arithmetic", "tools"))


def moves_function(laboratory: Laboratory) -> None:
    sign = ARITHMETIC[ARITHMETIC.index("def sign") :]
    laboratory.write("lib/arithmetic.py", ARITHMETIC.replace(sign, ""))
    laboratory.write("tools/signs.py", f"LIMIT = 0\n\n\n{sign}")
    laboratory.write(
        "tests/test_lib.py",
        "from lib.arithmetic import add\n\n\ndef test():\n    assert add(2, 3) == 5\n",
    )


def renames_tests(laboratory: Laboratory) -> None:
    laboratory.git("mv", "tests", "checks")


CHEATS = {
    "threshold lowered in the same change": Case(
        appends((POLICY, "[coverage]\nline = 10\nbranch = 10\n"), ("lib/arithmetic.py", UNTESTED)),
        frozenset({"policy.loosened", "coverage.function", "changed.function", "changed.line"}),
        {"policy.loosened": "coverage.line: 80 becomes 10"},
    ),
    "exclusion added": Case(
        appends((POLICY, f'[[tests.exclude]]\ntest = "*::test_sign"\n{ENTRY}')),
        frozenset({"policy.loosened"}),
        {"policy.loosened": "tests.exclude *::test_sign: none becomes until 2999-12-31"},
    ),
    "measured files narrowed": Case(
        lambda laboratory: laboratory.policy(include='["lib/__init__.py"]'),
        frozenset({"policy.loosened"}),
        {"policy.loosened": "without lib/arithmetic.py"},
    ),
    "deselected in addopts": Case(
        writes("pytest.ini", PYTEST + "addopts = --deselect tests/test_lib.py::test_sign\n"),
        frozenset({"suite.selection"}),
        {"suite.selection": "addopts --deselect"},
    ),
    "a second pytest configuration": Case(
        writes("tests/pytest.ini", "[pytest]\npythonpath = ..\naddopts = -k add\n"),
        frozenset({"suite.selection"}),
        {"suite.selection": "addopts -k"},
    ),
    "test functions named otherwise": Case(
        writes("pytest.ini", PYTEST + "python_functions = test_add\n"),
        frozenset({"suite.selection"}),
        {"suite.selection": "python_functions"},
    ),
    "pragma on a def": Case(
        appends(("lib/arithmetic.py", UNTESTED.replace("):", "):  # pragma: no cover"))),
        frozenset({"suppression.new", "coverage.function", "changed.function", "changed.line"}),
        {"suppression.new": "new pragma no cover: def twice(number):  # pragma: no cover"},
    ),
    "test skipped": Case(
        lambda laboratory: laboratory.write(
            "tests/test_lib.py",
            "import pytest\n"
            + its_tests(laboratory).replace("def test_sign", "@pytest.mark.skip\ndef test_sign"),
        ),
        frozenset({"suppression.new", "coverage.branch", "coverage.function", "coverage.line"}),
        {"suppression.new": "new skip: skip"},
    ),
    "file moved to an unmeasured folder": Case(
        moves_file,
        frozenset({"changed.unmeasured", "suite.measured"}),
        {"changed.unmeasured": "lib/arithmetic.py, measured on the base, is not measured here"},
    ),
    "function moved to an unmeasured folder": Case(
        moves_function,
        frozenset({"changed.unmeasured"}),
        {"changed.unmeasured": "sign of lib/arithmetic.py, measured on the base"},
    ),
    "test folder renamed": Case(
        renames_tests,
        frozenset({"suite.selection"}),
        {"suite.selection": "tests.paths: tests becomes nothing"},
    ),
    "attributes hide the change": Case(
        appends(("lib/arithmetic.py", UNTESTED), (".gitattributes", "*.py -diff\n")),
        frozenset({"coverage.function", "changed.function", "changed.line"}),
    ),
}
HONEST = {
    "tightening": Case(
        appends((POLICY, "[coverage]\nline = 100\n")),
        says={"policy.changed": "tightens coverage.line: 80 becomes 100"},
    ),
    "stricter pytest": Case(writes("pytest.ini", PYTEST + "addopts = --strict-markers -ra\n")),
    "more tests": Case(
        lambda laboratory: (
            laboratory.write("pytest.ini", PYTEST + "python_functions = test check\n"),
            append(laboratory, "lib/arithmetic.py", UNTESTED),
            append(laboratory, "tests/test_lib.py", TESTED.replace("def test_", "def check_")),
        ),
        says={"suite.selection": "more tests, by python_functions"},
    ),
    "code with its test": Case(
        appends(("lib/arithmetic.py", UNTESTED), ("tests/test_lib.py", TESTED))
    ),
    "omit widened": Case(
        appends(
            (".coveragerc", "[run]\nomit = lib/*\n"),
            ("lib/arithmetic.py", UNTESTED),
            ("tests/test_lib.py", TESTED),
        ),
        says={"policy.changed": ".coveragerc: [run] omit now has lib/*, which has no say here"},
    ),
    "moved inside what is measured": Case(
        lambda laboratory: (
            laboratory.git("mv", "lib/arithmetic.py", "lib/numbers.py"),
            laboratory.write(
                "tests/test_lib.py", its_tests(laboratory).replace("lib.arithmetic", "lib.numbers")
            ),
        )
    ),
}


@pytest.fixture
def base(laboratory: Laboratory) -> Laboratory:
    """The subject with a first commit to be compared with."""
    laboratory.commit()
    return laboratory


@pytest.mark.parametrize("name", CHEATS)
def test_a_change_that_bends_its_rules_fails_by_the_rule_for_it(
    base: Laboratory, name: str
) -> None:
    case, first = CHEATS[name], base.git("rev-parse", "HEAD")
    case.change(base)
    run = base.check("--base", first)
    assert run.code == ExitCode.FAIL, run.output
    assert run.forcing == case.forcing
    for rule, text in case.says.items():
        assert text in run.messages(rule)


@pytest.mark.parametrize("name", HONEST)
def test_an_honest_change_passes(base: Laboratory, name: str) -> None:
    case, first = HONEST[name], base.git("rev-parse", "HEAD")
    case.change(base)
    run = base.check("--base", first)
    assert run.code == ExitCode.PASS, run.output
    for rule, text in case.says.items():
        assert text in run.messages(rule)


def test_what_the_head_deselects_has_run(base: Laboratory) -> None:
    first = base.git("rev-parse", "HEAD")
    base.addopts("-k add --ignore=tests/test_lib.py --strict-markers")
    run = base.check("--base", first)
    assert run.counts == {"passed": 2}
    assert {change["key"] for change in run.document["rules"]["selection"]} == {
        "addopts -k",
        "addopts --ignore",
    }


def test_a_second_policy_that_would_win_is_named_and_has_no_say(laboratory: Laboratory) -> None:
    default_of(laboratory)
    first = laboratory.commit()
    second_config(laboratory)
    append(laboratory, "lib/arithmetic.py", UNTESTED)
    laboratory.commit()
    run = laboratory.command("check", "--no-mutation", "--base", first).finish()
    assert run.code == ExitCode.FAIL
    assert {"policy.loosened", "changed.line"} <= run.forcing
    assert "lax.toml, which has no say here: policies/default.toml of the base" in run.messages(
        "policy.changed"
    )
    assert run.document["policy"]["origin"] == "policies/default.toml"


def test_a_policy_that_moves_to_the_first_place_is_judged_as_it_stood(
    laboratory: Laboratory,
) -> None:
    default_of(laboratory)
    first = laboratory.commit()
    laboratory.git("mv", "policies/default.toml", "gate.toml")
    honest = laboratory.command("check", "--no-mutation", "--base", first).finish()
    assert "policy.loosened" not in honest.forcing
    append(laboratory, "gate.toml", "[coverage]\nline = 10\n")
    append(laboratory, "lib/arithmetic.py", UNTESTED)
    laboratory.commit()
    run = laboratory.command("check", "--no-mutation", "--base", first).finish()
    assert run.code == ExitCode.FAIL
    assert {"policy.loosened", "changed.line"} <= run.forcing
    assert run.document["policy"]["origin"] == "policies/default.toml"


def test_a_policy_added_in_the_first_place_is_refused_beside_the_one_of_the_base(
    laboratory: Laboratory,
) -> None:
    default_of(laboratory)
    first = laboratory.commit()
    laboratory.write("gate.toml", "[coverage]\nline = 0\n")
    append(laboratory, "lib/arithmetic.py", UNTESTED)
    laboratory.commit()
    run = laboratory.command("check", "--no-mutation", "--base", first).finish()
    assert run.code == ExitCode.USAGE
    assert run.results is None
    assert "two policies, gate.toml and policies/default.toml" in run.errors
    assert "git rm policies/default.toml" in run.errors


def test_without_a_policy_in_the_base_the_built_in_defaults_judge(laboratory: Laboratory) -> None:
    policy = (laboratory.root / POLICY).read_text()
    (laboratory.root / POLICY).unlink()
    first = laboratory.commit()
    laboratory.write(POLICY, policy)
    run = laboratory.check("--base", first)
    assert "no policy file is in the base" in run.messages("policy.valid")
    assert run.document["policy"]["origin"] == "built-in defaults"


def test_a_policy_from_outside_is_the_operator_s_own(base: Laboratory) -> None:
    first = base.git("rev-parse", "HEAD")
    own = base.home.parent / "own.toml"
    own.write_text((base.root / POLICY).read_text())
    append(base, POLICY, "[coverage]\nline = 10\n")
    base.commit()
    run = base.command("check", "--no-mutation", "--policy", str(own), "--base", first).finish()
    assert run.code == ExitCode.PASS
    assert "lies outside the repository" in run.messages("policy.changed")


@pytest.mark.parametrize("broken", ["base", "head"])
def test_a_policy_with_a_mistake_on_either_side_is_an_error(
    laboratory: Laboratory, broken: str
) -> None:
    good = (laboratory.root / POLICY).read_text()
    bad = good + "[coverage]\nlines = 1\n"
    laboratory.write(POLICY, bad if broken == "base" else good)
    first = laboratory.commit()
    laboratory.write(POLICY, bad if broken == "head" else good)
    run = laboratory.check("--base", first)
    assert run.code == ExitCode.USAGE
    assert "coverage.lines" in run.errors
    assert ("in the policy of the base" in run.errors) == (broken == "base")


def test_code_that_chooses_tests_is_named_by_its_line(base: Laboratory) -> None:
    first = base.git("rev-parse", "HEAD")
    base.write(
        "conftest.py", "\n\ndef pytest_collection_modifyitems(items):\n    items.reverse()\n"
    )
    run = base.check("--base", first)
    assert run.code == ExitCode.PASS
    (warning,) = [f for f in run.document["findings"] if f["rule"] == "suite.selection"]
    assert (warning["path"], warning["line"], warning["level"]) == ("conftest.py", 3, "warning")


def test_a_budget_of_the_base_lets_suppressions_in_and_their_lines_still_count(
    laboratory: Laboratory,
) -> None:
    append(
        laboratory,
        POLICY,
        "[suppressions]\nnew = 1\n[coverage]\nfunction = 0\n[coverage.changed]\nline = 0\n",
    )
    first = laboratory.commit()
    append(laboratory, "lib/arithmetic.py", UNTESTED.replace("):", "):  # pragma: no cover"))
    run = laboratory.check("--base", first)
    assert run.code == ExitCode.PASS, run.output
    assert "suppression.new" not in run.forcing
    changed = run.document["changed_coverage"]
    assert (changed["line"]["covered"], changed["line"]["total"]) == (1, 2)
    assert run.document["coverage"]["files"]["lib/arithmetic.py"]["missing_lines"] == [[12, 12]]


def test_a_pragma_of_the_base_keeps_its_say(laboratory: Laboratory) -> None:
    hidden = UNTESTED.replace("):", "):  # pragma: no cover").replace("twice", "_twice")
    append(laboratory, "lib/arithmetic.py", hidden)
    first = laboratory.commit()
    laboratory.write(
        "lib/arithmetic.py", "# moved down\n" + (laboratory.root / "lib/arithmetic.py").read_text()
    )
    run = laboratory.check("--base", first)
    assert run.code == ExitCode.PASS, run.output
    assert run.messages("suppression.new") == ""
    assert run.document["coverage"]["files"]["lib/arithmetic.py"]["missing_lines"] == []


# Mutants.

CORE = """
def half(number):
    return number / 2
"""
WEAK = """

def test_half():
    from lib.arithmetic import half

    assert half(0) == 0
"""
CORE_POLICY = """
[mutation]
core = ["lib/arithmetic.py"]
"""


def mutate(laboratory: Laboratory, first: str) -> Run:
    """Run a whole check of the change, its mutants included."""
    laboratory.commit()
    return laboratory.command("check", "--policy", POLICY, "--jobs", "2", "--base", first).finish()


@pytest.fixture
def core(laboratory: Laboratory) -> Laboratory:
    append(laboratory, POLICY, CORE_POLICY)
    return laboratory


def test_new_pragmas_do_not_keep_mutants_away(core: Laboratory) -> None:
    first = core.commit()
    append(core, "lib/arithmetic.py", CORE.replace("/ 2", "/ 2  # pragma: no mutate"))
    append(core, "tests/test_lib.py", WEAK)
    run = mutate(core, first)
    assert run.code == ExitCode.FAIL
    assert run.forcing == {"suppression.new", "mutation.changed"}
    mutants = run.mutants
    assert {mutant["function"] for mutant in mutants} == {"half"}
    assert "Ignored" not in {mutant["status"] for mutant in mutants}


def test_a_pragma_of_the_base_still_keeps_mutants_away(core: Laboratory) -> None:
    append(core, "lib/arithmetic.py", CORE.replace("/ 2", "/ 2  # pragma: no mutate"))
    append(core, "tests/test_lib.py", WEAK)
    first = core.commit()
    append(core, "lib/arithmetic.py", "\n\nUNIT = half(2)\n")
    core.write(
        "lib/arithmetic.py",
        (core.root / "lib/arithmetic.py")
        .read_text()
        .replace("def half(number):", "def half(number, /):"),
    )
    run = mutate(core, first)
    of_half = [m for m in run.mutants if m["function"] == "half"]
    assert {mutant["status"] for mutant in of_half} == {"Ignored"}
    assert run.messages("suppression.new") == ""


def test_a_waiver_for_its_own_survivor_has_no_say(core: Laboratory) -> None:
    first = core.commit()
    append(core, "lib/arithmetic.py", CORE)
    append(core, "tests/test_lib.py", WEAK)
    listed = core.tell("mutate", "lib/arithmetic.py::half", "--list", "--policy", POLICY)
    ids = [word for word in listed.output.split() if len(word) == 12 and word.isalnum()]
    for each in ids:
        append(core, POLICY, f'[[mutation.waive]]\nmutant = "{each}"\n{ENTRY}')
    assert ids
    run = mutate(core, first)
    assert run.code == ExitCode.FAIL
    assert run.forcing == {"policy.loosened", "mutation.changed"}
    assert "Ignored" not in {m["status"] for m in run.mutants}


def test_a_file_that_leaves_the_core_by_its_name_is_mutated_all_the_same(core: Laboratory) -> None:
    append(core, "lib/arithmetic.py", CORE)
    append(core, "tests/test_lib.py", WEAK)
    first = core.commit()
    core.git("mv", "lib/arithmetic.py", "lib/numbers.py")
    for path in ("lib/numbers.py", "tests/test_lib.py"):
        text = (core.root / path).read_text()
        core.write(
            path, text.replace("lib.arithmetic", "lib.numbers").replace("number / 2", "number / 4")
        )
    run = mutate(core, first)
    assert run.code == ExitCode.FAIL
    assert run.forcing == {"policy.loosened", "mutation.changed"}
    assert "without lib/numbers.py" in run.messages("policy.loosened")
