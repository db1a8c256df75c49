from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from gate.doctor.machine import (
    GIB,
    cgroup_value,
    check_clock,
    check_cores,
    check_disk,
    check_memory,
    memory_there,
    usable_cores,
)


def groups(tmp_path: Path, **values: str) -> dict[str, Path]:
    """A tree of control groups with this process in `outer/inner`; a name ends in `_inner` or `_outer`."""
    (tmp_path / "outer/inner").mkdir(parents=True)
    for name, value in values.items():
        kind, _, where = name.rpartition("_")
        folder = {"inner": "outer/inner", "outer": "outer", "root": "."}[where]
        (tmp_path / folder / kind.replace("_", ".")).write_text(f"{value}\n")
    own = tmp_path / "own"
    own.write_text("0::/outer/inner\n")
    return {"cgroup": tmp_path, "own": own}


def test_the_tightest_control_group_counts(tmp_path: Path) -> None:
    values = {"inner": "max 100000", "outer": "150000 100000", "root": "60000 20000"}
    there = groups(tmp_path, **{f"cpu_max_{where}": value for where, value in values.items()})
    assert cgroup_value("cpu.max", **there) == ["150000", "100000"]


def test_without_control_groups_nothing_is_limited(tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere"
    assert cgroup_value("cpu.max", cgroup=nowhere, own=nowhere) == []
    assert cgroup_value("memory.max", **groups(tmp_path, memory_max_inner="max")) == []


def test_cores_are_those_that_may_be_used() -> None:
    assert check_cores(4, 4, []).status == "ok"
    assert check_cores(4, 2, []).remedy.endswith("--jobs 2")
    assert check_cores(4, 4, ["150000", "100000"]).remedy.endswith("--jobs 1")
    assert check_cores(1, 1, ["50000", "100000"]).status == "ok"


def test_the_affinity_of_this_process_is_heard() -> None:
    before = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(before)})
        assert usable_cores() == 1
    finally:
        os.sched_setaffinity(0, before)


def test_workers_that_may_use_more_than_there_is_are_a_warning_with_a_limit_that_fits() -> None:
    assert check_memory(16 * GIB, 4 * GIB, 4).status == "ok"
    check = check_memory(8 * GIB, 4 * GIB, 4)
    assert check.status == "warning"
    assert 'tests.memory = "2048MiB"' in check.remedy
    assert check_memory(0, 4 * GIB, 4).status == "ok"


def test_memory_is_read_from_the_kernel(tmp_path: Path) -> None:
    assert memory_there() > 0
    assert memory_there(tmp_path / "nowhere") == 0


def test_a_folder_that_is_not_there_yet_is_looked_at_by_its_parents(tmp_path: Path) -> None:
    check = check_disk("out", tmp_path / "not/yet", "results")
    assert check.status in ("ok", "warning")
    assert not (tmp_path / "not").exists()


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="needs a file system without room")
def test_a_disk_without_room_is_a_problem() -> None:
    check = check_disk("scratch", Path("/proc"), "what a run needs")
    assert check.status == "problem"
    assert "TMPDIR" in check.remedy


def test_a_clock_behind_the_newest_commit_is_a_warning(tmp_path: Path) -> None:
    (check,) = check_clock(time.time() + 86_400, tmp_path)
    assert check.status == "warning"
    assert "waivers" in check.message


def test_a_clock_after_the_newest_commit_is_ok_and_leaves_no_file(tmp_path: Path) -> None:
    (check,) = check_clock(time.time() - 60, tmp_path)
    assert check.status == "ok"
    assert list(tmp_path.iterdir()) == []
    (check,) = check_clock(time.time() - 60, tmp_path / "nowhere")
    assert check.status == "ok"
