from __future__ import annotations

import dataclasses
import json
import math
import random
import shutil
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy
import psutil
import pytest
import torch

from training.monitoring import (
    LOAD,
    SPACE,
    Finding,
    Health,
    HealthChecker,
    Limits,
    MetricsCollector,
    Point,
    Status,
    Summary,
    check_cpu,
    check_disk,
    check_memory,
    read_cpu,
    read_disk,
    read_memory,
    require_number,
    require_text,
)

Refusal = Callable[[Callable[[], object]], str]

HEALTHY = Finding(Status.HEALTHY, "fine")


def ticks(*times: float) -> Callable[[], float]:
    """Return a clock that shows these times, one at a call."""
    return iter(times).__next__


def still() -> float:
    """Stand for a clock that shows 7 seconds at all times."""
    return 7.0


def make_collector(*values: float, history: int = 1000) -> MetricsCollector:
    collector = MetricsCollector(still, history)
    for value in values:
        collector.add_metric("loss", value)
    return collector


def found(*statuses: Status) -> Health:
    return Health(0.0, {str(i): Finding(s, "so") for i, s in enumerate(statuses)})


def run_one(check: Callable[[], Finding]) -> Finding:
    checker = HealthChecker(still)
    checker.add_check("one", check)
    return checker.run().findings["one"]


def test_a_value_is_kept_with_its_time_step_and_tags() -> None:
    collector = MetricsCollector(ticks(3.0, 4.0))
    collector.add_metric("loss", 2, step=0, tags={"phase": "train"})
    collector.add_metric("loss", 1.5)
    assert collector.series("loss") == (
        Point(3.0, 2.0, 0, {"phase": "train"}),
        Point(4.0, 1.5, None, {}),
    )


def test_without_a_clock_metrics_and_health_bear_the_time_of_day() -> None:
    collector, checker = MetricsCollector(), HealthChecker()
    checker.add_check("one", lambda: HEALTHY)
    collector.add_metric("loss", 1.0)
    times = [collector.series("loss")[0].time, checker.run().time]
    # Within the hour: no other clock is near it, and setting this one cannot matter.
    assert times == pytest.approx([time.time()] * 2, abs=3600)


def test_tags_changed_by_the_caller_later_stay_as_they_were() -> None:
    collector, tags = make_collector(), {"phase": "train"}
    collector.add_metric("loss", 1.0, tags=tags)
    tags["phase"] = "test"
    assert collector.series("loss")[0].tags == {"phase": "train"}


def test_metrics_are_kept_apart_and_named_in_the_order_in_which_they_came() -> None:
    collector = make_collector(1.0)
    collector.add_metric("accuracy", 0.5)
    collector.add_metric("loss", 2.0)
    assert collector.names() == ("loss", "accuracy")
    assert [point.value for point in collector.series("loss")] == [1.0, 2.0]
    assert collector.summary("accuracy").count == 1


def test_only_the_latest_values_are_held_and_the_dropped_ones_are_counted() -> None:
    collector = make_collector(9.0, 1.0, 3.0, 2.0, history=3)
    collector.add_metric("accuracy", 0.5)
    assert [point.value for point in collector.series("loss")] == [1.0, 3.0, 2.0]
    assert collector.summary("loss") == Summary(3, 1, 2.0, 1.0, 3.0, 2.0, 2.0, 2.9)
    assert collector.summary("accuracy").dropped == 0


def test_a_thousand_values_are_held_unless_told_otherwise() -> None:
    collector = MetricsCollector(still)
    for value in range(1001):
        collector.add_metric("loss", value)
    assert (collector.summary("loss").count, collector.summary("loss").min) == (1000, 1)


@pytest.mark.parametrize("count", [1, 2, 3, 20, 21, 101])
def test_a_summary_agrees_with_numpy(count: int) -> None:
    generator = random.Random(count)
    values = [generator.gauss(0, 3) for _ in range(count)]
    summary = make_collector(*values).summary("loss")
    p50, p95 = numpy.percentile(values, [50, 95])
    expected = (count, numpy.mean(values), min(values), max(values), values[-1], p50, p95)
    got = (summary.count, summary.mean, summary.min, summary.max)
    assert (*got, summary.last, summary.p50, summary.p95) == pytest.approx(expected, rel=1e-12)


def test_a_summary_of_the_largest_floats_does_not_overflow() -> None:
    summary = make_collector(-1.7e308, 1.7e308, 1.7e308).summary("loss")
    assert summary.mean == pytest.approx(1.7e308 / 3)
    assert summary.p95 == 1.7e308


def test_a_summary_of_equal_values_is_that_value_to_the_last_bit() -> None:
    summary = make_collector(*[0.1] * 7).summary("loss")
    assert (summary.mean, summary.p50, summary.p95) == (0.1, 0.1, 0.1)


def test_what_cannot_be_kept_is_refused_and_leaves_the_series_as_it_was(refusal: Refusal) -> None:
    collector = make_collector(1.0)
    add = collector.add_metric
    assert refusal(lambda: add(" ", 1.0)) == "name must be a text that is not empty, got ' '"
    assert refusal(lambda: add("loss", math.nan)) == "loss must be a finite number, got nan"
    assert refusal(lambda: add("loss", 1.0, step=-1)) == (
        "step must be a whole number of at least 0, got -1"
    )
    assert refusal(lambda: add("loss", 1.0, tags={"": "train"})) == (
        "a key of tags must be a text that is not empty, got ''"
    )
    assert refusal(lambda: add("loss", 1.0, tags={"phase": ""})) == (
        "the tag phase must be a text that is not empty, got ''"
    )
    assert collector.summary("loss").count == 1
    assert collector.names() == ("loss",)


def test_a_history_of_none_is_refused_and_of_one_is_kept(refusal: Refusal) -> None:
    assert refusal(lambda: MetricsCollector(still, 0)) == (
        "history must be a whole number of at least 1, got 0"
    )
    assert make_collector(1.0, 2.0, history=1).summary("loss").mean == 2.0


@pytest.mark.parametrize("look_up", [MetricsCollector.series, MetricsCollector.summary])
def test_an_unknown_metric_is_answered_with_those_that_are_known(
    look_up: Callable[[MetricsCollector, str], object], refusal: Refusal
) -> None:
    collector = make_collector()
    assert refusal(lambda: look_up(collector, "los")) == (
        "name must be a metric that was added (none so far), got 'los'"
    )
    collector.add_metric("loss", 1.0)
    collector.add_metric("rate", 1.0)
    assert refusal(lambda: look_up(collector, "los")) == (
        "name must be a metric that was added (loss, rate), got 'los'"
    )


@pytest.mark.parametrize("value", [3, 3.0, Fraction(3), numpy.float32(3), numpy.int64(3)])
def test_a_number_of_any_real_kind_becomes_a_float(value: float) -> None:
    number = require_number("loss", value)
    assert (type(number), number) == (float, 3.0)


@pytest.mark.parametrize(
    "value", [math.nan, math.inf, -math.inf, 10**400, True, "3", None, 3j, torch.tensor(3.0)]
)
def test_what_is_no_finite_number_is_refused(value: object, refusal: Refusal) -> None:
    message = refusal(lambda: require_number("loss", value))
    assert message == f"loss must be a finite number, got {value!r}"


@pytest.mark.parametrize("value", ["", "\n", None, 3, b"loss"])
def test_what_is_no_text_is_refused(value: object, refusal: Refusal) -> None:
    message = refusal(lambda: require_text("name", value))
    assert message == f"name must be a text that is not empty, got {value!r}"


def test_an_export_holds_summary_and_points_of_each_metric(tmp_path: Path) -> None:
    collector = make_collector(1.0, 3.0)
    collector.add_metric("größe", 2.0, step=5, tags={"phase": "train"})
    collector.export_json(tmp_path / "metrics.json")
    assert json.loads((tmp_path / "metrics.json").read_bytes()) == {
        "metrics": {
            "loss": {
                "summary": {
                    "count": 2,
                    "dropped": 0,
                    "mean": 2.0,
                    "min": 1.0,
                    "max": 3.0,
                    "last": 3.0,
                    "p50": 2.0,
                    "p95": 2.9,
                },
                "points": [
                    {"time": 7.0, "value": 1.0, "step": None, "tags": {}},
                    {"time": 7.0, "value": 3.0, "step": None, "tags": {}},
                ],
            },
            "größe": {
                "summary": {
                    "count": 1,
                    "dropped": 0,
                    "mean": 2.0,
                    "min": 2.0,
                    "max": 2.0,
                    "last": 2.0,
                    "p50": 2.0,
                    "p95": 2.0,
                },
                "points": [{"time": 7.0, "value": 2.0, "step": 5, "tags": {"phase": "train"}}],
            },
        }
    }


def test_an_export_has_a_line_for_each_value(tmp_path: Path) -> None:
    make_collector(1.0).export_json(tmp_path / "metrics.json")
    assert '\n  "loss": {\n' in (tmp_path / "metrics.json").read_text()


def test_an_export_replaces_the_file_and_never_writes_into_it(tmp_path: Path) -> None:
    path = tmp_path / "metrics.json"
    path.write_text("before")
    with path.open() as reader:
        make_collector(1.0).export_json(path)
        assert reader.read() == "before"
    assert "loss" in path.read_text()
    assert list(tmp_path.iterdir()) == [path]


def test_an_export_that_fails_leaves_what_was_there_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "metrics.json"
    (target / "inner").mkdir(parents=True)
    with pytest.raises(OSError, match=r"metrics\.json"):
        make_collector(1.0).export_json(target)
    assert [path.name for path in tmp_path.rglob("*")] == ["metrics.json", "inner"]


def test_the_words_for_a_status_are_those_that_are_documented() -> None:
    assert [str(status) for status in Status] == ["healthy", "degraded", "unhealthy", "failed"]


def test_every_check_is_run_in_the_order_added() -> None:
    checker = HealthChecker(ticks(5.0))
    finding = Finding(Status.DEGRADED, "nearly full")
    checker.add_check("disk", lambda: finding)
    checker.add_check("memory", lambda: HEALTHY)
    health = checker.run()
    assert list(health.findings.items()) == [("disk", finding), ("memory", HEALTHY)]
    assert health.time == 5.0


@pytest.mark.parametrize("worst", list(Status))
def test_the_overall_status_is_the_worst(worst: Status) -> None:
    order = [Status.HEALTHY, Status.DEGRADED, Status.UNHEALTHY, Status.FAILED]
    up_to = order[: order.index(worst) + 1]
    assert found(*up_to).status is worst
    assert found(*reversed(up_to)).status is worst


def test_a_check_that_raises_has_failed_and_the_others_still_run() -> None:
    checker = HealthChecker(still)
    checker.add_check("disk", lambda: check_disk(Path("/no/such/folder")))
    checker.add_check("ratio", lambda: Finding(Status.HEALTHY, str(1 / 0)))
    checker.add_check("memory", lambda: HEALTHY)
    disk, ratio, memory = checker.run().findings.values()
    assert ratio == Finding(Status.FAILED, "ZeroDivisionError: division by zero")
    assert disk.status is Status.FAILED
    assert disk.detail.startswith("FileNotFoundError: ")
    assert "/no/such/folder" in disk.detail
    assert memory == HEALTHY


def test_a_check_that_returns_no_finding_has_failed() -> None:
    finding = run_one(lambda: True)  # type: ignore[arg-type, return-value]
    assert finding == Finding(Status.FAILED, "the check returned True, not a Finding")


def test_an_interrupt_in_a_check_is_the_user_s_and_goes_on() -> None:
    def interrupted() -> Finding:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_one(interrupted)


def test_no_checks_are_no_evidence_of_health(refusal: Refusal) -> None:
    assert refusal(HealthChecker(still).run) == (
        "no check was added, so health would be claimed without evidence"
    )


def test_a_check_needs_a_name_of_its_own(refusal: Refusal) -> None:
    checker = HealthChecker(still)
    checker.add_check("disk", lambda: HEALTHY)
    assert refusal(lambda: checker.add_check("disk", lambda: HEALTHY)) == (
        "name must be new, got 'disk' for a second check"
    )
    assert refusal(lambda: checker.add_check("", lambda: HEALTHY)) == (
        "name must be a text that is not empty, got ''"
    )


@pytest.mark.parametrize(
    ("percent", "status", "detail"),
    [
        (0, Status.HEALTHY, "0.0 %"),
        (49.94, Status.HEALTHY, "49.9 %"),
        (50, Status.DEGRADED, "50.0 %, degraded from 50 %"),
        (87.4, Status.DEGRADED, "87.4 %, degraded from 50 %"),
        (87.5, Status.UNHEALTHY, "87.5 %, unhealthy from 87.5 %"),
        (100, Status.UNHEALTHY, "100.0 %, unhealthy from 87.5 %"),
    ],
)
def test_a_reading_is_compared_with_both_limits(
    percent: float, status: Status, detail: str
) -> None:
    limits = Limits(degraded=50, unhealthy=87.5)
    asked: list[Path] = []

    def read(folder: Path) -> float:
        asked.append(folder)
        return percent

    assert check_memory(limits, lambda: percent) == Finding(status, f"memory in use: {detail}")
    assert check_cpu(limits, lambda: percent) == Finding(
        status, f"load of the processors: {detail}"
    )
    assert check_disk(Path("runs"), limits, read) == Finding(
        status, f"disk in use at runs: {detail}"
    )
    assert asked == [Path("runs")]


@pytest.mark.parametrize("reading", [math.nan, math.inf, -1.0])
def test_a_reading_that_makes_no_sense_is_a_failed_check(reading: float) -> None:
    finding = run_one(lambda: check_memory(SPACE, lambda: reading))
    assert finding == Finding(
        Status.FAILED,
        f"ValueError: memory in use must be a finite number from 0 to inf, got {reading}",
    )


def test_space_and_load_have_the_limits_that_are_documented() -> None:
    assert Limits(85, 95) == SPACE
    assert Limits(100, 200) == LOAD
    assert check_memory(read=lambda: 85).status is Status.DEGRADED
    assert check_disk(Path(), read=lambda folder: 85).status is Status.DEGRADED
    assert check_cpu(read=lambda: 99).status is Status.HEALTHY


def test_limits_that_do_not_rise_are_refused(refusal: Refusal) -> None:
    assert refusal(lambda: Limits(50, 49)) == (
        "unhealthy must be a finite number from 50 to inf, got 49"
    )
    assert refusal(lambda: Limits(-1, 49)) == (
        "degraded must be a finite number from 0 to inf, got -1"
    )
    assert refusal(lambda: Limits(0, math.inf)) == (
        "unhealthy must be a finite number from 0 to inf, got inf"
    )
    assert Limits(0, 0).unhealthy == 0


@pytest.mark.parametrize(
    ("value", "field"),
    [
        (Point(1.0, 2.0, 3, {}), "value"),
        (make_collector(1.0).summary("loss"), "mean"),
        (HEALTHY, "status"),
        (found(Status.HEALTHY), "findings"),
        (SPACE, "degraded"),
    ],
)
def test_what_was_found_cannot_be_changed_or_added_to(value: object, field: str) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(value, field, None)
    assert not hasattr(value, "__dict__")


def test_the_real_memory_and_disk_are_read_in_percent(tmp_path: Path) -> None:
    memory = psutil.virtual_memory()
    disk = shutil.disk_usage(tmp_path)
    used = 100 * disk.used / (disk.used + disk.free)
    taken = 100 * (1 - memory.available / memory.total)
    # Others use the machine between two readings.
    assert read_disk(tmp_path) == pytest.approx(used, abs=2)
    assert read_memory() == pytest.approx(taken, abs=20)


def test_the_real_load_is_read_in_percent_of_the_processors() -> None:
    # The system takes the average every five seconds; two equal readings have none between them.
    for _ in range(5):
        before, load, after = psutil.getloadavg(), read_cpu(), psutil.getloadavg()
        if before == after:
            break
    assert load == pytest.approx(100 * before[0] / psutil.cpu_count())


def test_the_real_machine_can_be_checked(tmp_path: Path) -> None:
    checker = HealthChecker()
    checker.add_check("memory", check_memory)
    checker.add_check("disk", lambda: check_disk(tmp_path))
    checker.add_check("cpu", check_cpu)
    for finding in checker.run().findings.values():
        assert finding.status is not Status.FAILED
        assert " %" in finding.detail
