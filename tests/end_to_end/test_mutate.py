"""`gate mutate`, `gate show` and the mutation stage of `gate check`: words, results, exit codes."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sqlite3
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from laboratory import PATIENCE, POLICY, Laboratory, Run, Running, snapshot

from gate.errors import ExitCode

PRICES = "lib/prices.py"
TESTS = "tests/test_prices.py"
# Of lib/prices.py: what its tests do not notice.
UNNOTICED = {"weight * 2 → weight / 2": "Survived", "2 → 3": "Survived"}
STRONG = ("assert shipping(3) > 0", "assert [shipping(3), shipping(1)] == [10, 6]")
CORE = '\n[mutation]\ncore = ["lib/prices.py"]\n'

# Two of them notice a change of the fee; the quicker one is quick where another has set the fixture up.
SHARED_SET_UP = """
import time
import pytest
from lib.prices import shipping

@pytest.fixture(scope="module")
def warm():
    time.sleep(1.5)

def test_first(warm): pass

def test_shares_it(warm):
    assert shipping(3) == 10

def test_alone():
    time.sleep(0.5)
    assert shipping(3) == 10
"""

# A second on the original, so that a mutant's limit is over ten; six where the code under test raises.
OUTLASTS_A_BUDGET = """
import time

def wait():
    try:
        time.sleep(shipping(0) / 4)
    except TypeError:
        time.sleep(6)

"""

FAR, LONG_AGO = "2999-12-31", "2020-01-31"
# So slow, and so badly tested, that a run can be ended while it finds survivors.
SLOW_FUNCTIONS = 16
SLOW = "\n\n".join(f"def f{n}(x):\n    return x * {n + 3}\n" for n in range(SLOW_FUNCTIONS))
SLOW_TESTS = """
import time
from lib import slow

def test_all():
    time.sleep(0.15)
    assert {f(0) for f in vars(slow).values() if callable(f)} == {0}
"""


@pytest.fixture
def subject(laboratory: Laboratory) -> Laboratory:
    """A laboratory with a file whose tests are good at one thing and bad at another."""
    laboratory.add("mutation")
    return laboratory


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> tuple[Laboratory, Run]:
    """The same, with all of it mutated once: to be looked at, never to be changed."""
    laboratory = Laboratory(tmp_path_factory.mktemp("measured"))
    laboratory.add("mutation")
    return laboratory, laboratory.mutate("lib")


def statuses(run: Run) -> dict[str, str]:
    """Status by id."""
    return {mutant["id"]: mutant["status"] for mutant in run.mutants}


def counted(run: Run) -> dict[str, int]:
    """Mutants by status, without those that no mutant has."""
    return {name: n for name, n in run.document["mutation"]["counts"].items() if n}


def changes(run: Run, status: str | None = None) -> dict[str, str]:
    """Status by change, of all mutants or of those with one status."""
    return {
        f"{mutant['original']} → {mutant['replacement']}": mutant["status"]
        for mutant in run.mutants
        if status in (None, mutant["status"])
    }


def functions(run: Run) -> set[str]:
    """The functions that mutants were made of."""
    return {mutant["function"] for mutant in run.mutants}


def one(run: Run, change: str) -> dict[str, Any]:
    """The one mutant that makes this change."""
    mutants = run.mutants
    (mutant,) = [m for m in mutants if f"{m['original']} → {m['replacement']}" == change]
    return dict(mutant)


def edit(laboratory: Laboratory, path: str, *replaced: tuple[str, str]) -> None:
    """Replace what stands in a file once."""
    text = (laboratory.root / path).read_text()
    for old, new in replaced:
        assert text.count(old) == 1
        text = text.replace(old, new)
    laboratory.write(path, text)


def check(laboratory: Laboratory, *arguments: str) -> Run:
    """Run a whole `gate check` of the two files that are covered in full; lib/prices.py is the core."""
    return laboratory.command("check", "--policy", POLICY, "--jobs", "2", *arguments).finish()


def demand(laboratory: Laboratory, text: str) -> None:
    """Measure what is covered in full, and add to the policy."""
    laboratory.policy(include='["lib/arithmetic.py", "lib/prices.py"]')
    file = laboratory.root / POLICY
    file.write_text(file.read_text() + text)


def start(laboratory: Laboratory, target: str, out: str = ".gate", jobs: str = "2") -> Running:
    """Start `gate mutate` and let it run."""
    return laboratory.command("mutate", target, "--policy", POLICY, "--jobs", jobs, "--out", out)


# What is mutated.


def test_the_results_hold_counts_score_and_survivors(measured: tuple[Laboratory, Run]) -> None:
    _, run = measured
    section = run.document["mutation"]
    assert run.code == ExitCode.FAIL
    assert counted(run) == {"Killed": 27, "Survived": 2, "NoCoverage": 5}
    assert (section["score"]["detected"], section["score"]["valid"]) == (27, 34)
    assert changes(run, "Survived") == UNNOTICED
    scores = {path: file["score"] for path, file in section["files"].items()}
    assert scores["lib/__init__.py"]["low"] is None
    assert scores["lib/forgotten.py"]["high"] == 0
    assert scores["lib/arithmetic.py"]["low"] == 100
    assert run.forcing == {"mutation.score"}
    assert "lib/prices.py" not in run.messages("mutation.score")
    assert "5 are not covered, in refund" in run.messages("mutation.score")
    assert run.counts == {"passed": 5}


def test_every_kill_names_a_test_that_ran_the_mutant(measured: tuple[Laboratory, Run]) -> None:
    _, run = measured
    for mutant in run.mutants:
        covering = mutant["covered_by"]
        if mutant["status"] == "Killed":
            assert mutant["killed_by"] in covering
        assert bool(covering) == (mutant["path"] != "lib/forgotten.py")


@pytest.mark.parametrize(
    ("target", "expected", "code"),
    [
        ("lib/arithmetic.py", {"add", "sign"}, ExitCode.PASS),
        ("lib/prices.py::shipping", {"shipping"}, ExitCode.FAIL),
        (
            "lib/prices.py::Basket",
            {"Basket.__init__", "Basket.add", "Basket.total"},
            ExitCode.PASS,
        ),
    ],
)
def test_a_target_is_mutated_and_nothing_else(
    subject: Laboratory,
    measured: tuple[Laboratory, Run],
    target: str,
    expected: set[str],
    code: ExitCode,
) -> None:
    run = subject.mutate(target)
    assert functions(run) == expected
    assert run.code == code
    assert statuses(run).items() <= statuses(measured[1]).items()


def test_a_list_runs_nothing_and_leaves_nothing(
    subject: Laboratory, measured: tuple[Laboratory, Run]
) -> None:
    subject.write("tests/conftest.py", "raise SystemExit('it was imported')\n")
    subject.commit()
    listed = subject.tell("mutate", "lib", "--list", "--policy", POLICY)
    assert listed.code == 0
    assert "it was imported" not in listed.errors
    assert "34 mutants" in listed.output
    assert [name for name in statuses(measured[1]) if name not in listed.output] == []
    assert not (subject.root / ".gate").exists()


# What cannot be mutated.


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["pytest.ini"], ["pytest.ini is not a Python file", "next: name .py files"]),
        (["../elsewhere.py"], ["../elsewhere.py is outside the repository", "next: "]),
        ([TESTS], ["is a test file, and test files are not mutated", "next: name the code"]),
        (["lib/price.py"], ["lib/price.py does not exist", "did you mean lib/prices.py"]),
        ([f"{PRICES}::shiping"], ["no function or class 'shiping'", "did you mean shipping"]),
        ([f"{PRICES}::totl"], ["no function or class 'totl'", "Basket.total"]),
        (["x" * 300], ["does not exist", "next: "]),
        (["x" * 300 + "::f"], ["does not exist", "next: "]),
        (["lib::shipping"], ["lib is a folder", "FILE::NAME"]),
        ([PRICES, "--engine", "dask://x"], ["no engine 'dask://x'", "next: ", "local"]),
        ([PRICES, "--budget", "nonsense"], ["invalid duration 'nonsense'", "90s"]),
        ([], ["TARGET"]),
    ],
)
def test_what_cannot_be_mutated_is_refused_in_words_and_leaves_all_as_it_was(
    measured: tuple[Laboratory, Run], arguments: list[str], words: list[str]
) -> None:
    laboratory, _ = measured
    (laboratory.root.parent / "elsewhere.py").write_text("ready = True\n")
    before = snapshot(laboratory.root / ".gate")
    run = laboratory.command("mutate", *arguments, "--policy", POLICY).finish()
    assert run.code == ExitCode.USAGE
    assert [word for word in words if word not in run.errors] == [], run.errors
    assert snapshot(laboratory.root / ".gate") == before


def test_a_test_that_would_set_up_a_slow_shared_fixture_is_asked_after_one_that_is_slower_itself(
    laboratory: Laboratory,
) -> None:
    laboratory.add("mutation")
    laboratory.write("tests/test_prices.py", SHARED_SET_UP)
    run = laboratory.mutate("lib/prices.py::shipping")
    assert run.code == ExitCode.PASS
    killers = {mutant["killed_by"] for mutant in run.mutants}
    assert killers - {None} == {"tests/test_prices.py::test_alone"}


def test_red_tests_take_no_part_and_the_report_says_what_they_would_have_run(
    subject: Laboratory,
) -> None:
    subject.write(
        "tests/test_red.py",
        "from lib.arithmetic import add\nfrom lib.forgotten import refund\n\n\n"
        "def test_red():\n    assert add(1, 1) == 2\n    assert refund(9, 3) == 8\n",
    )
    run = subject.mutate("lib")
    assert run.code == ExitCode.FAIL
    assert {"suite.passed"} <= run.forcing
    assert run.not_passed == {"tests/test_red.py::test_red": "failed:test"}
    assert counted(run) == {"Killed": 27, "Survived": 2, "NoCoverage": 5}
    named = {mutant["killed_by"] for mutant in run.mutants}
    assert "tests/test_red.py::test_red" not in named
    told = run.messages("mutation.measured")
    assert "1 red test took no part; green, they would have run 5 mutants" in told
    assert "1 red test took no part" in " ".join(run.output.split())


@pytest.mark.parametrize(
    ("source", "why", "mutants"),
    [
        (
            'import logging\n\n\ndef same(thing):\n    logging.info("it is %s", thing)\n',
            "of lib/empty.py are noise, so no score was judged",
            {"Ignored"},
        ),
        (
            "def same(thing):\n    return thing\n",
            "lib/empty.py has nothing to mutate, so no score was judged",
            set(),
        ),
    ],
)
def test_a_file_without_a_mutant_that_counts_is_inconclusive(
    subject: Laboratory, source: str, why: str, mutants: set[str]
) -> None:
    subject.write("lib/empty.py", source)
    subject.write(
        "tests/test_empty.py", "from lib.empty import same\n\n\ndef test_same():\n    same(1)\n"
    )
    run = subject.mutate("lib/empty.py")
    assert run.code == ExitCode.INCONCLUSIVE
    assert set(statuses(run).values()) == mutants
    assert why in run.messages("mutation.measured")


# The mutation stage of `gate check`.


@pytest.mark.parametrize(("required", "code"), [(80, ExitCode.PASS), (95, ExitCode.FAIL)])
def test_a_check_judges_the_score_of_the_core(
    subject: Laboratory, required: int, code: ExitCode
) -> None:
    demand(subject, f"{CORE}score = {required}\n")
    subject.commit()
    run = check(subject)
    section = run.document["mutation"]
    assert run.code == code, run.output
    assert (section["changed"], section["core"]) == (False, [PRICES])
    assert changes(run, "Survived") == UNNOTICED
    assert run.forcing == ({"mutation.score"} if code else set())
    assert ("2 survived, in shipping (2)" in run.messages("mutation.score")) == bool(code)


def test_a_check_that_was_not_asked_for_mutants_passes_what_it_judged_and_says_so(
    subject: Laboratory,
) -> None:
    demand(subject, CORE)
    subject.commit()
    run = check(subject, "--no-mutation")
    assert run.code == ExitCode.PASS, run.output
    assert run.forcing == set()
    assert run.document["mutation"] is None
    assert run.document["not_judged"] == [{"what": "mutation", "why": "--no-mutation"}]
    assert run.output.startswith("PASS (mutation not judged: --no-mutation): ")
    run = check(subject, "--no-mutation", "--base", "HEAD")
    assert run.code == ExitCode.PASS, run.output
    assert run.output.startswith("PASS (mutation and lost kills not judged: --no-mutation): ")


def test_a_check_of_paths_without_the_core_says_what_it_did_not_judge(
    subject: Laboratory,
) -> None:
    demand(subject, CORE)
    subject.write("shop/more.py", "LIMIT = 3\n")
    subject.commit()
    run = check(subject, "shop/more.py")
    assert run.document["not_judged"] == [
        {"what": "files outside shop/more.py", "why": "PATHS"},
        {"what": "mutation", "why": "no file of the core in shop/more.py"},
    ]
    assert run.output.splitlines()[0].startswith(
        f"{run.document['verdict'].upper()} (files outside"
    )
    assert "mutation.measured" not in run.forcing


def test_a_change_of_one_function_runs_its_mutants_alone_and_fails_for_its_weak_tests(
    subject: Laboratory,
) -> None:
    demand(subject, CORE)
    subject.commit()
    edit(subject, PRICES, ("return fee", "return int(fee)"))
    run = check(subject, "--base", "HEAD")
    assert functions(run) == {"shipping"}
    assert run.document["mutation"]["changed"]
    assert run.code == ExitCode.FAIL
    assert run.forcing == {"mutation.changed"}
    assert "80 % is required" in run.messages("mutation.changed")


def test_a_function_that_only_lost_lines_is_changed(subject: Laboratory) -> None:
    demand(subject, CORE)
    added = "self.prices.append(price)"
    edit(subject, PRICES, (added, f"assert price\n        {added}"))
    subject.commit()
    edit(subject, PRICES, (f"assert price\n        {added}", added))
    run = check(subject, "--base", "HEAD")
    assert functions(run) == {"Basket.add"}
    assert run.code == ExitCode.PASS, run.output


def test_a_change_that_touches_no_function_of_the_core_says_so_and_passes(
    subject: Laboratory,
) -> None:
    demand(subject, CORE)
    subject.commit()
    edit(subject, "lib/arithmetic.py", ("left + right", "right + left"))
    edit(subject, PRICES, ("def shipping(weight):", "def shipping(weight):\n    # By weight."))
    run = check(subject, "--base", "HEAD")
    assert run.code == ExitCode.PASS, run.output
    assert statuses(run) == {}
    assert run.messages("mutation.changed").splitlines() == [
        "the change touches no function of the core",
        "1 changed file is outside of [mutation] core and not mutated: lib/arithmetic.py",
    ]


def test_a_waiver_takes_its_mutant_out_until_the_day_on_which_it_expires(
    subject: Laboratory, measured: tuple[Laboratory, Run]
) -> None:
    waived, expired = (one(measured[1], change)["id"] for change in UNNOTICED)
    waiver = '[[mutation.waive]]\nmutant = "{}"\nreason = "{}"\nowner = "me"\nexpires = {}\n'
    terms = (waived, "fees are whole", FAR), (expired, "long forgiven", LONG_AGO)
    demand(subject, CORE + "".join(waiver.format(*each) for each in terms))
    subject.commit()
    run = check(subject)
    assert run.code == ExitCode.FAIL
    assert run.forcing == {"mutation.waivers"}
    assert f"the waiver of mutant {expired} has expired" in run.messages("mutation.waivers")
    seen = statuses(run)
    assert (seen[waived], seen[expired]) == ("Ignored", "Survived")
    reason = one(run, next(iter(UNNOTICED)))["reason"]
    assert reason == f"waived: fees are whole (until {FAR}, owner me)"


# A budget.


def test_a_budget_that_is_used_up_leaves_mutants_unresolved_and_no_pass(
    subject: Laboratory,
) -> None:
    subject.commit()
    run = subject.mutate("lib/arithmetic.py", "--budget", "1ms")
    assert run.code == ExitCode.INCONCLUSIVE
    assert counted(run)["Pending"] >= 7
    score = run.document["mutation"]["score"]
    assert score["low"] < 70 <= score["high"] == 100
    assert "the budget was used up" in run.messages("mutation.measured")


def test_changed_lines_come_first_within_a_budget(subject: Laboratory) -> None:
    """The first mutant to run is still running when the budget ends."""
    demand(subject, CORE)
    edit(subject, TESTS, ("def test_discount", OUTLASTS_A_BUDGET + "def test_discount"))
    edit(subject, TESTS, ("    basket = ", "    wait()\n    basket = "))
    edit(subject, TESTS, ("    assert shipping", "    wait()\n    assert shipping"))
    subject.policy(timeout='"60s"')
    subject.commit()
    edit(subject, PRICES, ("return fee", "return abs(fee)"))
    run = check(subject, "--base", "HEAD", "--jobs", "1", "--budget", "2s")
    by_change = changes(run)
    assert by_change.pop("abs(fee) → abs(None)") == "Killed"
    assert list(by_change.values()) == ["Pending"] * 5
    assert run.code == ExitCode.INCONCLUSIVE
    assert run.forcing == {"mutation.changed"}


# What earlier runs found out.


def test_survivors_are_remembered_until_something_that_they_depend_on_changes(
    subject: Laboratory,
) -> None:
    first = subject.mutate(PRICES)
    second = subject.mutate(PRICES)
    assert statuses(first) == statuses(second)
    assert [run.document["mutation"]["remembered"] for run in (first, second)] == [0, 2]
    assert "2 survivors from an earlier run" in second.output
    edit(subject, TESTS, STRONG)
    third = subject.mutate(PRICES)
    assert third.document["mutation"]["remembered"] == 0
    assert counted(third) == {"Killed": len(statuses(first))}
    killers = {one(third, change)["killed_by"] for change in UNNOTICED}
    assert killers == {f"{TESTS}::test_shipping"}


def test_a_damaged_history_is_set_aside_and_the_report_says_so(subject: Laboratory) -> None:
    damaged = b"no database at all, " * 400
    (subject.root / ".gate").mkdir()
    (subject.root / ".gate/history.sqlite").write_bytes(damaged)
    run = subject.mutate(PRICES)
    assert changes(run, "Survived") == UNNOTICED
    assert "history.sqlite.damaged" in run.messages("mutation.measured")
    assert "history begins anew" in " ".join(run.output.split())
    assert (subject.root / ".gate/history.sqlite.damaged").read_bytes() == damaged
    assert remembered_survivors(subject) == 2


def test_two_gates_that_share_a_history_are_both_right_and_so_is_the_next(
    subject: Laboratory, measured: tuple[Laboratory, Run]
) -> None:
    subject.commit()
    running = [start(subject, PRICES, jobs="1") for _ in range(2)]
    running[1].process.wait(PATIENCE)
    assert [each.finish().code for each in running] == [ExitCode.PASS] * 2
    third = subject.mutate(PRICES)
    assert statuses(third).items() <= statuses(measured[1]).items()
    assert third.document["mutation"]["remembered"] == 2


def test_a_run_after_an_interrupt_goes_on_from_there(subject: Laboratory) -> None:
    subject.write("lib/slow.py", SLOW)
    subject.write("tests/test_slow.py", SLOW_TESTS)
    subject.commit()
    running = start(subject, "lib/slow.py")
    running.wait_for("running mutants")
    while not (known := remembered_survivors(subject)):
        assert running.process.poll() is None, "it ended before it remembered anything"
        time.sleep(0.02)
    time.sleep(0.4)
    os.killpg(running.process.pid, signal.SIGINT)
    interrupted = running.finish()
    assert interrupted.code == ExitCode.INTERRUPTED
    assert interrupted.results is None
    assert re.search(r"\d+ of \d+ mutants had a result", interrupted.errors)
    (document,) = (subject.root / ".gate/runs").glob("*/results.json")
    partial = json.loads(document.read_bytes())
    assert (partial["verdict"], partial["exit_code"]) == ("inconclusive", ExitCode.INCONCLUSIVE)
    # Without the controls of their functions, no survivor stands.
    assert partial["mutation"]["counts"]["Pending"] == 2 * SLOW_FUNCTIONS
    shown = subject.tell("show", partial["mutation"]["results"]["mutants"][0]["id"])
    assert "unresolved" in shown.output
    kept = remembered_survivors(subject)
    assert known < kept < 2 * SLOW_FUNCTIONS
    run = subject.mutate("lib/slow.py")
    assert run.document["mutation"]["remembered"] == kept
    assert counted(run) == {"Survived": 2 * SLOW_FUNCTIONS}


def remembered_survivors(laboratory: Laboratory) -> int:
    """How many survivors the history on disk holds; none while there is no history."""
    file = laboratory.root / ".gate/history.sqlite"
    if not file.exists():
        return 0
    connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
    try:
        query = "SELECT count(*) FROM hints WHERE status = 'Survived'"
        return int(connection.execute(query).fetchone()[0])
    except sqlite3.OperationalError:
        return 0
    finally:
        connection.close()


# One mutant.


def test_a_mutant_is_shown_by_its_id_and_by_the_beginning_of_it(
    measured: tuple[Laboratory, Run],
) -> None:
    laboratory, run = measured
    mutant = one(run, "4 → 5")
    others = [name for name in statuses(run) if name != mutant["id"]]
    prefix = next(
        mutant["id"][:size]
        for size in range(1, 12)
        if not any(name.startswith(mutant["id"][:size]) for name in others)
    )
    whole, short = (laboratory.tell("show", name) for name in (mutant["id"], prefix))
    assert (whole.code, short.code) == (0, 0)
    assert whole.output == short.output
    words = ("killed", "lib/prices.py:9 in shipping", "5 + weight", f"{TESTS}::test_basket")
    assert [word for word in words if word not in whole.output] == [], whole.output
    assert f"gate show {mutant['id']} --run" in whole.output


def test_an_id_that_is_of_no_mutant_or_of_several_is_refused(
    measured: tuple[Laboratory, Run],
) -> None:
    laboratory, run = measured
    unknown = laboratory.tell("show", "xyz")
    assert unknown.code == ExitCode.USAGE
    assert "no mutant has an id that begins with xyz" in unknown.errors
    # There are more mutants than hexadecimal digits.
    digit, _ = Counter(name[0] for name in statuses(run)).most_common(1)[0]
    several = laboratory.tell("show", digit)
    assert several.code == ExitCode.USAGE
    assert f"'{digit}' is ambiguous (" in several.errors
    assert re.search(rf"write more of the id, such as {digit}\w+, {digit}", several.errors)


@pytest.mark.parametrize("change", ["4 → 5", "2 → 3"])
def test_what_the_results_say_of_a_mutant_is_proved_again(
    measured: tuple[Laboratory, Run], change: str
) -> None:
    laboratory, run = measured
    mutant = one(run, change)
    shown = laboratory.tell("show", mutant["id"], "--run", "--policy", POLICY)
    assert shown.code == 0, shown.output + shown.errors
    still = "still " if mutant["status"] == "Survived" else ""
    assert f"Reproduced: {still}{mutant['status'].lower()}" in shown.output


@pytest.mark.parametrize(
    ("weaker", "words"),
    [
        (("assert basket.total() == 16", "assert basket.total()"), "now survived"),
        (("def test_basket", "def skip_basket"), "is not collected any more"),
    ],
)
def test_a_kill_that_cannot_be_proved_again_is_no_success(
    subject: Laboratory,
    measured: tuple[Laboratory, Run],
    weaker: tuple[str, str],
    words: str,
) -> None:
    source, run = measured
    shutil.copytree(source.root / ".gate", subject.root / ".gate")
    edit(subject, TESTS, weaker)
    subject.commit()
    shown = subject.tell("show", one(run, "4 → 5")["id"], "--run", "--policy", POLICY)
    assert shown.code == ExitCode.INCONCLUSIVE
    assert words in shown.output + shown.errors


def test_the_number_of_jobs_changes_no_status(
    subject: Laboratory, measured: tuple[Laboratory, Run]
) -> None:
    subject.commit()
    for jobs in ("1", "8"):
        run = start(subject, "lib", out=str(Path(".gate", jobs)), jobs=jobs).finish()
        assert statuses(run) == statuses(measured[1])
        assert run.document["mutation"]["remembered"] == 0
