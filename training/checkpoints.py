"""Checkpoints of a run: each file is whole or not there, and is checked when it is read.

A file step-00000012.pt is what torch.save writes, and behind it the SHA-256 of that.
"""

from __future__ import annotations

import hashlib
import io
import logging
import pickle
import shutil
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from training.atomic_file import replace_file

FORMAT = "training checkpoint 1"
DIGEST_BYTES = hashlib.sha256().digest_size
LISTED_DIFFERENCES = 3

# Where and how often a run is noted does not change what it computes.
FREE_SECTIONS = {"checkpoints", "tracing"}

logger = logging.getLogger(__name__)


class CheckpointError(RuntimeError):
    """A file is no whole checkpoint, or is one of another model or run."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A run after `step`: state dicts of model and optimizer, torch's generator, the manifest.

    The schedule of the learning rate and the order of the data follow from the step.
    """

    step: int
    model: dict[str, Tensor]
    optimizer: dict[str, Any]
    random_state: Tensor
    manifest: dict[str, Any]


def save_checkpoint(folder: Path, checkpoint: Checkpoint) -> Path:
    """Write a checkpoint into `folder`, which is made if need be, and return its path.

    Raises CheckpointError when it could not be read again, OSError when it cannot be written;
    both leave the folder's files as they were.
    """
    path = checkpoint_path(folder, checkpoint.step)
    content = {field.name: getattr(checkpoint, field.name) for field in fields(Checkpoint)}
    buffer = io.BytesIO()
    torch.save(content | {"format": FORMAT}, buffer)
    payload = buffer.getvalue()
    _parse(path, payload)
    write_whole(path, payload + hashlib.sha256(payload).digest())
    return path


def load_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint; CheckpointError when it is truncated, changed, or something else."""
    data = path.read_bytes()
    payload, digest = data[:-DIGEST_BYTES], data[-DIGEST_BYTES:]
    if hashlib.sha256(payload).digest() != digest:
        raise CheckpointError(f"{path} is truncated, damaged, or no checkpoint: its digest differs")
    return _parse(path, payload)


def newest(folder: Path) -> tuple[Path, Checkpoint] | None:
    """Load the newest checkpoint that is whole, and say by a warning which newer ones are not.

    None when there is no checkpoint at all; CheckpointError when none is whole.
    """
    paths = checkpoint_paths(folder)
    for path in paths:
        try:
            return path, load_checkpoint(path)
        except CheckpointError as error:
            logger.warning("%s; trying the checkpoint before it", error)
    if paths:
        raise CheckpointError(f"{folder} holds no whole checkpoint, {len(paths)} are damaged")
    return None


def prune(folder: Path, keep: int, best: int | None) -> None:
    """Delete all checkpoints but the last `keep` and that of the step `best`."""
    for path in checkpoint_paths(folder)[keep:]:
        if _step_of(path) != best:
            path.unlink()


def checkpoint_path(folder: Path, step: int) -> Path:
    """Name the file of a step."""
    return folder / f"step-{step:08}.pt"


def checkpoint_paths(folder: Path) -> list[Path]:
    """List the checkpoints in `folder`, the newest first."""
    return sorted(folder.glob("step-*.pt"), key=_step_of, reverse=True)


def restore_weights(path: Path, checkpoint: Checkpoint, model: nn.Module) -> None:
    """Load the weights of `checkpoint`, read from `path`, into `model`.

    Raises CheckpointError, which names the tensors that differ, when the model is another.
    """
    saved, wanted = _shapes(checkpoint.model), _shapes(model.state_dict())
    _refuse_differences(f"{path} is of another architecture", saved, wanted)
    model.load_state_dict(checkpoint.model)


def require_same_config(
    path: Path, checkpoint: Checkpoint, config: Mapping[str, Mapping[str, object]]
) -> None:
    """Raise CheckpointError, naming the settings that differ, when `path` is of another run."""
    saved, wanted = _settings(checkpoint.manifest["config"]), _settings(config)
    _refuse_differences(f"{path} is of a run with another configuration", saved, wanted)


def write_whole(path: Path, content: bytes) -> None:
    """Replace a file as a whole, in a folder that is made if need be.

    Raises OSError, which names the file and the cause; what was there is kept.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Left by a process that was killed while it wrote this very file.
        for draft in path.parent.glob(f".{path.name}.*"):
            shutil.rmtree(draft)
        replace_file(path, content)
    except OSError as error:
        reason = f"cannot be written, what was there is kept: {error.strerror}"
        raise OSError(error.errno, reason, str(path)) from error


def _parse(path: Path, payload: bytes) -> Checkpoint:
    if not zipfile.is_zipfile(io.BytesIO(payload)):
        # Past this, torch.load would try formats of long ago, and fail in ways of their own.
        raise CheckpointError(f"{path} is no file of torch")
    try:
        content = torch.load(io.BytesIO(payload), weights_only=True)
    except (RuntimeError, pickle.UnpicklingError) as error:
        raise CheckpointError(f"{path} does not hold plain data and tensors alone") from error
    if not isinstance(content, dict) or content.pop("format", None) != FORMAT:
        raise CheckpointError(f"{path} does not have the format {FORMAT!r}")
    return Checkpoint(**content)


def _step_of(path: Path) -> int:
    return int(path.stem.removeprefix("step-"))


def _shapes(state: Mapping[str, Tensor]) -> dict[str, str]:
    return {name: f"{tensor.dtype} {list(tensor.shape)}" for name, tensor in state.items()}


def _settings(config: Mapping[str, Mapping[str, object]]) -> dict[str, object]:
    return {
        f"{section}.{name}": value
        for section, settings in config.items()
        if section not in FREE_SECTIONS
        for name, value in settings.items()
    }


def _refuse_differences(
    claim: str, saved: Mapping[str, object], wanted: Mapping[str, object]
) -> None:
    differences = []
    for name in sorted(saved.keys() | wanted.keys()):
        there, here = saved.get(name, "absent"), wanted.get(name, "absent")
        if there != here:
            differences.append(f"{name} is {there}, not {here}")
    if differences:
        listed, more = differences[:LISTED_DIFFERENCES], len(differences[LISTED_DIFFERENCES:])
        raise CheckpointError(f"{claim}: {'; '.join(listed)}" + (f"; {more} more" if more else ""))
