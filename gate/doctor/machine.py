"""The machine: cores, memory, disk and clock, as far as a run depends on them."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from gate.doctor.checks import Check, ok, problem, warning

GIB = 1 << 30
# Coverage data, captured output and the copy of a base go there.
LITTLE_ROOM, NO_ROOM = GIB, 64 << 20
FEW_FILES = 1_000
SKEW = 300.0
_CGROUP = Path("/sys/fs/cgroup")
_OWN_CGROUP = Path("/proc/self/cgroup")


def usable_cores() -> int:
    """Count the cores that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # macOS
        return os.cpu_count() or 1


def cgroup_value(name: str, cgroup: Path = _CGROUP, own: Path = _OWN_CGROUP) -> list[str]:
    """Read the tightest limit of this name (`cpu.max`, `memory.max`) of the control groups around us.

    Its words, as cgroup v2 writes them; none where nothing is limited.
    """
    found: list[list[str]] = []
    for folder in _groups(cgroup, own):
        try:
            words = (folder / name).read_text(encoding="ascii").split()
        except (OSError, UnicodeDecodeError):
            continue
        if words and words[0].isdigit():
            found.append(words)
    return min(found, key=_amount, default=[])


def check_cores(cores: int, usable: int, quota: list[str]) -> Check:
    """Compare the workers that a run has by default, one a core, with what it may use.

    `quota` are the microseconds of `cpu.max` and their period.
    """
    share = _amount(quota) if quota else float(usable)
    least = max(1, int(min(share, usable)))
    if least >= cores:
        return ok("cores", f"{cores} available")
    what = f"{cores} cores are seen, {min(share, usable):g} may be used here (affinity, cgroup)"
    return warning("cores", what, f"call the gate with --jobs {least}")


def check_memory(total: int, limit: int, jobs: int) -> Check:
    """Compare the memory there is (bytes) with what `jobs` workers may use by the policy's limit."""
    if total <= 0:
        return ok(
            "memory", f"each worker may use {_size(limit)}; the machine does not say what it has"
        )
    if limit * jobs <= total:
        return ok("memory", f"{_size(total)}, for {jobs} workers of at most {_size(limit)}")
    share = max(1, total // jobs >> 20)
    return warning(
        "memory",
        f"{jobs} workers may use {_size(limit)} each, and there are {_size(total)}: where they do, the "
        "system ends one of them first, and its test reads as crashed",
        f'set `tests.memory = "{share}MiB"` in the policy, or call the gate with fewer --jobs',
    )


def memory_there(meminfo: Path = Path("/proc/meminfo")) -> int:
    """Give the bytes of memory that this process may use; 0 where nobody says."""
    try:
        lines = meminfo.read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    total = next((int(line.split()[1]) << 10 for line in lines if line.startswith("MemTotal:")), 0)
    limit = cgroup_value("memory.max")
    return min(total, int(limit[0])) if limit else total


def check_disk(name: str, folder: Path, what: str) -> Check:
    """Look at the room around a folder, which need not exist yet."""
    there = next(each for each in (folder, *folder.parents) if each.exists())
    if not os.access(there, os.W_OK):
        return problem(name, f"{there} cannot be written to: {what}", _elsewhere(name))
    found = os.statvfs(there)
    free, files = found.f_bavail * found.f_frsize, found.f_favail
    room = f"{_size(free)} free for {what}"
    if free < NO_ROOM:
        return problem(name, f"{room} in {there}", f"free some space, or {_elsewhere(name)}")
    if free < LITTLE_ROOM:
        return warning(name, f"{room} in {there}", f"free some space, or {_elsewhere(name)}")
    if found.f_files and files < FEW_FILES:
        return warning(
            name, f"{files} more files fit into {there}", "remove files that nobody needs"
        )
    return ok(name, room)


def check_clock(newest_commit: float, scratch: Path) -> Iterator[Check]:
    """Compare the clock (seconds since 1970) with the newest commit, and with that of the file system."""
    now = time.time()
    if now < newest_commit - SKEW:
        yield warning(
            "clock",
            f"it says {_moment(now)}, and the newest commit is of {_moment(newest_commit)}: exclusions and "
            "waivers would count for longer than they say",
            "set the clock of this machine",
        )
        return
    stamp = _file_time(scratch)
    if stamp is not None and abs(stamp - now) > SKEW:
        yield warning(
            "clock",
            f"it says {_moment(now)}, and the file system in {scratch} says {_moment(stamp)}: tests that "
            "look at the age of files may fail",
            "set the clock of this machine, and of the one that holds the files",
        )
        return
    yield ok("clock", f"{_moment(now)}, later than the newest commit")


def _groups(cgroup: Path, own: Path) -> Iterator[Path]:
    try:
        lines = own.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return
    path = next((line[3:] for line in lines if line.startswith("0::")), "/")
    folder = cgroup / path.lstrip("/")
    while True:
        yield folder
        if folder == cgroup or not folder.is_relative_to(cgroup):
            return
        folder = folder.parent


def _amount(words: list[str]) -> float:
    return int(words[0]) / (int(words[1]) if len(words) > 1 else 1)


def _file_time(folder: Path) -> float | None:
    """Give the time that a file gets which is made now, and remove it."""
    file = folder / f"gate-clock-{os.getpid()}"
    try:
        file.touch(exist_ok=False)
        try:
            return file.stat().st_mtime
        finally:
            file.unlink()
    except OSError:
        return None


def _elsewhere(name: str) -> str:
    return "set TMPDIR to another folder" if name == "scratch" else "name another folder with --out"


def _size(size: int) -> str:
    return f"{size / GIB:.1f} GiB" if size >= GIB else f"{size >> 20} MiB"


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")
