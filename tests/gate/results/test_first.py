"""Documents of the first version, as the gate wrote them, beside this file in first/."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from samples import RENDERERS, SNAPSHOTS

from gate.judge.verify import contradictions
from gate.results.document import ContradictionError, Results, parse

FIRST = Path(__file__).parent / "first"
NAMES = ("pass", "fail", "hostile")
REPORTS = sorted(set(RENDERERS) - {"json"})


def said(name: str) -> dict[str, Any]:
    return dict(json.loads((FIRST / f"{name}.json").read_text(encoding="utf-8")))


def read(document: dict[str, Any]) -> Results:
    return parse(json.dumps(document))


@pytest.mark.parametrize("name", NAMES)
def test_a_document_of_the_first_version_is_borne_out_by_its_evidence(name: str) -> None:
    assert contradictions(read(said(name))) == []


@pytest.mark.parametrize("report", REPORTS)
@pytest.mark.parametrize("name", NAMES)
def test_a_document_of_the_first_version_is_reported_as_before(name: str, report: str) -> None:
    expected = (SNAPSHOTS / f"{name}.{report}").read_bytes().decode()
    assert RENDERERS[report](read(said(name))) == expected


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("verdict",), "pass"),
        (("exit_code",), 0),
        (("suite", "counts", "failed"), 0),
        (("suite", "groups"), []),
        (("coverage", "line", "percent"), 100.0),
        (("coverage", "complete"), True),
        (("mutation", "counts", "Killed"), 0),
        (("mutation", "score", "low"), 99.0),
    ],
)
def test_what_does_not_follow_in_the_first_version_is_still_refused(
    place: tuple[str, ...], value: Any
) -> None:
    document = said("fail")
    here = document
    for name in place[:-1]:
        here = here[name]
    here[place[-1]] = value
    with pytest.raises(ContradictionError):
        read(document)


def test_fields_that_came_later_may_be_missing() -> None:
    document = said("pass")
    for name in ("rules", "not_judged"):
        del document[name]
    del document["suite"]["ended"], document["coverage"]["unrun"]
    for file in document["coverage"]["files"].values():
        del file["covered_lines"], file["digest"]
    results = read(document)
    assert (results.rules, results.not_judged, results.suite.ended) == (None, (), None)
    assert {file.digest for file in results.coverage.files} == {""}


@pytest.mark.parametrize("lacking", ["suite", "mutation", "policy"])
def test_what_is_not_in_the_shape_of_the_first_version_is_refused(lacking: str) -> None:
    document = said("pass")
    document[lacking] = 3
    with pytest.raises(ValueError, match=r"it is not in the shape of testproof-results/1|policy"):
        read(document)


def test_a_mutant_of_the_first_version_that_names_no_test_of_its_list_is_refused() -> None:
    document = said("pass")
    document["mutation"]["mutants"][0]["covered_by"] = [10_000]
    with pytest.raises(ValueError, match="list index out of range"):
        read(document)
