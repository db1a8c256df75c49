"""Export of a student as a PyTorch program (torch.export, .pt2) or as ONNX (extra "onnx").

A file is published only after it was loaded back and agreed with the model: written beside its
target, synced, renamed. Until then the target stays as it was.
"""

from __future__ import annotations

import importlib.util
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor, nn

from training.checks import require_between
from training.gqa_transformer import ModelConfig, StudentLM
from training.quant_qat_int8 import fold_weights

INPUTS = ("token_ids", "attention_mask")
OUTPUTS = ("logits", "halt_logits")
ONNX_MODULES = ("onnx", "onnxscript")


class Runner(Protocol):
    """An exported program, opened."""

    def __call__(self, token_ids: Tensor, attention_mask: Tensor, /) -> Iterable[Tensor]:
        """Compute the outputs, in the order of OUTPUTS."""


class ExportError(RuntimeError):
    """The exporter wrote nothing, or a program that does not compute what the model computes."""


def export_student(model: StudentLM, path: Path, tolerance: float = 1e-5) -> float:
    """Write `model` to `path` and return the largest absolute difference found between the two.

    The program maps token_ids [batch, sequence] int64 and attention_mask [batch, sequence] bool,
    any batch, sequence of 1 to `max_positions`, to (logits,) or (logits, halt_logits). Raises
    ExportError when an output differs by more than `tolerance`.
    """
    _require_target(path, ".pt2", tolerance)
    inputs, dynamic_shapes = _example(model.config)

    def write(draft: Path) -> None:
        served = _Served(fold_weights(model))
        program = torch.export.export(served, inputs, dynamic_shapes=dynamic_shapes)
        torch.export.save(program, draft)

    return _publish(model, path, write, load_student, tolerance)


def export_student_onnx(
    model: StudentLM,
    path: Path,
    load: Callable[[Path], Runner],
    exporter: Callable[..., object] = torch.onnx.export,
    tolerance: float = 1e-4,
) -> float:
    """Write `model` to `path` as ONNX, all weights in the one file; else like `export_student`.

    `load` opens the file for the comparison, in the runtime that will serve it; `exporter` is
    called like torch.onnx.export. Raises ImportError when that one is used without its extra.
    """
    _require_target(path, ".onnx", tolerance)
    if exporter is torch.onnx.export:
        require_onnx_extra()
    inputs, dynamic_shapes = _example(model.config)

    def write(draft: Path) -> None:
        exporter(
            _Served(fold_weights(model)),
            inputs,
            draft,
            input_names=INPUTS,
            output_names=OUTPUTS if model.config.halt_head else OUTPUTS[:1],
            dynamic_shapes=dynamic_shapes,
            dynamo=True,
            external_data=False,
            verbose=False,
        )

    return _publish(model, path, write, load, tolerance)


def require_onnx_extra() -> None:
    """Raise ImportError, naming what is missing and the extra, when torch cannot export ONNX."""
    missing = [name for name in ONNX_MODULES if importlib.util.find_spec(name) is None]
    if missing:
        raise ImportError(
            f"ONNX export needs {' and '.join(missing)}: install the extra with "
            "pip install 'testproof[onnx]'"
        )


def load_student(path: Path) -> Runner:
    """Load a program that `export_student` wrote; only from a source you trust."""
    runner: Runner = torch.export.load(path).module()
    return runner


def _require_target(path: Path, suffix: str, tolerance: float) -> None:
    require_between("tolerance", tolerance, 0)
    if path.suffix != suffix:
        raise ValueError(f"path must end in {suffix}, got {path.name}")
    if not path.parent.is_dir():
        raise ValueError(f"path must lie in a folder that exists, got {path.parent}")


def _example(
    config: ModelConfig,
) -> tuple[tuple[Tensor, Tensor], tuple[dict[int, torch.export.Dim], ...]]:
    """Make inputs to trace with, and name the axes of each that may have another size."""
    # A size of 1 would be taken for a constant, hence a batch and a sequence of at least 2.
    token_ids = torch.zeros(2, config.max_positions, dtype=torch.int64)
    batch = torch.export.Dim("batch")
    sequence = torch.export.Dim("sequence", max=config.max_positions)
    free = {0: batch, 1: sequence}
    return (token_ids, torch.ones_like(token_ids, dtype=torch.bool)), (free, free)


class _Served(nn.Module):
    """The student as it is served: tensors in, a tuple of tensors out, no cache."""

    def __init__(self, student: nn.Module) -> None:
        super().__init__()
        self.student = student
        # Of this module alone: eval() would switch the caller's model as well.
        self.training = False

    def forward(self, token_ids: Tensor, attention_mask: Tensor) -> tuple[Tensor, ...]:
        output = self.student(token_ids, attention_mask)
        if output.halt_logits is None:
            return (output.logits,)
        return (output.logits, output.halt_logits)


def _publish(
    model: StudentLM,
    path: Path,
    write: Callable[[Path], object],
    load: Callable[[Path], Runner],
    tolerance: float,
) -> float:
    with tempfile.TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as folder:
        draft = Path(folder) / path.name
        write(draft)
        if not draft.is_file():
            raise ExportError(f"the exporter wrote no {path.name}")
        difference = _largest_difference(model, load(draft))
        # Written so that NaN is refused too.
        if not difference <= tolerance:
            raise ExportError(
                f"{path.name} differs from the model by {difference:g}, not at most {tolerance:g}"
            )
        _sync(draft)
        draft.replace(path)
    _sync(path.parent)
    return difference


@torch.no_grad()
def _largest_difference(model: StudentLM, runner: Runner) -> float:
    served = _Served(model)
    differences = []
    for token_ids, attention_mask in _probes(model.config):
        expected = served(token_ids, attention_mask)
        actual = tuple(runner(token_ids, attention_mask))
        shapes = [list(output.shape) for output in expected]
        if [list(output.shape) for output in actual] != shapes:
            raise ExportError(f"the exported program does not return outputs of shape {shapes}")
        differences += map(_difference, expected, actual)
    return torch.stack(differences).max().item()


def _difference(expected: Tensor, actual: Tensor) -> Tensor:
    return (expected - actual).abs().max()


def _probes(config: ModelConfig) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield inputs at the ends of the allowed lengths and between, with and without padding."""
    generator = torch.Generator().manual_seed(0)
    longest = config.max_positions
    for batch, length in ((1, 1), (2, longest), (3, longest // 2 + 1)):
        shape = (batch, length)
        token_ids = torch.randint(config.vocabulary_size, shape, generator=generator)
        attention_mask = torch.ones(shape, dtype=torch.bool)
        yield token_ids, attention_mask
        attention_mask = attention_mask.clone()
        attention_mask[0, : length // 2] = False
        yield token_ids, attention_mask


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
