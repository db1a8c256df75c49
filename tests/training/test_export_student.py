from __future__ import annotations

import ctypes
import os
import re
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch

from training import export_student as module
from training.export_student import (
    ExportError,
    Runner,
    export_student,
    export_student_onnx,
    load_student,
    require_onnx_extra,
)
from training.gqa_transformer import ModelConfig, StudentLM, build_student

Change = Callable[[tuple[torch.Tensor, ...]], tuple[torch.Tensor, ...]]


def make_student(halt_head: bool = False) -> StudentLM:
    config = ModelConfig(
        vocabulary_size=11,
        width=8,
        layers=1,
        heads=2,
        kv_heads=1,
        feed_forward_width=6,
        max_positions=7,
        halt_head=halt_head,
    )
    student = build_student(config, seed=0)
    with torch.no_grad():
        for weight in student.parameters():
            weight.mul_(15 if weight.dim() == 2 else 1)
    return student


def expected(student: StudentLM, tokens: torch.Tensor, mask: torch.Tensor) -> tuple[Any, ...]:
    output = student(tokens, mask)
    return tuple(x for x in (output.logits, output.halt_logits) if x is not None)


def unchanged(outputs: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, ...]:
    return outputs


def loader(student: StudentLM, change: Change = unchanged) -> Callable[[Path], Runner]:
    """Stand for a runtime that computes what the student does, and then `change`s it."""
    return lambda path: lambda tokens, mask: change(expected(student, tokens, mask))


def write_mark(model: object, inputs: object, path: Path, **options: object) -> None:
    """Stand for an exporter: quick, and without its libraries."""
    path.write_bytes(b"program")


@dataclass(frozen=True)
class Exported:
    student: StudentLM
    path: Path
    difference: float
    program: Runner


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    student = make_student(halt_head=True)
    path = tmp_path_factory.mktemp("exported") / "student.pt2"
    difference = export_student(student, path)
    return Exported(student, path, difference, load_student(path))


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (2, 3), (5, 7)])
def test_a_loaded_program_answers_like_the_model_at_any_batch_and_length(exported, shape):
    tokens = torch.randint(11, shape, generator=torch.Generator().manual_seed(3))
    mask = torch.ones(shape, dtype=torch.bool)
    mask[0, : shape[1] // 2] = False
    outputs = tuple(exported.program(tokens, mask))
    wanted = expected(exported.student, tokens, mask)
    torch.testing.assert_close(outputs, wanted, rtol=0, atol=1e-5)
    assert len(outputs) == 2


def test_an_export_reports_its_difference_and_leaves_one_file(exported):
    assert 0 <= exported.difference <= 1e-5
    assert export_student.__defaults__ == (1e-5,)
    assert [entry.name for entry in exported.path.parent.iterdir()] == ["student.pt2"]


@pytest.mark.parametrize("halt_head", [False, True])
def test_an_exporter_gets_model_inputs_and_names_and_keeps_the_weights_inside(tmp_path, halt_head):
    student, calls = make_student(halt_head), []

    def record(model: Any, inputs: Any, path: Path, **options: Any) -> None:
        assert model.training is False
        calls.append((model(*inputs), inputs, path, options))
        path.touch()

    export_student_onnx(student, tmp_path / "student.onnx", loader(student), record)
    assert student.training
    (outputs, inputs, draft, options), *others = calls
    assert others == []
    tokens, mask = torch.zeros(2, 7, dtype=torch.int64), torch.ones(2, 7, dtype=torch.bool)
    assert torch.equal(inputs[0], tokens)
    assert torch.equal(inputs[1], mask)
    torch.testing.assert_close(outputs, expected(student, tokens, mask), rtol=0, atol=0)
    assert draft.name == "student.onnx"
    assert draft.parent.name.startswith(".student.onnx.")
    assert draft.parent.parent == tmp_path
    shapes = options.pop("dynamic_shapes")
    assert [{axis: str(size.__name__) for axis, size in free.items()} for free in shapes] == [
        {0: "batch", 1: "sequence"}
    ] * 2
    assert options == {
        "input_names": ("token_ids", "attention_mask"),
        "output_names": ("logits", "halt_logits") if halt_head else ("logits",),
        "dynamo": True,
        "external_data": False,
        "verbose": False,
    }


def test_the_comparison_covers_the_shortest_and_the_longest_input_and_padding(tmp_path):
    student, seen = make_student(), []
    generator = torch.Generator().manual_seed(0)

    def load(path: Path) -> Runner:
        def run(tokens: torch.Tensor, mask: torch.Tensor) -> tuple[torch.Tensor, ...]:
            seen.append((tokens, mask.int().tolist()))
            return expected(student, tokens, mask)

        return run

    export_student_onnx(student, tmp_path / "student.onnx", load, write_mark)
    assert [mask for _, mask in seen] == [
        [[1]],
        [[1]],
        [[1] * 7] * 2,
        [[0, 0, 0, 1, 1, 1, 1], [1] * 7],
        [[1] * 4] * 3,
        [[0, 0, 1, 1], [1] * 4, [1] * 4],
    ]
    for tokens, _ in seen[::2]:
        assert torch.equal(tokens, torch.randint(11, tokens.shape, generator=generator))


def test_the_largest_difference_of_any_output_and_input_is_reported(tmp_path):
    student = make_student(halt_head=True)

    def change(outputs: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, ...]:
        longest = outputs[0].shape[1] == 7
        return outputs[0] - 0.25, outputs[1] + (2.0 if longest else 0.5)

    path = tmp_path / "student.onnx"
    load = loader(student, change)
    difference = export_student_onnx(student, path, load, write_mark, tolerance=3.0)
    assert difference == pytest.approx(2.0, rel=1e-5)


def test_a_difference_of_exactly_the_tolerance_is_allowed(tmp_path):
    student, path = make_student(), tmp_path / "student.onnx"
    assert export_student_onnx(student, path, loader(student), write_mark, tolerance=0) == 0
    assert path.read_bytes() == b"program"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda outputs: (outputs[0] + 0.5,),
            "student.onnx differs from the model by 0.5, not at most 0.0001",
        ),
        (
            lambda outputs: (outputs[0] * torch.nan,),
            "student.onnx differs from the model by nan, not at most 0.0001",
        ),
        (lambda outputs: (), "the exported program does not return outputs of shape [[1, 1, 11]]"),
        (
            lambda outputs: (outputs[0][0],),
            "the exported program does not return outputs of shape [[1, 1, 11]]",
        ),
    ],
)
def test_a_program_that_differs_is_not_published(tmp_path, change, message):
    student, path = make_student(), tmp_path / "student.onnx"
    path.write_bytes(b"the one before")
    with pytest.raises(ExportError, match=f"^{re.escape(message)}$"):
        export_student_onnx(student, path, loader(student, change), write_mark)
    assert [entry.name for entry in tmp_path.iterdir()] == ["student.onnx"]
    assert path.read_bytes() == b"the one before"


def test_the_default_tolerance_of_onnx_is_a_tenth_of_a_thousandth(tmp_path):
    student = make_student()
    near = loader(student, lambda outputs: (outputs[0] + 0.9e-4,))
    export_student_onnx(student, tmp_path / "student.onnx", near, write_mark)
    far = loader(student, lambda outputs: (outputs[0] + 1.1e-4,))
    with pytest.raises(ExportError, match=r"not at most 0\.0001$"):
        export_student_onnx(student, tmp_path / "student.onnx", far, write_mark)


def test_an_exporter_that_writes_nothing_is_an_error(tmp_path):
    student = make_student()
    with pytest.raises(ExportError, match=r"^the exporter wrote no student\.onnx$"):
        export_student_onnx(
            student, tmp_path / "student.onnx", loader(student), lambda *arguments, **options: None
        )
    assert list(tmp_path.iterdir()) == []


def test_an_exporter_that_fails_leaves_the_file_before_it(tmp_path):
    student, path = make_student(), tmp_path / "student.onnx"
    path.write_bytes(b"the one before")

    def fail_halfway(model: object, inputs: object, path: Path, **options: object) -> None:
        path.write_bytes(b"half")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        export_student_onnx(student, path, loader(student), fail_halfway)
    assert [entry.name for entry in tmp_path.iterdir()] == ["student.onnx"]
    assert path.read_bytes() == b"the one before"


def test_the_draft_is_synced_before_it_is_renamed_and_its_folder_after(tmp_path, monkeypatch):
    student, path, synced = make_student(), tmp_path / "student.onnx", []
    sync = os.fsync

    def record(descriptor: int) -> None:
        synced.append((descriptor, os.fstat(descriptor).st_ino, path.exists()))
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", record)
    export_student_onnx(student, path, loader(student), write_mark)
    (draft, *of_draft), (folder, *of_folder) = synced
    assert of_draft == [path.stat().st_ino, False]
    assert of_folder == [tmp_path.stat().st_ino, True]
    for descriptor in (draft, folder):
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(descriptor)


def test_torchs_own_exporter_without_its_libraries_names_the_extra(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "ONNX_MODULES", ("no_such_library", "json", "no_other_library"))
    student, path = make_student(), tmp_path / "student.onnx"
    message = (
        "ONNX export needs no_such_library and no_other_library: "
        "install the extra with pip install 'testproof[onnx]'"
    )
    with pytest.raises(ImportError, match=f"^{re.escape(message)}$"):
        export_student_onnx(student, path, loader(student))
    export_student_onnx(student, path, loader(student), write_mark)
    assert path.exists()


def test_the_extra_is_complete_when_its_libraries_can_be_found(monkeypatch):
    monkeypatch.setattr(module, "ONNX_MODULES", ("json", "torch"))
    assert require_onnx_extra() is None


def test_the_libraries_of_the_extra_are_these():
    assert module.ONNX_MODULES == ("onnx", "onnxscript")


@pytest.mark.parametrize("tolerance", [-1e-9, float("nan"), float("inf")])
def test_a_tolerance_out_of_range_is_refused(refusal, tmp_path, tolerance):
    student = make_student()
    wanted = f"tolerance must be a finite number from 0 to inf, got {tolerance}"
    path = tmp_path / "student.pt2"
    assert refusal(lambda: export_student(student, path, tolerance)) == wanted


def test_a_path_of_another_kind_or_in_no_folder_is_refused(refusal, tmp_path):
    student = make_student()
    wanted = "path must end in .pt2, got student.onnx"
    assert refusal(lambda: export_student(student, tmp_path / "student.onnx")) == wanted
    wanted = "path must end in .onnx, got student.pt2"
    path = tmp_path / "student.pt2"
    assert refusal(lambda: export_student_onnx(student, path, loader(student))) == wanted
    wanted = f"path must lie in a folder that exists, got {tmp_path / 'nowhere'}"
    path = tmp_path / "nowhere" / "student.pt2"
    assert refusal(lambda: export_student(student, path)) == wanted


def blocks_in_c(*arguments: object, **options: object) -> None:
    """Deadlock on a mutex in C, holding the GIL: no signal handler and no thread can end it."""
    libc, mutex = ctypes.PyDLL(None), ctypes.create_string_buffer(128)
    libc.pthread_mutex_init(mutex, None)
    libc.pthread_mutex_lock(mutex)
    libc.pthread_mutex_lock(mutex)


def reference_runtime(path: Path) -> Runner:
    onnx = pytest.importorskip("onnx")
    reference = pytest.importorskip("onnx.reference")
    onnx.checker.check_model(onnx.load(path), full_check=True)
    session = reference.ReferenceEvaluator(str(path))

    def run(tokens: torch.Tensor, mask: torch.Tensor) -> tuple[torch.Tensor, ...]:
        feeds = {"token_ids": tokens.numpy(), "attention_mask": mask.numpy()}
        return tuple(torch.from_numpy(output) for output in session.run(None, feeds))

    return run


# torch's exporter warns of its own deprecations, and that two inputs share their axes.
@pytest.mark.onnx
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("halt_head", [False, True])
def test_onnx_export_computes_what_the_model_computes(tmp_path, halt_head):
    pytest.importorskip("onnx")
    pytest.importorskip("onnxscript")
    student, path = make_student(halt_head), tmp_path / "student.onnx"
    assert export_student_onnx(student, path, reference_runtime) <= 1e-4
    tokens = torch.tensor([[1, 2, 3], [4, 5, 6]])
    mask = torch.tensor([[True] * 3, [False, True, True]])
    outputs = reference_runtime(path)(tokens, mask)
    torch.testing.assert_close(outputs, expected(student, tokens, mask), rtol=0, atol=1e-4)


@pytest.mark.onnx
@pytest.mark.filterwarnings("ignore")
def test_onnx_export_writes_no_data_beside_the_file(tmp_path):
    pytest.importorskip("onnx")
    pytest.importorskip("onnxscript")
    student = make_student()
    export_student_onnx(student, tmp_path / "student.onnx", reference_runtime)
    assert [entry.name for entry in tmp_path.iterdir()] == ["student.onnx"]


# Only this thread goes on in the child, and nothing there waits for another.
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.onnx
def test_onnx_export_that_blocks_in_c_does_not_end_by_itself(tmp_path):
    student, path = make_student(), tmp_path / "student.onnx"
    child = os.fork()
    if child == 0:
        try:
            export_student_onnx(student, path, loader(student), blocks_in_c)
        finally:
            os._exit(1)
    ended = waits_for(child, seconds=2)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0) if not ended else (child, 0)
    assert not ended
    assert os.waitstatus_to_exitcode(status) == -signal.SIGKILL
    assert not path.exists()


def waits_for(child: int, seconds: float) -> bool:
    """Say whether a child has ended within so many seconds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if os.waitpid(child, os.WNOHANG)[0]:
            return True
        time.sleep(0.05)
    return False
