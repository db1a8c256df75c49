from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from coverage import CoverageData

from gate.measure.coverage import combine
from gate.supervise.zygote import subprocess_data

# One process after the other saves what it measured, and is killed at its first, second, … statement.
SAVES = """
import os, signal, sqlite3, sys
from coverage import CoverageData

connect = sqlite3.connect

def save(path, last):
    left = iter(range(last - 1, -1, -1))
    def connected(*arguments, **options):
        database = connect(*arguments, **options)
        database.set_trace_callback(lambda _: next(left) or os.kill(os.getpid(), signal.SIGKILL))
        return database
    sqlite3.connect = connected
    data = CoverageData(path)
    data.add_arcs({"m.py": [(-1, 1), (1, -1)]})
    data.touch_file("n.py")
    data.close()

for last in range(1, 500):
    child = os.fork()
    if child == 0:
        save(f"{sys.argv[1]}/coverage.subprocess.{last}", last)
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    if status == 0:
        sys.exit()
    assert os.WIFSIGNALED(status), status
sys.exit("not saved after 500 statements")
"""


def test_a_process_that_is_killed_while_it_saves_takes_no_evidence_with_it(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", SAVES, str(tmp_path)], check=True)
    there, used = sorted(tmp_path.iterdir()), subprocess_data(tmp_path)
    assert len(there) > 20
    assert combine([part for part in there if part not in used], tmp_path / "others") != ()
    assert combine(used, tmp_path / "all") == ()
    data = CoverageData(str(tmp_path / "all"))
    data.read()
    assert sorted(data.arcs("m.py") or ()) == [(-1, 1), (1, -1)]


@pytest.mark.parametrize("content", [b"no data base" * 400, b"SQLite format 3\0" + bytes(600)])
def test_what_is_no_coverage_data_at_all_is_left_for_the_judge(
    tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "coverage.subprocess.1").write_bytes(content)
    assert subprocess_data(tmp_path) == [tmp_path / "coverage.subprocess.1"]
