from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gate.supervise import isolation
from gate.supervise.isolation import Circumstances, isolation_of
from gate.supervise.jobs import Guards, Limits
from gate.supervise.zygote import Collected, Launch

CONFINED = {"privileges": True, "resources": True}


def told(
    missing: dict[str, str] | None = None,
    *,
    confined: dict[str, bool] | None = None,
    fresh: bool = False,
    **launch: Any,
) -> dict[str, str]:
    """Isolation of a run; `missing` is what a guarded worker said, None when there was none."""
    guards = Guards()
    if missing is not None:
        guards.note(missing)
    here = Path("/repository")
    started = Launch("python", here, (), (), (), {}, here / "scratch", {}, **launch)
    collected = Collected(
        (), (), {}, ("pool-1",), {}, {}, confined=CONFINED if confined is None else confined
    )
    run = Circumstances(started, Limits(600, 60, 1 << 30, 1 << 20), collected, guards, fresh)
    return dict(isolation_of(run))


@pytest.fixture(autouse=True)
def watched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolation, "can_watch", lambda: True)


HELD = {"writes": "", "network": ""}


def test_where_every_measure_holds_the_level_is_full() -> None:
    said = told(HELD)
    assert (said["level"], said["not in force"]) == ("full", "nothing")
    assert said["network"].startswith("mutants have none")
    assert said["repository and home"] == "mutants cannot write there (Landlock)"


@pytest.mark.parametrize(
    ("missing", "name"),
    [
        ({"writes": "", "network": "refused"}, "network"),
        ({"writes": ""}, "network"),
    ],
)
def test_mutants_with_a_network_make_it_partial(missing: dict[str, str], name: str) -> None:
    said = told(missing)
    assert (said["level"], said["not in force"]) == ("partial", name)
    assert said[name].startswith("not in force: ")


def test_mutants_that_can_write_in_the_repository_make_it_basic() -> None:
    said = told({"writes": "this system has no Landlock", "network": ""})
    assert said["level"] == "basic"
    assert said["repository and home"] == "not in force: this system has no Landlock"


def test_a_worker_that_says_nothing_of_its_guard_has_none() -> None:
    assert told({})["level"] == "basic"


def test_one_worker_without_its_guard_among_many_is_enough() -> None:
    guards = Guards()
    for missing in (HELD, {"writes": "no", "network": ""}, HELD):
        guards.note(missing)
    assert (guards.workers, guards.missing) == (3, {"writes": "no"})


def test_without_mutants_the_suite_alone_counts() -> None:
    said = told()
    assert said["level"] == "full"
    assert said["network"] == "open to the suite, as under pytest; no mutant ran"
    assert "repository and home" not in said


@pytest.mark.parametrize("name", sorted(CONFINED))
def test_what_the_collecting_process_could_not_do_is_named(name: str) -> None:
    said = told(HELD, confined={**CONFINED, name: False})
    assert (said["level"], said["not in force"]) == ("partial", name)
    assert told(HELD, confined={})["not in force"] == "privileges, resources"


def test_where_memory_is_not_seen_the_level_is_basic(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolation, "can_watch", lambda: False)
    said = told(HELD)
    assert (said["level"], said["not in force"]) == ("basic", "memory limit, output limit")
    assert "not enforced" in said["memory limit"]


def test_variables_that_were_withheld_are_named_and_many_are_counted() -> None:
    assert told()["environment"] == "no variable looks like a secret"
    assert told(withheld=("A_TOKEN", "B_SECRET"))["environment"].endswith(": A_TOKEN, B_SECRET")
    many = told(withheld=tuple(f"T{n}_TOKEN" for n in range(12)))["environment"]
    assert many.endswith("T7_TOKEN and 4 more")


def test_fresh_processes_say_what_made_forking_unsafe() -> None:
    assert told(fresh=True)["workers"].endswith("the collecting process holds pool-1")
    assert told()["workers"].startswith("forks of one collecting process")
