import os
import resource
import subprocess
import sys
from pathlib import Path

from gate.worker import kernel


def test_descendants_are_found_through_every_generation() -> None:
    child = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'input()'])"
    with subprocess.Popen([sys.executable, "-c", child], stdin=subprocess.PIPE) as process:
        found: list[int] = []
        while len(found) < 2:
            found = [each for each in kernel.descendants(os.getpid()) if _below(each, process.pid)]
        process.communicate(b"\n")
    assert found[0] == process.pid
    assert kernel.parent_of(process.pid) is None


def test_a_name_with_parentheses_does_not_hide_the_parent(tmp_path: Path) -> None:
    odd = tmp_path / "a) 1 (b"
    odd.symlink_to(sys.executable)
    with subprocess.Popen([odd, "-c", "input()"], stdin=subprocess.PIPE) as process:
        assert kernel.parent_of(process.pid) == os.getpid()
        process.communicate(b"\n")


def test_a_process_that_is_gone_has_no_parent_and_no_descendants() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        pass
    assert kernel.parent_of(process.pid) is None
    assert list(kernel.descendants(process.pid)) == []


def test_native_threads_are_counted() -> None:
    code = (
        "import threading, sys; sys.path.insert(0, sys.argv[1]); import kernel\n"
        "e = threading.Event(); t = threading.Thread(target=e.wait); t.start()\n"
        "print(kernel.native_threads()); e.set()"
    )
    command = [sys.executable, "-S", "-c", code, str(Path(kernel.__file__).parent)]
    assert subprocess.check_output(command) == b"2\n"


def _below(process: int, ancestor: int) -> bool:
    return process == ancestor or ancestor in (kernel.parent_of(process), -1)


CONFINED = """
import os, resource, subprocess, sys
from gate.worker import kernel
print(kernel.gain_no_privileges(), kernel.limit_resources())
print(resource.getrlimit(resource.RLIMIT_CORE))
print([resource.getrlimit(kind)[0] for kind in (resource.RLIMIT_NOFILE, resource.RLIMIT_FSIZE)])
print("NoNewPrivs:\\t1" in open("/proc/self/status").read())
"""


def test_a_confined_process_gains_nothing_and_dumps_nothing() -> None:
    finished = subprocess.run(
        [sys.executable, "-c", CONFINED],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (512, 512)),
        capture_output=True,
        text=True,
        check=True,
    )
    # A limit that is lower already stays as it is.
    assert finished.stdout.splitlines() == [
        "True True",
        "(0, 0)",
        f"[512, {kernel.LARGEST_FILE}]",
        "True",
    ]
