from __future__ import annotations

import dataclasses
import hashlib
import io
import logging
import os
import pickle
import re
import resource
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from training.checkpoints import (
    FORMAT,
    Checkpoint,
    CheckpointError,
    checkpoint_path,
    checkpoint_paths,
    load_checkpoint,
    newest,
    prune,
    require_same_config,
    restore_weights,
    save_checkpoint,
    write_whole,
)


def make_checkpoint(step: int = 3, **changed: Any) -> Checkpoint:
    parts: dict[str, Any] = {
        "step": step,
        "model": {"weight": torch.arange(6.0).reshape(2, 3) + step},
        "optimizer": {"state": {0: {"step": torch.tensor(3.0)}}, "param_groups": [{"lr": 0.5}]},
        "random_state": torch.arange(5, dtype=torch.uint8),
        "manifest": {"config": {"curriculum": {"lengths": (2, 4)}}, "metrics": [{"loss": 0.1}]},
    }
    return Checkpoint(**(parts | changed))


def seal(payload: bytes) -> bytes:
    return payload + hashlib.sha256(payload).digest()


def saved_by_torch(content: object) -> bytes:
    buffer = io.BytesIO()
    torch.save(content, buffer)
    return buffer.getvalue()


def contents_of(folder: Path) -> dict[str, bytes]:
    return {entry.name: entry.read_bytes() for entry in folder.iterdir()}


@contextmanager
def no_file_over(size: int) -> Iterator[None]:
    """Let writes past `size` bytes of a file fail, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_what_was_saved_is_loaded(tmp_path):
    saved = make_checkpoint(12)
    path = save_checkpoint(tmp_path / "new" / "folder", saved)
    assert path == tmp_path / "new" / "folder" / "step-00000012.pt"
    loaded = load_checkpoint(path)
    assert (loaded.step, loaded.manifest) == (12, saved.manifest)
    assert torch.equal(loaded.model["weight"], saved.model["weight"])
    assert torch.equal(loaded.random_state, saved.random_state)
    assert loaded.optimizer["state"][0]["step"].item() == 3.0
    assert loaded.optimizer["param_groups"] == [{"lr": 0.5}]


def test_a_checkpoint_in_memory_cannot_be_changed_or_extended():
    checkpoint = make_checkpoint()
    with pytest.raises(dataclasses.FrozenInstanceError):
        checkpoint.step = 4
    assert not hasattr(checkpoint, "__dict__")


def test_a_checkpoint_is_also_a_file_of_torch(tmp_path):
    content = torch.load(save_checkpoint(tmp_path, make_checkpoint()), weights_only=True)
    assert content.keys() == {"step", "model", "optimizer", "random_state", "manifest", "format"}
    assert content["format"] == FORMAT == "training checkpoint 1"


@pytest.mark.parametrize("part", [0.0, 0.3, 0.999])
def test_a_truncated_file_is_refused_by_name(tmp_path, part):
    path = save_checkpoint(tmp_path, make_checkpoint())
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * part)])
    wanted = f"{path} is truncated, damaged, or no checkpoint: its digest differs"
    with pytest.raises(CheckpointError, match=f"^{re.escape(wanted)}$"):
        load_checkpoint(path)


def test_one_wrong_bit_anywhere_is_noticed(tmp_path):
    path = save_checkpoint(tmp_path, make_checkpoint())
    data = path.read_bytes()
    for place in range(0, len(data), 61):
        path.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        with pytest.raises(CheckpointError, match=r"its digest differs$"):
            load_checkpoint(path)


class Harmful:
    """Runs a command of its own choice when it is unpickled without care."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, ("harm",)


def zip_of_text() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("notes.txt", "text")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", "is no file of torch"),
        (b"text", "is no file of torch"),
        (pickle.dumps(Harmful()), "is no file of torch"),
        (saved_by_torch({"format": FORMAT})[:-40], "is no file of torch"),
        (zip_of_text(), "does not hold plain data and tensors alone"),
        (
            saved_by_torch({"format": FORMAT, "step": Harmful()}),
            "does not hold plain data and tensors alone",
        ),
    ],
)
def test_a_file_of_another_kind_is_refused_and_nothing_in_it_runs(
    tmp_path, monkeypatch, payload, reason
):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "step-00000001.pt"
    path.write_bytes(seal(payload))
    wanted = f"{path} {reason}"
    with pytest.raises(CheckpointError, match=f"^{re.escape(wanted)}$"):
        load_checkpoint(path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["step-00000001.pt"]


@pytest.mark.parametrize("content", [torch.ones(2), {}, {"format": "training checkpoint 2"}])
def test_a_file_of_another_format_is_refused(tmp_path, content):
    path = tmp_path / "step-00000001.pt"
    path.write_bytes(seal(saved_by_torch(content)))
    wanted = f"{path} does not have the format 'training checkpoint 1'"
    with pytest.raises(CheckpointError, match=f"^{re.escape(wanted)}$"):
        load_checkpoint(path)


def test_what_could_not_be_loaded_again_is_not_saved(tmp_path):
    checkpoint = make_checkpoint(3, manifest={"path": Harmful()})
    wanted = f"{tmp_path / 'step-00000003.pt'} does not hold plain data and tensors alone"
    with pytest.raises(CheckpointError, match=f"^{re.escape(wanted)}$"):
        save_checkpoint(tmp_path, checkpoint)
    assert contents_of(tmp_path) == {}


def test_the_newest_checkpoint_is_that_of_the_latest_step(tmp_path):
    for step in (99_999_999, 100_000_000, 5):
        save_checkpoint(tmp_path, make_checkpoint(step))
    found = newest(tmp_path)
    assert found is not None
    assert (found[0], found[1].step) == (tmp_path / "step-100000000.pt", 100_000_000)
    assert [path.name for path in checkpoint_paths(tmp_path)] == [
        "step-100000000.pt",
        "step-99999999.pt",
        "step-00000005.pt",
    ]


def test_a_folder_without_checkpoints_has_no_newest(tmp_path):
    assert newest(tmp_path / "nowhere") is None
    (tmp_path / "notes.txt").touch()
    assert newest(tmp_path) is None


def test_damaged_checkpoints_are_named_and_the_one_before_them_is_loaded(tmp_path, caplog):
    for step in (1, 2, 3):
        save_checkpoint(tmp_path, make_checkpoint(step))
    for step in (2, 3):
        checkpoint_path(tmp_path, step).write_bytes(b"damaged")
    found = newest(tmp_path)
    assert found is not None
    assert (found[0], found[1].step) == (checkpoint_path(tmp_path, 1), 1)
    reason = "is truncated, damaged, or no checkpoint: its digest differs"
    assert caplog.record_tuples == [
        (
            "training.checkpoints",
            logging.WARNING,
            f"{tmp_path / name} {reason}; trying the checkpoint before it",
        )
        for name in ("step-00000003.pt", "step-00000002.pt")
    ]


def test_a_folder_of_damaged_checkpoints_alone_is_an_error(tmp_path):
    for step in (1, 2):
        checkpoint_path(tmp_path, step).write_bytes(b"damaged")
    wanted = f"{tmp_path} holds no whole checkpoint, 2 are damaged"
    with pytest.raises(CheckpointError, match=f"^{re.escape(wanted)}$"):
        newest(tmp_path)


@pytest.mark.parametrize(
    ("best", "kept"), [(None, [5, 4]), (2, [5, 4, 2]), (4, [5, 4]), (9, [5, 4])]
)
def test_the_last_checkpoints_and_the_best_are_kept(tmp_path, best, kept):
    for step in range(1, 6):
        checkpoint_path(tmp_path, step).touch()
    prune(tmp_path, 2, best)
    assert checkpoint_paths(tmp_path) == [checkpoint_path(tmp_path, step) for step in kept]


def test_weights_go_into_a_model_of_the_same_architecture(tmp_path):
    model, other = nn.Linear(3, 2), nn.Linear(3, 2)
    checkpoint = make_checkpoint(model=model.state_dict())
    restore_weights(tmp_path, checkpoint, other)
    assert torch.equal(other.weight, model.weight)
    assert torch.equal(other.bias, model.bias)


def test_weights_of_another_architecture_are_refused_with_the_differences(tmp_path):
    model = nn.Linear(3, 2)
    before = model.weight.detach().clone()
    state = {
        "weight": torch.zeros(2, 4),
        "bias": torch.zeros(2, dtype=torch.float64),
        "more": torch.zeros(1),
    }
    wanted = (
        "a.pt is of another architecture: bias is torch.float64 [2], not torch.float32 [2]; "
        "more is torch.float32 [1], not absent; "
        "weight is torch.float32 [2, 4], not torch.float32 [2, 3]"
    )
    with pytest.raises(CheckpointError, match=f"^{re.escape(wanted)}$"):
        restore_weights(Path("a.pt"), make_checkpoint(model=state), model)
    assert torch.equal(model.weight, before)


def test_of_many_differences_three_are_listed_and_the_others_counted():
    state = {"bias": torch.zeros(2), "a": torch.zeros(1), "b": torch.zeros(1), "c": torch.zeros(1)}
    wanted = (
        "a.pt is of another architecture: a is torch.float32 [1], not absent; "
        "b is torch.float32 [1], not absent; c is torch.float32 [1], not absent; 1 more"
    )
    with pytest.raises(CheckpointError, match=f"^{re.escape(wanted)}$"):
        restore_weights(Path("a.pt"), make_checkpoint(model=state), nn.Linear(3, 2))


def test_a_run_of_another_configuration_is_refused_with_the_settings_that_differ():
    saved = {"model": {"width": 8, "layers": 1}, "kd": {"temperature": 2.0}}
    here = {"model": {"width": 16, "layers": 1}, "kd": {"temperature": 2.0, "kl_weight": 1.0}}
    checkpoint = make_checkpoint(manifest={"config": saved})
    require_same_config(Path("a.pt"), checkpoint, saved)
    wanted = (
        "a.pt is of a run with another configuration: kd.kl_weight is absent, not 1.0; "
        "model.width is 8, not 16"
    )
    with pytest.raises(CheckpointError, match=f"^{re.escape(wanted)}$"):
        require_same_config(Path("a.pt"), checkpoint, here)


def test_how_a_run_is_noted_may_change():
    saved = {"checkpoints": {"every": 1}, "tracing": {"wandb": False}, "kd": {"temperature": 2.0}}
    here = {"checkpoints": {"every": 9}, "tracing": {"wandb": True}, "kd": {"temperature": 2.0}}
    checkpoint = make_checkpoint(manifest={"config": saved})
    assert require_same_config(Path("a.pt"), checkpoint, here) is None


def test_a_full_disk_is_named_and_every_file_stays(tmp_path):
    save_checkpoint(tmp_path, make_checkpoint(1))
    save_checkpoint(tmp_path, make_checkpoint(2))
    before = contents_of(tmp_path)
    for step in (2, 3):
        path = checkpoint_path(tmp_path, step)
        with pytest.raises(OSError, match="cannot be written") as caught, no_file_over(1000):
            save_checkpoint(tmp_path, make_checkpoint(step, random_state=torch.zeros(2000)))
        wanted = "cannot be written, what was there is kept: File too large"
        assert (caught.value.strerror, caught.value.filename) == (wanted, str(path))
        assert contents_of(tmp_path) == before


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_bytes(b"mine")
    path = tmp_path / "file" / "folder" / "step-00000003.pt"
    with pytest.raises(NotADirectoryError) as caught:
        save_checkpoint(path.parent, make_checkpoint())
    wanted = "cannot be written, what was there is kept: Not a directory"
    assert (caught.value.strerror, caught.value.filename) == (wanted, str(path))
    assert (tmp_path / "file").read_bytes() == b"mine"


class Killed(BaseException):
    """Stands for a kill: nothing handles it, so only what is on disk counts."""


@pytest.mark.parametrize("call", range(1, 6))
@pytest.mark.parametrize("name", ["open", "fsync", "replace", "rename", "unlink", "rmdir"])
def test_a_kill_at_any_call_to_the_system_leaves_a_whole_checkpoint(
    tmp_path, monkeypatch, name, call
):
    save_checkpoint(tmp_path, make_checkpoint(1))
    calls, real = [], getattr(os, name)

    def kill(*arguments: Any, **options: Any) -> Any:
        calls.append(name)
        if len(calls) == call:
            raise Killed
        return real(*arguments, **options)

    with monkeypatch.context() as patched:
        patched.setattr(os, name, kill)
        try:
            save_checkpoint(tmp_path, make_checkpoint(2))
        except Killed:
            pass
        else:
            assert len(calls) < call
    found = newest(tmp_path)
    assert found is not None
    assert found[1].step in {1, 2}
    save_checkpoint(tmp_path, make_checkpoint(2))
    assert sorted(contents_of(tmp_path)) == ["step-00000001.pt", "step-00000002.pt"]


def test_what_a_killed_process_left_of_a_file_goes_when_that_file_is_written(tmp_path):
    for name in (".a.pt.x1", ".a.pt.x2", ".b.pt.x1"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "draft").write_bytes(b"half")
    write_whole(tmp_path / "a.pt", b"whole")
    assert sorted(entry.name for entry in tmp_path.iterdir()) == [".b.pt.x1", "a.pt"]
    assert (tmp_path / "a.pt").read_bytes() == b"whole"
