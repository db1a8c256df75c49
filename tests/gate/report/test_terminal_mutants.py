from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from builders import make_evidence, make_mutant, make_mutation, make_result
from rich.cells import cell_len
from samples import failing_run, hostile_run, make_results

from gate.model import MutantResult, Status
from gate.report.terminal import render_mutant, render_proof, render_terminal
from gate.results.document import Results

ANSI = re.compile(r"\x1b\[[0-9;]*m")
COMMANDS = re.compile(r"^\s*::|##\[", re.MULTILINE)


def results_of(*results: MutantResult) -> Results:
    run = make_mutation(results=results, core=tuple({r.mutant.path for r in results}))
    return make_results(evidence=make_evidence(mutation=run))


def shown(result: MutantResult, width: int = 100) -> str:
    results = results_of(result)
    return render_mutant(results, results.mutant_run.results[0], width, color=False)


def first(results: Results, status: Status) -> MutantResult:
    return next(mutant for mutant in results.mutant_run.results if mutant.status == status)


def mutation_section(report: str) -> str:
    return report.partition("\nMutation\n")[2].partition("\nSurviving")[0]


def test_survivors_beyond_ten_are_counted() -> None:
    report = render_terminal(failing_run(), 100, color=False)
    survivors = report.partition("\nSurviving mutants\n")[2].partition("\nLost kills")[0]
    assert len(re.findall(r"^    - ", survivors, re.MULTILINE)) == 10
    assert survivors.rstrip().endswith("  and 14 more; gate show ID tells all about one")


def test_files_beyond_twenty_are_counted() -> None:
    results = [
        make_result(n, mutant=make_mutant(n, path=f"pkg/m{n:02}.py"), status="Survived")
        for n in range(1, 34)
    ]
    section = mutation_section(render_terminal(results_of(*results), 100, color=False))
    assert len(re.findall(r"pkg/m\d\d\.py ", section)) == 20
    assert "  13 more files\n" in section


def test_a_long_path_has_a_line_of_its_own_and_leaves_the_columns_alone() -> None:
    path = f"pkg/{'long/' * 20}a.py"
    results = results_of(make_result(1), make_result(2, mutant=make_mutant(2, path=path)))
    _, heads, *rows = mutation_section(render_terminal(results, 80, color=False)).splitlines()
    assert rows[2].startswith("  ...long/long/")
    assert rows[3].split() == ["100", "70", "1", "1", "0", "0"]
    assert {len(line) for line in (*rows[:2], rows[3])} == {len(heads)}


@pytest.mark.parametrize(
    ("required", "style"), [("Survived", "31"), ("Pending", "33"), ("Killed", None)]
)
def test_a_score_below_is_red_and_one_that_the_unresolved_decide_yellow(
    required: Status, style: str | None
) -> None:
    results = results_of(*(make_result(n, required) for n in range(1, 4)))
    report = render_terminal(results, 100, color=True)
    section = report.partition("Mutation\x1b[0m")[2].splitlines()
    line = next(line for line in section if line.startswith("  pkg/a.py"))
    assert re.findall(r"\x1b\[(\d+)m", line.replace("\x1b[0m", "")) == ([style] if style else [])


def test_one_mutant_is_told_with_its_evidence_and_how_to_see_it_again() -> None:
    test = "tests/test_a.py::test_one[a b]"
    assert shown(make_result(killed_by=test, covered_by=(test, "tests/test_a.py::test_two"))) == (
        "000000000001: killed\n"
        "  a test passes on the original and fails with the change\n"
        "  pkg/a.py:1 in add\n"
        "  operator swap, 0.2 s of tests\n"
        "\n"
        "  -     return a + b\n"
        "  +     return a - b\n"
        "\n"
        "Noticed by\n"
        "  tests/test_a.py::test_one[a b]\n"
        "\n"
        "Run by 2 tests\n"
        "  tests/test_a.py::test_one[a b]\n"
        "  tests/test_a.py::test_two\n"
        "\n"
        "Reproduce\n"
        "  gate show 000000000001 --run\n"
        "  or gate apply 000000000001 and run this, which then fails:\n"
        "  python -m pytest 'tests/test_a.py::test_one[a b]'\n"
    )


@pytest.mark.parametrize(
    ("status", "told"),
    [
        ("Timeout", "a test does not come to its end: still running after 4 s"),
        ("RuntimeError", "the process of the tests dies: killed by SIGSEGV"),
        ("Survived", "every test that ran it passes with the change"),
        ("NoCoverage", "no passing test runs it: write one that does"),
        ("Pending", "what its tests say is not known: the budget was used up"),
        ("CompileError", "it does not count: invalid syntax"),
        ("Ignored", "it does not count: log: changes only what is logged"),
    ],
)
def test_a_status_is_explained_with_its_reason(status: Status, told: str) -> None:
    assert told in shown(make_result(status=status))


@pytest.mark.parametrize("status", ["NoCoverage", "CompileError", "Ignored"])
def test_what_no_test_ran_has_no_command_to_reproduce_it(status: Status) -> None:
    assert "Reproduce" not in shown(make_result(status=status, seconds=0.0))
    assert "of tests" not in shown(make_result(status=status, seconds=0.0))


def test_covering_tests_beyond_twenty_are_counted_and_run_by_file() -> None:
    tests = tuple(f"tests/test_{n % 2}.py::test_{n:02}" for n in range(34))
    report = shown(make_result(status="Survived", covered_by=tests))
    assert "\nRun by 34 tests\n" in report
    assert "  and 14 more\n" in report
    assert report.endswith(
        "this, which passes all the same:\n  python -m pytest tests/test_0.py tests/test_1.py\n"
    )


def test_a_command_to_copy_never_wraps() -> None:
    test = f"tests/test_a.py::test_{'x' * 200}"
    report = shown(make_result(killed_by=test, covered_by=(test,)), 80)
    assert f"\n  python -m pytest {test}\n" in report


@pytest.mark.parametrize("test", ["-p::evil", "tests/a.py::x\x1b[31m", "tests/a.py::x##[group]"])
def test_a_name_that_is_no_text_to_copy_is_in_no_command(test: str) -> None:
    report = shown(make_result(killed_by=test, covered_by=(test,)))
    assert "gate show 000000000001 --run" in report
    assert "python -m pytest" not in report


def test_a_shell_reads_an_id_as_one_word() -> None:
    report = shown(make_result(mutant=make_mutant(id="a; rm b")))
    assert "\n  gate show 'a; rm b' --run\n" in report


@pytest.mark.parametrize("width", [60, 80, 100, 120])
@pytest.mark.parametrize("run", [failing_run, hostile_run], ids=["fail", "hostile"])
def test_no_mutant_is_wider_than_the_terminal_or_gives_a_command(
    run: Callable[[], Results], width: int
) -> None:
    results = run()
    for mutant in {m.status + m.mutant.source: m for m in results.mutant_run.results}.values():
        report = render_mutant(results, mutant, width, color=False)
        assert COMMANDS.search(report) is None
        assert all(char.isprintable() or char == "\n" for char in report)
        told = report.partition("Reproduce\n")[0]
        assert max(map(cell_len, told.splitlines())) <= width


def test_a_source_line_that_wraps_never_looks_like_a_line_of_the_diff() -> None:
    source = "x = [" + "- y, + z, " * 40 + "1]"
    mutant = make_mutant(column=1, end_column=2, source=source, replacement="w")
    report = shown(make_result(mutant=mutant), 80)
    assert len(re.findall(r"^  [-+]", report, re.MULTILINE)) == 2


def test_colour_adds_nothing_but_colour_to_a_mutant() -> None:
    results = failing_run()
    mutant = first(results, "Survived")
    plain = render_mutant(results, mutant, 100, color=False)
    colored = render_mutant(results, mutant, 100, color=True)
    assert colored != plain
    bare = "\n".join(line.rstrip() for line in ANSI.sub("", colored).splitlines()) + "\n"
    assert bare == plain


def test_a_proof_is_told_beside_what_the_results_say() -> None:
    results = results_of(make_result())
    mutant = results.mutant_run.results[0]
    assert render_proof(results, mutant, make_result(), 100) == (
        "\nRun again\n  Reproduced: killed, in 0.2 s\n  noticed by tests/test_a.py::test_one\n"
    )
    assert render_proof(results, mutant, make_result(status="Survived"), 100) == (
        "\nRun again\n  the results say killed, now survived, in 0.2 s\n"
        "  After writing a test: gate prove 000000000001\n"
    )
    survivor = results_of(make_result(status="Survived")).mutant_run.results[0]
    assert "Reproduced: still survived, in" in render_proof(
        results, survivor, make_result(status="Survived"), 100
    )
    assert "now unresolved: the budget was used up, in" in render_proof(
        results, mutant, make_result(status="Pending"), 100
    )
