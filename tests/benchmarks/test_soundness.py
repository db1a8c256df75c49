from __future__ import annotations

import random
from datetime import UTC, datetime
from pathlib import Path

from builders import make_evidence, make_mutation, make_policy, make_result
from soundness import Claim, Proof, drawn, exceptions, read_claims, shares, table

from gate.results.document import document, text


def make_claim(number: int = 0, status: str = "Killed") -> Claim:
    return Claim("small", "m.py", 1, f"id{number}", status, "", "1 → 2", ("tests/test_m.py::t",))


def test_shares_are_by_size_and_add_up() -> None:
    assert shares({"a": 700, "b": 200, "c": 101}, 200) == {"a": 140, "b": 40, "c": 20}
    assert shares({"a": 1, "b": 1, "c": 1}, 2) == {"a": 1, "b": 1, "c": 0}


def test_no_more_is_drawn_than_there_is() -> None:
    assert shares({"a": 2, "b": 0}, 200) == {"a": 2, "b": 0}
    assert shares({}, 5) == {}


def test_the_same_seed_draws_the_same_claims_and_none_twice() -> None:
    claims = {"small": [make_claim(number) for number in range(100)]}
    first = drawn(random.Random(3), claims, 20)
    assert first == drawn(random.Random(3), claims, 20)
    assert len({claim.id for claim in first}) == 20
    assert first != drawn(random.Random(4), claims, 20)


def test_a_kill_is_borne_out_by_its_killer_and_a_survivor_by_all_that_ran_it(
    tmp_path: Path,
) -> None:
    tests = ("t::b", "t::a")
    run = make_mutation(
        results=(
            make_result(1, "Killed", killed_by="t::b", covered_by=tests),
            make_result(2, "Survived", covered_by=tests),
            make_result(3, "NoCoverage"),
        )
    )
    results = tmp_path / "results.json"
    evidence = make_evidence(mutation=run)
    results.write_text(text(document(make_policy(), evidence, (), datetime.now(UTC))))
    assert [(each.status, each.tests) for each in read_claims("small", results)] == [
        ("Killed", ("t::b",)),
        ("Survived", ("t::b", "t::a")),
    ]


def test_an_exception_is_counted_and_shown_with_the_end_of_the_output() -> None:
    proofs = [
        Proof(make_claim(), "failed"),
        Proof(make_claim(1), "passed", "plain pytest: passed", "1 passed"),
    ]
    assert table(proofs)[2:] == [
        "| small | Killed | failed | yes | 1 |",
        "| small | Killed | passed | no | 1 |",
    ]
    shown = exceptions(proofs)
    assert shown[1] == "2 proved, 1 exceptions."
    assert shown[-1] == "1 passed"
    assert "id1" in shown[3]
