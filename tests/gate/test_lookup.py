from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from builders import make_evidence, make_mutant, make_mutation, make_policy, make_result
from samples import make_results

from gate.errors import UsageError
from gate.lookup import ReadOnce, look_up
from gate.model import MutationRun
from gate.results.document import Results


def results_of(*numbers: int) -> Results:
    """A document with mutants 1, 2, …, each on the line of its number."""
    mutants = (make_mutant(n, line=n, end_line=n + 1) for n in numbers)
    made = tuple(make_result(n, mutant=m) for n, m in zip(numbers, mutants, strict=True))
    run = MutationRun(made, ("pkg/a.py",)) if made else make_mutation()
    return make_results(make_policy(), make_evidence(mutation=run))


NEW, OLD = results_of(1, 2), results_of(2, 3)
DOCUMENTS = [(Path("new"), NEW), (Path("old"), OLD)]


def test_the_newest_document_that_has_the_mutant_is_meant(tmp_path: Path) -> None:
    ids = {n: make_mutant(n).id for n in (1, 2, 3)}
    for number, document in ((1, NEW), (2, NEW), (3, OLD)):
        found = look_up(ids[number], DOCUMENTS, tmp_path, tmp_path)
        assert found.results is document
        assert [entry.mutant.id for entry in found.mutants] == [ids[number]]


def test_a_line_names_all_mutants_that_change_it(tmp_path: Path) -> None:
    (tmp_path / "pkg").mkdir()
    for asked, start in (("pkg/a.py:2", tmp_path), ("a.py:2", tmp_path / "pkg")):
        found = look_up(asked, DOCUMENTS, tmp_path, start)
        assert [entry.mutant.line for entry in found.mutants] == [1, 2]
    assert look_up("pkg/a.py:4", DOCUMENTS, tmp_path, tmp_path).results is OLD


@pytest.mark.parametrize(
    ("asked", "hint"),
    [("zzz", "take an id"), ("pkg/a.py:99", "gate mutate pkg/a.py:99"), ("/else/a.py:1", "gate")],
)
def test_what_no_document_has_is_an_error_that_says_how_many_were_read(
    tmp_path: Path, asked: str, hint: str
) -> None:
    with pytest.raises(UsageError, match="2 documents") as caught:
        look_up(asked, DOCUMENTS, tmp_path, tmp_path)
    assert hint in caught.value.hint


def test_an_id_that_begins_several_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"is ambiguous"):
        look_up("", [(Path("new"), NEW)], tmp_path, tmp_path)


def test_a_document_is_read_when_a_search_comes_to_it_and_once_for_all_searches(
    tmp_path: Path,
) -> None:
    read: list[Path] = []

    def documents() -> Iterator[tuple[Path, Results]]:
        for path, results in DOCUMENTS:
            read.append(path)
            yield path, results

    known = ReadOnce(documents())
    newest = [entry.mutant.id for entry in DOCUMENTS[0][1].mutant_run.results]
    for _ in range(3):
        look_up(newest[0], known, tmp_path, tmp_path)
    assert len(read) == 1
    for _ in range(3):
        with pytest.raises(UsageError):
            look_up("nope", known, tmp_path, tmp_path)
    assert len(read) == len(DOCUMENTS)
