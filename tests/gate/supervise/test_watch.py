import os
import subprocess
import sys
from pathlib import Path

import pytest

from gate.supervise import watch
from gate.worker.kernel import descendants


def test_memory_of_a_process_and_its_tree_is_seen() -> None:
    code = "import subprocess, sys; data = b'x' * (64 << 20); print(1, flush=True); input()"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {code!r}])"
    with subprocess.Popen(
        [sys.executable, "-c", parent], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        alone = watch.resident_bytes(process.pid, whole_tree=False)
        tree = watch.resident_bytes(process.pid, whole_tree=True)
        process.communicate(b"\n")
    assert 0 < alone < 64 << 20 < tree


def test_processor_time_is_what_a_process_computes_and_not_what_it_waits() -> None:
    code = (
        "import time; time.sleep(0.5)\n"
        "while time.process_time() < 0.3: pass\n"
        "print(time.process_time(), flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        own = float(process.stdout.readline())
        seen = watch.processor_seconds(process.pid)
        process.communicate(b"\n")
    # The kernel counts in ticks of 10 ms.
    assert own - 0.05 < seen < own + 0.2


def test_a_tree_has_used_what_its_processes_used_the_ended_ones_too() -> None:
    burn = "import time\nwhile time.process_time() < 0.3: pass\n"
    code = (
        "import subprocess, sys\n"
        f"subprocess.run([sys.executable, '-c', {burn!r}])\n"
        f"subprocess.run([sys.executable, '-c', {burn + 'print(flush=True); input()'!r}])\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        alone, tree = watch.usage(process.pid), watch.usage(process.pid, whole_tree=True)
        process.communicate(b"\n")
    assert alone.computed > 0.25
    assert tree.computed > alone.computed + 0.25
    assert tree.queued >= alone.queued >= 0


@pytest.mark.skipif(not Path("/proc/self/schedstat").exists(), reason="the kernel does not tell")
def test_two_that_share_a_processor_are_queued_while_the_other_computes() -> None:
    code = (
        "import os, time; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\n"
        "while time.process_time() < 0.5: pass\n"
        "print(flush=True); input()"
    )
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    processes = [subprocess.Popen([sys.executable, "-c", code], **pipes) for _ in range(2)]
    for process in processes:
        assert process.stdout is not None
        process.stdout.readline()
    queued = [watch.usage(process.pid).queued for process in processes]
    for process in processes:
        process.communicate(b"\n")
    # While one computed its half a second the other was ready: other load only makes them wait longer.
    assert max(queued) > 0.2


def test_a_process_that_is_gone_has_used_nothing() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    assert watch.processor_seconds(process.pid) == 0
    assert watch.usage(process.pid, whole_tree=True) == watch.Usage()


def test_output_to_a_file_is_measured(tmp_path: Path) -> None:
    code = "import sys; sys.stderr.write('x' * 5000); sys.stderr.flush(); print(1, flush=True); input()"
    with (tmp_path / "err").open("wb") as error:
        process = subprocess.Popen(
            [sys.executable, "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=error,
        )
    with process:
        assert process.stdout is not None
        process.stdout.readline()
        assert watch.output_bytes(process.pid) == 5000
        process.communicate(b"\n")


def test_a_tree_is_ended_with_those_who_left_the_group() -> None:
    code = (
        "import os, time\n"
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        "    print(1, flush=True)\n"
        "time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        (child,) = descendants(process.pid)
        watch.end_tree(process.pid)
        assert process.wait(60) == -9
        # The pipe closes when the last holder is gone, and that is the child.
        assert process.stdout.read() == b""
    assert not os.path.exists(f"/proc/{child}/fd/1")


@pytest.mark.parametrize("process", [0, 1, -1])
def test_no_number_of_a_process_ends_the_judge_or_everybody(process: int) -> None:
    # A child that ends before it has said its number has 0; what it says may be anything.
    code = (
        "import os\nfrom gate.supervise import watch\n"
        "os.killpg = os.kill = lambda *told: print('killed', told)\n"
        f"watch.end_group({process})\nwatch.end_tree({process})\nprint('alive')"
    )
    command = [sys.executable, "-c", code]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    assert ended.stdout == "alive\n"


def test_a_process_that_is_gone_has_no_size() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        pass
    assert watch.resident_bytes(process.pid, whole_tree=True) == 0
    assert watch.output_bytes(process.pid) == 0
    watch.end_group(process.pid)
