from __future__ import annotations

import re
from dataclasses import replace

from builders import make_change, make_evidence, make_mutant, make_mutation, make_result
from pages import Page
from samples import failing_run, hostile_run, make_results, passing_run

from gate.model import ChangedFile, MutationRun
from gate.report.caps import SUMMARY
from gate.report.markdown_mutants import figures, survivors
from gate.results.document import Results


def results_of(run: MutationRun | None) -> Results:
    return make_results(evidence=make_evidence(mutation=run))


def shown(results: Results) -> str:
    return "\n".join(survivors(results, SUMMARY))


def table(results: Results) -> str:
    return "\n".join(figures(results, SUMMARY))


def test_a_run_without_mutants_says_nothing_of_them() -> None:
    assert shown(results_of(None)) == table(results_of(None)) == ""


def test_a_survivor_is_its_place_its_change_its_tests_and_the_test_to_write() -> None:
    assert shown(results_of(make_mutation("Survived"))) == (
        "### 1 surviving mutant\n"
        "\n"
        "- `pkg/a.py:1` `add` (`000000000001`)\n"
        "\n"
        "  ```diff\n"
        "  - return a + b\n"
        "  + return a - b\n"
        "  ```\n"
        "\n"
        "  Run by `tests/test_a.py::test_one`; all pass.\n"
        "  <br>Write a test for which the two versions differ, such as one in which the right side is "
        "not zero. See it with `gate show 000000000001 --run`. Then `gate prove 000000000001` proves "
        "the test.\n"
        "\n"
        "`gate show ID` tells all about one.\n"
    )


def test_survivors_of_one_line_are_told_together_and_those_of_several_lines_alone() -> None:
    mutants = [
        make_mutant(1),
        make_mutant(2, line=1, end_line=1, start=100, end=105, replacement="a * b"),
        make_mutant(3, line=1, end_line=2, source="    return a + b\n    #"),
    ]
    results = [make_result(n, "Survived", mutant=mutant) for n, mutant in enumerate(mutants)]
    part = shown(results_of(make_mutation(results=tuple(results))))
    assert "- `pkg/a.py:1` `add` (`000000000001`, `000000000002`)\n" in part
    assert "  - return a + b\n  + return a - b\n  + return a * b\n  ```" in part
    assert part.count("Write a test") == part.count("```diff") == 2


def test_survivors_of_a_pass_are_folded() -> None:
    part = shown(passing_run())
    assert part.startswith("<details><summary>2 surviving mutants</summary>")
    assert "###" not in part


def test_survivors_on_changed_lines_come_first_and_say_so() -> None:
    change = make_change(ChangedFile("pkg/a.py", frozenset({2})))
    run = make_mutation("Survived", "Survived")
    part = shown(
        make_results(evidence=make_evidence(mutation=run, changed=change, changed_files=()))
    )
    places = re.findall(r"^- `pkg/a.py:(.)`.*\)$", part, re.MULTILINE)
    assert places == ["2", "1"]
    assert "(`000000000002`, on a changed line)" in part
    assert "(`000000000001`)" in part


def test_tests_beyond_the_cap_are_counted() -> None:
    part = shown(passing_run())
    assert "`tests/test_export_student.py::test_round_trip[4]` and 7 more; all pass." in part
    part = "\n".join(survivors(passing_run(), replace(SUMMARY, tests=0)))
    assert "12 tests ran it, and passed." in part


def test_without_a_survivor_there_is_only_the_table() -> None:
    results = results_of(make_mutation("Killed"))
    part = table(results)
    assert "<details><summary>1 mutant: 1 killed in 2.5 s</summary>" in part
    assert "| `pkg/a.py` | 100 | 70 | 1 | 1 | 0 | 0 |" in part
    assert shown(results) == ""


def test_a_score_below_what_is_required_stands_out() -> None:
    part = table(failing_run())
    assert "| **22.22** | 70 | 36 | 8 | 12 | 16 | 0 |" in part
    assert "| `training/losses.py` | **78.57-86.73** | 85 |" in part
    assert "| in total | 89.47 | 80 |" in table(passing_run())


def test_survivors_beyond_twenty_are_counted() -> None:
    part = shown(failing_run())
    assert "### 20 of 24 surviving mutants" in part
    # Two of them are of one line.
    assert part.count("```diff") == 19
    assert "And 4 more in the results document. `gate show ID` tells all about one." in part


def test_files_beyond_fifty_are_counted() -> None:
    results = [make_result(n, mutant=make_mutant(n, path=f"pkg/m{n:02}.py")) for n in range(1, 54)]
    part = table(results_of(make_mutation(results=results, core=())))
    assert len(re.findall(r"^\| `pkg/m", part, re.MULTILINE)) == 50
    assert "\n- 3 more files\n" in part


def test_hostile_sources_stay_in_their_block() -> None:
    page = Page(shown(hostile_run()))
    assert page.tags.count("pre") == page.tags.count("li") == 5
    assert set(page.tags) == {"h3", "ul", "li", "p", "code", "pre", "br"}
    assert "- PAGE = '''\n- ```\n- ... and 3 more lines\n+ PAGE = None" in page.text
