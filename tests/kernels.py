"""Run the tests of training/ under each instruction set of this machine that is poorer than its own.

torch picks other kernels for each of them, whose sums differ in the last bits. The words given are pytest's.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence

import torch

VARIABLE = "ATEN_CPU_CAPABILITY"
# The names that torch has for those of x86, the poorest first; other processors have `default` and their own.
KERNELS = ("default", "avx2", "avx512")


def poorer_than(native: str) -> tuple[str, ...]:
    """Name the instruction sets that a machine has besides its native one."""
    if native in KERNELS:
        return KERNELS[: KERNELS.index(native)]
    return ("default",)


def plan(native: str) -> str:
    """Say in a line what runs, and what this machine cannot run."""
    others = poorer_than(native)
    missing = [kernel for kernel in KERNELS if kernel not in (*others, native)]
    return (
        f"== pytest under other instruction sets: {', '.join(others) or 'none'} (native: {native}; "
        f"not on this machine: {', '.join(missing) or 'none'})"
    )


def main(words: Sequence[str]) -> int:
    """Run pytest under one after the other; returns the first exit status that is not 0."""
    native = torch.backends.cpu.get_cpu_capability().lower()
    _say(plan(native))
    for kernel in poorer_than(native):
        _say(f"== pytest tests/training, {VARIABLE}={kernel}")
        command = [sys.executable, "-m", "pytest", *words, "tests/training"]
        status = subprocess.run(
            command, env={**os.environ, VARIABLE: kernel}, check=False
        ).returncode
        if status != 0:
            return status
    return 0


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
