from __future__ import annotations

import dataclasses
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
import torch._dynamo
from torch import Tensor, nn

from training.checkpoints import load_checkpoint
from training.config import (
    CheckpointSettings,
    Config,
    CurriculumSettings,
    OptimizerSettings,
    QATSettings,
    TrainingSettings,
)
from training.distill_kd import train
from training.gqa_transformer import ModelConfig, build_student
from training.optimization import evaluate
from training.run import Result, Run, Task, create_model

# torch's optimizers load torch._dynamo, above, at first use: a second that no test is to pay for.
MODEL = ModelConfig(11, 8, 1, 2, 1, 6, 8)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Tensors this small only lose by more."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def make_config(steps: int = 6, **changed: Any) -> Config:
    """Make a config; settings of the section `training` may be given by their names."""
    sections = {name: value for name, value in changed.items() if name in Config.__slots__}
    training = {name: value for name, value in changed.items() if name not in sections}
    settings = {"batch_size": 2, "log_every": 1, "evaluate_every": 2} | training
    optimizer = OptimizerSettings(learning_rate=0.01)
    defaults = {"optimizer": optimizer, "checkpoints": CheckpointSettings(every=1)}
    return Config(MODEL, TrainingSettings(steps=steps, **settings), **(defaults | sections))


def make_examples(count: int = 5, label: int | None = None) -> list[dict[str, Tensor]]:
    """Make examples of 6 tokens; the labels are the tokens to follow, or always `label`."""
    tokens = torch.randint(11, (count, 7), generator=torch.Generator().manual_seed(1))
    labels = tokens[:, 1:] if label is None else torch.full((count, 6), label)
    mask = torch.ones(6, dtype=torch.bool)
    return [
        {"input_ids": tokens[row, :6], "attention_mask": mask, "labels": labels[row]}
        for row in range(count)
    ]


def collate(rows: list[dict[str, Tensor]]) -> dict[str, Tensor]:
    return {name: torch.stack([row[name] for row in rows]) for name in rows[0]}


def make_task(**changed: Any) -> Task:
    return Task(**({"examples": make_examples(), "collate": collate} | changed))


def make_opposed_task() -> Task:
    """Make a task on which every step makes the held-out loss worse."""
    return make_task(examples=make_examples(label=1), held_out=make_examples(3, label=2))


def steps_kept(output: Path) -> list[int]:
    names = [path.name for path in (output / "checkpoints").iterdir()]
    return sorted(int(name.removeprefix("step-").removesuffix(".pt")) for name in names)


def document_of(output: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((output / "manifest.json").read_text())
    return document


def test_a_task_without_examples_is_refused(refusal):
    wanted = "examples must hold at least one example"
    assert refusal(lambda: make_task(examples=[])) == wanted


def test_neither_a_task_nor_a_result_can_be_changed_or_extended(tmp_path):
    for made in (make_task(), Result(build_student(MODEL, 0), 1, "completed", tmp_path)):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(made, dataclasses.fields(made)[0].name, None)
        assert not hasattr(made, "__dict__")


def test_patience_without_held_out_examples_is_refused(refusal, tmp_path):
    wanted = "training.patience needs held-out examples, got none"
    config = make_config(patience=1)
    assert refusal(lambda: Run(config, make_task(), tmp_path, print)) == wanted


def test_the_first_weights_depend_on_the_model_and_the_seed_alone():
    one, same = create_model(make_config(seed=3)), create_model(make_config(steps=9, seed=3))
    assert all(map(torch.equal, one.parameters(), same.parameters()))
    other = create_model(make_config(seed=4))
    assert not torch.equal(one.embedding.weight, other.embedding.weight)


def test_each_step_is_told_and_a_run_ends_completed_after_the_last(tmp_path):
    told: list[tuple[int, dict[str, float]]] = []
    task = make_task(held_out=make_examples(3), teacher=build_student(MODEL, 9))
    result = train(
        make_config(5), task, tmp_path, on_step=lambda step, metrics: told.append((step, metrics))
    )
    assert (result.step, result.status) == (5, "completed")
    assert [step for step, _ in told] == [1, 2, 3, 4, 5]
    names = {"loss", "tokens", "kl", "ce_teacher", "ce_ground_truth"} | {
        "gradient_norm",
        "learning_rate",
    }
    assert [metrics.keys() - names for _, metrics in told] == [
        set(),
        {"held_out_loss"},
        set(),
        {"held_out_loss"},
        {"held_out_loss"},
    ]
    assert all(names <= metrics.keys() for _, metrics in told)
    assert document_of(tmp_path)["metrics"] == [{"step": step} | told for step, told in told]
    assert document_of(tmp_path)["status"] == "completed"


def test_training_lowers_the_loss_on_what_it_learns_from(tmp_path):
    task = make_task()
    optimizer, rarely = OptimizerSettings(learning_rate=0.03), CheckpointSettings(every=99)
    config = make_config(40, log_every=20, optimizer=optimizer, checkpoints=rarely)
    before = evaluate(create_model(config), task.examples, collate, config)
    student = train(config, task, tmp_path).student
    assert not student.training
    assert evaluate(student, task.examples, collate, config) < before - 0.7


def test_the_result_is_the_student_as_the_last_step_left_it(tmp_path):
    result = train(make_config(3), make_task(), tmp_path)
    saved = load_checkpoint(result.best).model
    assert result.best == tmp_path / "checkpoints" / "step-00000003.pt"
    weights = result.student.state_dict()
    assert all(torch.equal(saved[name], weights[name]) for name in weights)
    first = create_model(make_config()).state_dict()
    assert not any(torch.equal(first[name], weights[name]) for name in weights)


def test_steps_are_logged_and_recorded_now_and_then_and_at_the_end(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    config = make_config(7, log_every=3, evaluate_every=5)
    train(config, make_task(held_out=make_examples(2)), tmp_path)
    steps = [entry["step"] for entry in document_of(tmp_path)["metrics"]]
    assert steps == [3, 5, 6, 7]
    lines = [record.getMessage() for record in caplog.records]
    assert [line.partition(":")[0] for line in lines] == [f"step {step} of 7" for step in steps]
    last = document_of(tmp_path)["metrics"][-1]
    shown = [f"{name} {value:.4g}" for name, value in last.items() if name != "step"]
    assert lines[-1] == f"step 7 of 7: {', '.join(shown)}"


def test_checkpoints_are_written_at_their_steps_and_at_the_end(tmp_path):
    config = make_config(7, checkpoints=CheckpointSettings(every=3, keep=5))
    train(config, make_task(), tmp_path)
    assert steps_kept(tmp_path) == [3, 6, 7]


def test_the_last_checkpoints_and_the_best_are_kept(tmp_path):
    config = make_config(9, checkpoints=CheckpointSettings(every=3, keep=2))
    result = train(config, make_opposed_task(), tmp_path)
    assert document_of(tmp_path)["best"]["step"] == 2
    assert steps_kept(tmp_path) == [2, 6, 9]
    assert result.best == tmp_path / "checkpoints" / "step-00000002.pt"
    assert load_checkpoint(result.best).step == 2


def test_every_better_model_gets_a_checkpoint_of_its_own(tmp_path):
    config = make_config(6, checkpoints=CheckpointSettings(every=100, keep=9))
    train(config, make_task(held_out=make_examples()), tmp_path)
    assert steps_kept(tmp_path) == [2, 4, 6]


def test_a_run_stops_early_when_the_held_out_loss_no_longer_falls(tmp_path):
    told: list[int] = []
    result = train(
        make_config(50, patience=3),
        make_opposed_task(),
        tmp_path,
        on_step=lambda step, metrics: told.append(step),
    )
    assert (result.step, result.status) == (8, "stopped_early")
    assert told == list(range(1, 9))
    assert steps_kept(tmp_path) == [2, 7, 8]
    assert document_of(tmp_path)["status"] == "stopped_early"


def test_a_run_that_is_stale_at_its_last_step_is_completed(tmp_path):
    result = train(make_config(8, patience=3), make_opposed_task(), tmp_path)
    assert (result.step, result.status) == (8, "completed")


def test_the_model_is_quantised_once_just_before_its_step(tmp_path):
    calls: list[tuple[str, int]] = []

    def quantize(model: nn.Module) -> None:
        calls.append(("quantize", id(model)))

    result = train(
        make_config(4, qat=QATSettings(3)),
        make_task(),
        tmp_path,
        quantize=quantize,
        on_step=lambda step, metrics: calls.append(("step", step)),
    )
    quantised = ("quantize", id(result.student))
    assert calls == [("step", 1), ("step", 2), quantised, ("step", 3), ("step", 4)]


def test_the_best_model_of_a_run_with_quantisation_is_a_quantised_one(tmp_path):
    config = make_config(8, qat=QATSettings(5), patience=1)
    result = train(config, make_opposed_task(), tmp_path)
    assert result.best.name == "step-00000006.pt"
    assert (result.step, result.status) == (8, "completed")
    assert any("input_quantizer" in name for name in load_checkpoint(result.best).model)


def test_a_curriculum_shows_longer_and_longer_parts(tmp_path):
    lengths: list[int] = []
    teacher = build_student(MODEL, 9)
    teacher.register_forward_hook(lambda *passed: lengths.append(passed[1][0].shape[1]))
    config = make_config(5, curriculum=CurriculumSettings((2, 4), steps_each=2))
    train(config, make_task(teacher=teacher), tmp_path)
    assert lengths == [2, 2, 4, 4, 6]


def test_a_teacher_answers_in_evaluation_mode(tmp_path):
    teacher = build_student(MODEL, 9)
    assert teacher.training
    train(make_config(1), make_task(teacher=teacher), tmp_path)
    assert not teacher.training


def test_the_seed_decides_the_order_of_the_data_and_what_is_drawn_at_random(tmp_path):
    drawn: list[list[float]] = []
    for seed in (0, 0, 1):
        values: list[float] = []
        config = make_config(2, seed=seed)
        folder = tmp_path / str(len(drawn))
        train(
            config,
            make_task(),
            folder,
            on_step=lambda step, metrics, to=values: to.append(torch.rand(1).item()),
        )
        drawn.append(values)
    assert drawn[0] == drawn[1] != drawn[2]
    assert len(set(drawn[0])) == 2


def test_the_global_generator_is_left_as_it_was(tmp_path):
    before = torch.random.get_rng_state()
    train(make_config(2), make_task(), tmp_path)
    assert torch.equal(torch.random.get_rng_state(), before)


def fail_from(step: int) -> Any:
    """Collate as ever, and from that step on give labels of which one is out of range."""
    calls: list[int] = []

    def collate_badly(rows: list[dict[str, Tensor]]) -> dict[str, Tensor]:
        calls.append(len(calls) + 1)
        batch = collate(rows)
        return batch | {"labels": batch["labels"] + (11 if len(calls) >= step else 0)}

    return collate_badly


def test_a_bad_batch_stops_the_run_with_its_step_named_and_the_checkpoints_before_it_kept(
    refusal, tmp_path
):
    task = make_task(collate=fail_from(4))
    message = refusal(lambda: train(make_config(9), task, tmp_path))
    assert message.startswith("step 4: labels must lie from 0 to 10, got ")
    assert steps_kept(tmp_path) == [2, 3]
    assert document_of(tmp_path)["status"] == "running"


def test_a_teacher_that_answers_nan_stops_the_run_with_its_step_named(refusal, tmp_path):
    teacher = build_student(MODEL, 9)
    with torch.no_grad():
        teacher.norm.weight.fill_(torch.nan)
    wanted = "step 1: teacher_logits must be finite at every position that counts"
    assert refusal(lambda: train(make_config(), make_task(teacher=teacher), tmp_path)) == wanted
    assert not (tmp_path / "checkpoints").exists()


def test_a_number_that_is_not_finite_stops_the_run_with_its_step_named(tmp_path):
    def poison(model: nn.Module) -> None:
        first = next(model.parameters())
        first.register_hook(lambda gradient: gradient * torch.nan)

    config = make_config(9, qat=QATSettings(3))
    with pytest.raises(FloatingPointError, match=r"^step 3: the norm of the gradient is nan$"):
        train(config, make_task(), tmp_path, quantize=poison)
    assert steps_kept(tmp_path) == [1, 2]
    weights = load_checkpoint(tmp_path / "checkpoints" / "step-00000002.pt").model
    assert all(weight.isfinite().all() for weight in weights.values())


def test_held_out_examples_that_cannot_be_evaluated_on_are_named_with_the_step(refusal, tmp_path):
    task = make_task(held_out=make_examples(2, label=-100))
    wanted = "step 2: held_out must hold a token that counts"
    assert refusal(lambda: train(make_config(), task, tmp_path)) == wanted


def test_a_folder_that_cannot_be_written_is_an_error_before_the_first_step(tmp_path):
    (tmp_path / "file").write_bytes(b"mine")
    told: list[int] = []
    with pytest.raises(OSError, match="cannot be written, what was there is kept"):
        train(
            make_config(),
            make_task(),
            tmp_path / "file",
            on_step=lambda step, metrics: told.append(step),
        )
    assert told == []
    assert (tmp_path / "file").read_bytes() == b"mine"


def test_a_run_is_not_started_over_another(refusal, tmp_path):
    train(make_config(2), make_task(), tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    wanted = f"output holds a run: resume it, or name another than {tmp_path}"
    assert refusal(lambda: train(make_config(2), make_task(), tmp_path)) == wanted
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
