from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from mutation import Cost, Round, again_table, functions, speed_table

ORPHAN = """
import json, os, sys
from pathlib import Path
from mutation import measured
from gate.worker.kernel import adopt_orphans

BURN = "import time\\nwhile time.process_time() < 1.2: pass"
LEAVE = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {BURN!r}])"
adopt_orphans()
cost, code = measured([sys.executable, "-c", LEAVE], Path.cwd(), dict(os.environ), Path("log"))
print(json.dumps([cost.cpu, code]))
"""


def test_the_cpu_of_a_process_that_nobody_waited_for_is_counted(tmp_path: Path) -> None:
    root = Path(__file__).resolve().parents[2]
    path = f"{root / 'benchmarks'}:{root}"
    finished = subprocess.run(
        [sys.executable, "-c", ORPHAN],
        cwd=tmp_path,
        env={"PYTHONPATH": path, "PATH": "/usr/bin:/bin"},
        capture_output=True,
        check=True,
    )
    cpu, code = json.loads(finished.stdout)
    assert code == 0
    # A busy system counts in ticks, and misses some of the 1.2 s; without the orphan it is a tenth of them.
    assert 0.6 <= cpu < 3.0


def test_functions_and_methods_are_named_once(tmp_path: Path) -> None:
    source = "A = 1\nasync def f(): ...\nclass C:\n    def g(self): ...\n    B = 2\ndef f(): ...\n"
    (tmp_path / "a.py").write_text(source)
    assert functions(tmp_path, ["a.py"]) == ["a.py::f", "a.py::C.g"]


def test_ratios_are_of_mutants_that_ran() -> None:
    one = Round("small", 1, Cost(30, 40), Cost(10, 8), Cost(5, 2), 100, 40, 7, 2.0)
    assert speed_table([one])[3].endswith(
        "| 40 (and 7 ignored) | 10.0 | 8.0 | 200 | 3.0 | 5.0 | 2.0 |"
    )
    assert again_table([one])[2] == "| small | 1 | 5.0 | 2.0 | 0.50 | 0.25 | 2.0 | 4.0 |"
