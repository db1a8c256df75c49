"""Stand between the judge and a zygote, so that nothing outlives either, not even after `kill -9`.

Usage: keeper.py LIFELINE CONTROL SCRATCH OUTPUT COMMAND…. The judge writes a byte to the descriptor
LIFELINE when it has made the folder SCRATCH, and another when it is done with the zygote; closed before
that, the judge has died, and SCRATCH is removed too. CONTROL is the zygote's, OUTPUT is for what it prints.
Run as a script of its own: standard library only.
"""

from __future__ import annotations

import os
import select
import shutil
import signal
import sys
import time

sys.path.append(os.path.dirname(os.path.abspath(__file__)))

from kernel import adopt_orphans, descendants  # type: ignore[import-not-found]

ATTEMPTS = 100


def main(lifeline: int, control: int, scratch: str, output: str, command: list[str]) -> int:
    """Run the command to its end or the judge's, whichever is first; then kill all that is left."""
    adopt_orphans()
    if os.read(lifeline, 1):
        _keep(lifeline, control, output, command)
    if os.read(lifeline, 1) == b"":
        _clear(scratch)
    return 0


def _clear(scratch: str) -> None:
    """Remove the folder; what another keeper is still ending may write into it meanwhile."""
    for _ in range(ATTEMPTS):
        shutil.rmtree(scratch, ignore_errors=True)
        if not os.path.lexists(scratch):
            return
        time.sleep(0.02)


def _keep(lifeline: int, control: int, output: str, command: list[str]) -> None:
    wakeup = _wake_on_child()
    zygote = os.fork()
    if zygote == 0:
        os.close(lifeline)
        file = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(file, 1)
        os.dup2(file, 2)
        os.execv(command[0], command)
    # Held here too, it would never read as closed for the judge.
    os.close(control)
    _watch(lifeline, wakeup, zygote)
    _sweep()


def _wake_on_child() -> int:
    """Return a descriptor that becomes readable when a child ends."""
    readable, writable = os.pipe()
    os.set_blocking(readable, False)
    os.set_blocking(writable, False)
    signal.set_wakeup_fd(writable, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    return readable


def _watch(lifeline: int, wakeup: int, zygote: int) -> None:
    """Wait for the zygote to end or the judge to speak, reaping orphans meanwhile."""
    while True:
        readable, _, _ = select.select([lifeline, wakeup], [], [])
        if lifeline in readable:
            return
        os.read(wakeup, 4096)
        if _reaped(zygote):
            return


def _reaped(zygote: int) -> bool:
    while True:
        process, _ = os.waitpid(-1, os.WNOHANG)
        if process in (0, zygote):
            return process == zygote


def _sweep() -> None:
    """Kill descendants until none is left; one that forks meanwhile is met in the next round."""
    while True:
        for process in descendants(os.getpid()):
            try:
                os.kill(process, signal.SIGKILL)
            except ProcessLookupError:
                pass
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        time.sleep(0.005)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4], sys.argv[5:]))
