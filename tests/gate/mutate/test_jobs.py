import math
from pathlib import Path

from gate.mutate.jobs import (
    ALREADY_IMPORTED,
    COMPUTING,
    TIGHT,
    TIGHT_IMPORTS,
    WIDE,
    WIDE_IMPORTS,
    Jobs,
)
from gate.supervise.zygote import Collected, Item

TESTS = ("tests/test_a.py::test_1", "tests/test_a.py::test_2[x::y]", "tests/sub/test_b.py::T::t")


def make_item(test: str, file: str = "") -> Item:
    path = test.partition("::")[0]
    return Item(test, path, 1, frozenset(), file=file or f"/repo/{path}")


def make_jobs(configuration: str = "/repo/setup.cfg") -> Jobs:
    items = tuple(make_item(test) for test in TESTS)
    environment = {"rootdir": "/repo", "configuration": configuration}
    collected = Collected(items, (), environment, (), {}, {}, seconds=1.5)
    return Jobs(collected, ("-o", "cache_dir=/s"), {0: 0.25, 1: 2.0})


def test_a_job_stops_at_the_first_failure_and_cannot_write_in_the_repository() -> None:
    job = make_jobs().job("mutant", "switch", (2, 0), {"replacement": "x"})
    assert (job.items, job.edit) == ((2, 0), {"replacement": "x"})
    assert job.stop
    assert job.guarded
    assert not job.measured
    assert not job.at_import
    assert (job.tests, job.arguments) == ((), ())


def test_each_job_has_a_name_of_its_own() -> None:
    jobs = make_jobs()
    names = [jobs.job("original", "switch", (0,), None).name for _ in range(5)]
    assert len(set(names)) == 5


def test_limits_grow_with_what_a_test_took_and_are_wide_for_a_test_alone() -> None:
    jobs = make_jobs()
    tight = jobs.job("mutant", "switch", (0, 1, 2), None).limits
    assert tight == {0: TIGHT[0] + TIGHT[1] * 0.25, 1: TIGHT[0] + TIGHT[1] * 2.0, 2: TIGHT[0]}
    wide = jobs.job("alone", "switch", (0, 1, 2), None).limits
    assert wide == {0: WIDE[0] + WIDE[1] * 0.25, 1: WIDE[0] + WIDE[1] * 2.0, 2: WIDE[0]}


def test_a_test_alone_on_a_mutant_has_so_much_processor_time_and_no_more() -> None:
    jobs = make_jobs()
    assert jobs.job("alone", "switch", (1,), None).processor == COMPUTING[0] + COMPUTING[1] * 2.0
    assert jobs.job("alone", "switch", (2,), None).processor == COMPUTING[0]
    for kind, route in (("mutant", "switch"), ("original", "switch"), ("alone", "import")):
        job = jobs.job(kind, route, (1,), None)  # type: ignore[arg-type]
        assert job.processor == math.inf


def test_a_slow_mutant_has_the_wide_limits_also_in_company() -> None:
    jobs = make_jobs()
    wide = jobs.job("alone", "switch", (0, 1), None).limits
    assert jobs.job("mutant", "switch", (0, 1), None, slow=True).limits == wide
    assert jobs.job("original", "switch", (0, 1), None, slow=True).limits == {}


def test_on_the_original_the_limit_is_the_policys() -> None:
    assert make_jobs().job("original", "switch", (0, 1), None).limits == {}
    assert make_jobs().job("again", "import", (0,), None).limits == {}


def test_a_test_that_took_longer_alone_gets_more_time_from_then_on() -> None:
    jobs = make_jobs()
    jobs.learn(0, 4.0)
    jobs.learn(1, 0.1)
    limits = jobs.job("alone", "switch", (0, 1), None).limits
    assert limits == {0: WIDE[0] + WIDE[1] * 4.0, 1: WIDE[0] + WIDE[1] * 2.0}


def test_before_import_there_is_time_to_import_that_no_test_can_use() -> None:
    jobs = make_jobs()
    tight = TIGHT_IMPORTS[0] + TIGHT_IMPORTS[1] * 1.5
    wide = WIDE_IMPORTS[0] + WIDE_IMPORTS[1] * 1.5
    for kind, slow, imports in (
        ("mutant", False, tight),
        ("mutant", True, wide),
        ("alone", False, wide),
        ("neutral", False, None),
    ):
        live, before = (
            jobs.job(kind, route, (0, 1), None, slow=slow)  # type: ignore[arg-type]
            for route in ("switch", "import")
        )
        assert (live.imports, before.imports) == (None, imports)
        assert live.limits == before.limits


def test_how_long_importing_takes_on_the_original_replaces_the_guess() -> None:
    jobs = make_jobs()
    jobs.learn_imports(0.0)
    assert (
        jobs.job("alone", "import", (0,), None).imports == WIDE_IMPORTS[0] + WIDE_IMPORTS[1] * 1.5
    )
    jobs.learn_imports(0.2)
    jobs.learn_imports(0.1)
    assert (
        jobs.job("alone", "import", (0,), None).imports == WIDE_IMPORTS[0] + WIDE_IMPORTS[1] * 0.2
    )


def test_before_import_pytest_gets_the_files_of_the_tests_and_its_configuration() -> None:
    job = make_jobs().job("mutant", "import", (2, 1, 0), None)
    assert job.at_import
    assert job.tests == (TESTS[2], TESTS[1], TESTS[0])
    assert job.arguments == (
        str(Path("/repo/tests/sub/test_b.py")),
        str(Path("/repo/tests/test_a.py")),
        "--rootdir=/repo",
        *("-c", "/repo/setup.cfg"),
        *ALREADY_IMPORTED,
        *("-o", "cache_dir=/s"),
    )


def test_before_import_pytest_comes_to_a_file_by_every_link_by_which_it_was_collected() -> None:
    direct, linked = make_item("a.py::t"), make_item("a.py::t#2", "/repo/link/a.py")
    environment = {"rootdir": "/repo/below", "configuration": "none"}
    collected = Collected((direct, linked), (), environment, (), {}, {})
    job = Jobs(collected, (), {}).job("mutant", "import", (1,), None)
    assert job.arguments[:3] == ("/repo/a.py", "/repo/link/a.py", "--rootdir=/repo/below")


def test_without_a_configuration_file_none_is_named() -> None:
    arguments = make_jobs("none").job("mutant", "import", (0,), None).arguments
    assert "-c" not in arguments
    assert "none" not in arguments
