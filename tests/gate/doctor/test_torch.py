from __future__ import annotations

from pathlib import Path

import pytest
from repositories import write_files

from gate.doctor.checks import Check
from gate.doctor.interpreters import Interpreter
from gate.doctor.torch import check_torch

WITH = Interpreter("python", packages={"torch": "2.7"})


def checks(root: Path, text: str, interpreter: Interpreter = WITH) -> list[Check]:
    write_files(root, {"a.py": text})
    return list(check_torch(interpreter, root, ("a.py", "gone.py")))


def test_torch_has_one_thread_in_each_worker(tmp_path: Path) -> None:
    (check,) = checks(tmp_path, "import torch\n")
    assert check.status == "ok"
    assert "OMP_NUM_THREADS=1" in check.message


def test_a_project_without_torch_hears_nothing_of_it(tmp_path: Path) -> None:
    assert checks(tmp_path, "import torches\n") == []
    assert checks(tmp_path, "import torch\n", Interpreter("python")) == []


@pytest.mark.parametrize(
    "call",
    [
        "torch.set_num_threads(4)",
        "    torch.set_num_interop_threads( 16 )",
        "torch.set_num_threads(os.cpu_count())",
    ],
)
def test_lines_that_ask_for_more_threads_are_named(tmp_path: Path, call: str) -> None:
    (check,) = checks(tmp_path, f"from torch import nn\n\n{call}\n")
    assert check.status == "warning"
    assert "a.py:3" in check.message


@pytest.mark.parametrize(
    "call",
    ["torch.set_num_threads(1)", "# torch.set_num_threads(4)", "torch.set_num_threads(before)"],
)
def test_one_thread_an_earlier_number_and_comments_are_no_harm(tmp_path: Path, call: str) -> None:
    (check,) = checks(tmp_path, f"import torch\n{call}\n")
    assert check.status == "ok"
