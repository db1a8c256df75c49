from __future__ import annotations

import re

from builders import make_evidence, make_mutant, make_mutation, make_result
from pages import Page
from samples import failing_run, hostile_run, make_results, passing_run

from gate.model import MutationRun
from gate.report.markdown_mutants import mutation_parts
from gate.results_schema import Results


def results_of(run: MutationRun | None) -> Results:
    return make_results(evidence=make_evidence(mutation=run))


def text(results: Results) -> str:
    return "\n".join(mutation_parts(results))


def test_a_run_without_mutants_says_nothing_of_them() -> None:
    assert text(results_of(None)) == ""


def test_a_survivor_is_its_place_and_its_change() -> None:
    part = text(results_of(make_mutation("Survived")))
    assert part.endswith(
        "<details open><summary>1 surviving mutant</summary>\n"
        "\n"
        "- `pkg/a.py:1` `add` (`000000000001`, 1 test ran it)\n"
        "\n"
        "  ```diff\n"
        "  - return a + b\n"
        "  + return a - b\n"
        "  ```\n"
        "\n"
        "`gate show ID` tells all about one.\n"
        "\n"
        "</details>\n"
    )


def test_without_a_survivor_there_is_only_the_table() -> None:
    part = text(results_of(make_mutation("Killed")))
    assert "<details><summary>1 mutant: 1 killed in 2.5 s</summary>" in part
    assert "| `pkg/a.py` | 100 | 70 | 1 | 1 | 0 | 0 |" in part
    assert "surviving" not in part


def test_a_score_below_what_is_required_stands_out() -> None:
    part = text(failing_run())
    assert "| **22.22** | 70 | 36 | 8 | 12 | 16 | 0 |" in part
    assert "| `training/losses.py` | **78.57-86.73** | 85 |" in part
    assert "| in total | 89.47 | 80 |" in text(passing_run())


def test_survivors_beyond_twenty_are_counted() -> None:
    part = text(failing_run())
    assert "<summary>20 of 24 surviving mutants</summary>" in part
    assert part.count("```diff") == 20
    assert "And 4 more. `gate show ID` tells all about one." in part


def test_files_beyond_fifty_are_counted() -> None:
    results = [make_result(n, mutant=make_mutant(n, path=f"pkg/m{n:02}.py")) for n in range(1, 54)]
    part = text(results_of(make_mutation(results=results, core=())))
    assert len(re.findall(r"^\| `pkg/m", part, re.MULTILINE)) == 50
    assert "\n- 3 more files\n" in part


def test_hostile_sources_stay_in_their_block() -> None:
    page = Page(text(hostile_run()))
    assert page.tags.count("pre") == page.tags.count("li") - 3 == 5
    assert page.tags.count("details") == 2
    assert "- PAGE = '''\n- ```\n- ... and 3 more lines\n+ PAGE = None" in page.text
