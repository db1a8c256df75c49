from __future__ import annotations

import os
import subprocess
import sys

import pytest
import torch

from tests import kernels


@pytest.mark.parametrize(
    ("native", "poorer", "missing"),
    [
        ("avx512", ("default", "avx2"), "none"),
        ("avx2", ("default",), "avx512"),
        ("default", (), "avx2, avx512"),
        ("sve256", ("default",), "avx2, avx512"),
    ],
)
def test_a_line_says_what_runs_and_what_the_machine_lacks(
    native: str, poorer: tuple[str, ...], missing: str
) -> None:
    assert kernels.poorer_than(native) == poorer
    assert kernels.plan(native) == (
        f"== pytest under other instruction sets: {', '.join(poorer) or 'none'} (native: {native}; "
        f"not on this machine: {missing})"
    )


def test_each_poorer_set_is_what_torch_then_computes_with() -> None:
    native = torch.backends.cpu.get_cpu_capability().lower()
    code = "import torch; print(torch.backends.cpu.get_cpu_capability().lower())"
    for kernel in kernels.poorer_than(native):
        environment = {**os.environ, kernels.VARIABLE: kernel}
        said = subprocess.check_output([sys.executable, "-c", code], env=environment, text=True)
        assert said.strip() == kernel


@pytest.mark.parametrize(
    ("statuses", "status", "runs"), [([0, 0], 0, 2), ([0, 5], 5, 2), ([1], 1, 1)]
)
def test_the_first_red_run_is_the_last(
    monkeypatch: pytest.MonkeyPatch, statuses: list[int], status: int, runs: int
) -> None:
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "AVX512")
    answers, ran = iter(statuses), list[str]()

    def run(
        command: list[str], env: dict[str, str], check: bool
    ) -> subprocess.CompletedProcess[str]:
        assert command[1:] == ["-m", "pytest", "-q", "tests/training"]
        ran.append(env[kernels.VARIABLE])
        return subprocess.CompletedProcess(command, next(answers))

    monkeypatch.setattr(subprocess, "run", run)
    assert kernels.main(["-q"]) == status
    assert ran == ["default", "avx2"][:runs]
