"""What plain pytest collects, asked in a process of its own, beside what a run of the gate collects."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from gate.doctor.checks import Check, ok, unknown, warning
from gate.measure.launch import DROPPED, secrets_in
from gate.report.words import counted, some_of
from gate.supervise.zygote import Launch

_MOST_NAMED = 3
# Started with -P, as the command `pytest` leaves the current folder off the path, unlike `python -m pytest`.
_PROBE = """
import json, sys
import pytest

class Listener:
    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session):
        with open(sys.argv[1], "w", encoding="utf-8") as file:
            json.dump([[str(item.path), item.nodeid] for item in session.items], file)

sys.exit(pytest.main(["--collect-only", "-q", "-o", "cache_dir=" + sys.argv[2]], plugins=[Listener()]))
"""


def check_selection(launch: Launch, collected: Sequence[str], seconds: float) -> Check:
    """Compare the tests that a run collects, by their ids, with those of `pytest --collect-only`.

    Both are started in the same way. The process has `seconds` for that.
    """
    command = f"{'python -m pytest' if launch.as_module else 'pytest'} --collect-only -q"
    plain = _plain_tests(launch, seconds)
    if plain is None:
        return unknown(
            "selection",
            "plain pytest, without paths and options, collects nothing here, so there is nothing to compare",
            f"call `{command}` at the root of the repository, which says why",
        )
    missing = sorted((Counter(plain) - Counter(collected)).elements())
    if not missing:
        return ok("selection", f"all that plain pytest collects: {counted(len(plain), 'test')}")
    return warning(
        "selection",
        f"a run leaves out {len(missing):,} of the {counted(len(plain), 'test')} that plain pytest collects: "
        f"{some_of(missing, _MOST_NAMED)}",
        "take `paths` out of [tests] in the policy, so that pytest's own selection holds"
        if launch.arguments
        else f"compare with `{command}`: a test there depends on the environment",
    )


def _plain_tests(launch: Launch, seconds: float) -> list[str] | None:
    """Name the tests that plain pytest collects at the root; None where it collects nothing."""
    secrets = secrets_in(os.environ, ())
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in secrets and not name.startswith(DROPPED)
    }
    path = () if launch.as_module else ("-P",)
    with tempfile.TemporaryDirectory(prefix="gate-plain-") as scratch:
        report = Path(scratch) / "tests.json"
        apart = {
            "PYTHONDONTWRITEBYTECODE": "1",
            "COVERAGE_FILE": f"{scratch}/coverage",
            "HYPOTHESIS_STORAGE_DIRECTORY": f"{scratch}/hypothesis",
        }
        try:
            subprocess.run(
                [launch.python, *path, "-c", _PROBE, str(report), f"{scratch}/cache"],
                cwd=launch.root,
                env={**kept, **apart},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=False,
                timeout=seconds,
            )
            tests = json.loads(report.read_text(encoding="utf-8"))
        except (OSError, ValueError, subprocess.TimeoutExpired):
            return None
    return list(_ids(tests, launch.root)) or None


def _ids(tests: Sequence[Sequence[str]], root: Path) -> Iterator[str]:
    """Give the ids that a run has for tests, each a path and a node id of pytest."""
    there = os.path.realpath(root)
    inside = os.path.join(there, "")
    alike: Counter[str] = Counter()
    for path, nodeid in tests:
        real = os.path.realpath(path)
        file = "." if real == there else real.removeprefix(inside)
        name = f"{file}::{nodeid.partition('::')[2]}"
        alike[name] += 1
        yield name if alike[name] == 1 else f"{name}#{alike[name]}"
