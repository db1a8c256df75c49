from __future__ import annotations

import itertools
import json
import logging
import os
import random
import re
import signal
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
import torch._dynamo
from torch import Tensor, nn

from training import distill_kd as module
from training.checkpoints import (
    Checkpoint,
    CheckpointError,
    checkpoint_paths,
    load_checkpoint,
    newest,
    save_checkpoint,
)
from training.config import (
    CheckpointSettings,
    Config,
    CurriculumSettings,
    OptimizerSettings,
    QATSettings,
    TrainingSettings,
)
from training.dataset import load_tokenizer, write_jsonl
from training.distill_kd import Result, Task, load_student, main, train
from training.gqa_transformer import ModelConfig, build_student
from training.toy_data import make_rows
from training.tracing import open_tensorboard, open_wandb, read_trace

# torch's optimizers load torch._dynamo, above, at first use: a second that no test is to pay for. The
# tokenizer is trained once a process, here: before processes are forked for single tests.
load_tokenizer(300)
MODEL = ModelConfig(11, 8, 1, 2, 1, 6, 8)
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Tensors this small only lose by more."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def make_config(steps: int = 8, **changed: Any) -> Config:
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
    defaults = {
        "examples": make_examples(),
        "collate": collate,
        "held_out": make_examples(3),
        "teacher": build_student(MODEL, 9),
    }
    return Task(**(defaults | changed))


class Interrupted(Exception):
    """Ends a run from outside."""


def interrupt_at(last: int) -> Callable[[int, Mapping[str, float]], None]:
    """Stop in `last`, before its checkpoint."""

    def on_step(step: int, metrics: Mapping[str, float]) -> None:
        if step == last:
            raise Interrupted

    return on_step


def interrupted(config: Config, task: Task, output: Path, last: int, **options: Any) -> None:
    with pytest.raises(Interrupted):
        train(config, task, output, on_step=interrupt_at(last), **options)


def resumed(config: Config, task: Task, output: Path, **options: Any) -> tuple[Result, list[int]]:
    """Return the result, and the steps that were done for it."""
    told: list[int] = []
    result = train(
        config,
        task,
        output,
        resume=True,
        on_step=lambda step, metrics: told.append(step),
        **options,
    )
    return result, told


def assert_same(one: Checkpoint, other: Checkpoint) -> None:
    """Compare all but how often a run was started."""
    assert one.step == other.step
    assert one.model.keys() == other.model.keys()
    assert [name for name in one.model if not torch.equal(one.model[name], other.model[name])] == []
    assert torch.equal(one.random_state, other.random_state)
    states = (one.optimizer["state"], other.optimizer["state"])
    assert states[0].keys() == states[1].keys()
    for index, state in states[0].items():
        assert all(torch.equal(state[name], states[1][index][name]) for name in state)
    assert one.optimizer["param_groups"] == other.optimizer["param_groups"]
    for name in ("metrics", "status"):
        assert one.manifest[name] == other.manifest[name]


def last_checkpoint(output: Path) -> Checkpoint:
    found = newest(output / "checkpoints")
    assert found is not None
    return found[1]


def add_noise(model: nn.Module) -> None:
    """Stand for a quantiser that rounds at random."""
    model.register_forward_hook(
        lambda module, inputs, output: output._replace(
            logits=output.logits + 0.1 * torch.randn_like(output.logits)
        )
    )


@pytest.mark.parametrize(
    ("changed", "options"),
    [
        ({}, {}),
        ({"precision": "bfloat16", "accumulation_steps": 3, "seed": 4}, {}),
        ({"qat": QATSettings(3)}, {}),
        ({"qat": QATSettings(5)}, {}),
        ({"qat": QATSettings(6)}, {}),
        ({"qat": QATSettings(2)}, {"quantize": add_noise}),
        ({"curriculum": CurriculumSettings((2, 4), 3)}, {}),
        ({"checkpoints": CheckpointSettings(every=3)}, {}),
    ],
    ids=["plain", "half", "qat before", "qat at", "qat after", "noise", "curriculum", "seldom"],
)
def test_a_resumed_run_equals_the_uninterrupted_one_bit_for_bit(tmp_path, changed, options):
    config, task = make_config(8, **changed), make_task()
    through, parts = tmp_path / "through", tmp_path / "parts"
    train(config, task, through, **options)
    interrupted(config, task, parts, last=6, **options)
    result, _ = resumed(config, task, parts, **options)
    assert_same(last_checkpoint(parts), last_checkpoint(through))
    weights = last_checkpoint(through).model
    assert all(
        torch.equal(entry, weights[name]) for name, entry in result.student.state_dict().items()
    )
    documents = [json.loads((folder / "manifest.json").read_text()) for folder in (through, parts)]
    assert documents[0]["metrics"] == documents[1]["metrics"]
    assert documents[0]["best"] == documents[1]["best"]
    names = [path.name for path in checkpoint_paths(through / "checkpoints")]
    assert [path.name for path in checkpoint_paths(parts / "checkpoints")] == names


def test_resume_continues_from_checkpoint_step_plus_one(tmp_path):
    config, task = make_config(8, checkpoints=CheckpointSettings(every=3)), make_task(held_out=())
    interrupted(config, task, tmp_path, last=5)
    _, told = resumed(config, task, tmp_path)
    assert told == [4, 5, 6, 7, 8]
    starts = json.loads((tmp_path / "manifest.json").read_text())["starts"]
    assert [start["step"] for start in starts] == [1, 4]


def test_resume_without_a_checkpoint_starts_at_the_first_step_and_says_so(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    config, task = make_config(2), make_task()
    interrupted(config, task, tmp_path, last=1)
    _, told = resumed(config, task, tmp_path)
    assert told == [1, 2]
    assert f"{tmp_path} holds no checkpoint: starting at step 1" in caplog.messages


def test_resume_falls_back_to_the_checkpoint_before_a_damaged_one(tmp_path, caplog):
    config, task = make_config(8), make_task()
    through, parts = tmp_path / "through", tmp_path / "parts"
    train(config, task, through)
    interrupted(config, task, parts, last=6)
    newest_path = checkpoint_paths(parts / "checkpoints")[0]
    newest_path.write_bytes(newest_path.read_bytes()[:-1])
    _, told = resumed(config, task, parts)
    assert told == [5, 6, 7, 8]
    assert [message for message in caplog.messages if newest_path.name in message] != []
    assert_same(last_checkpoint(parts), last_checkpoint(through))


def test_a_completed_run_is_not_trained_again(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    config, task = make_config(3), make_task()
    first = train(config, task, tmp_path)
    files = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    again, told = resumed(config, task, tmp_path)
    assert told == []
    assert replace(again, student=first.student) == first
    pairs = zip(first.student.parameters(), again.student.parameters(), strict=True)
    assert all(torch.equal(one, other) for one, other in pairs)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == files
    assert caplog.messages[-1] == f"{tmp_path}: completed at step 3"


def test_a_run_that_stopped_early_is_not_trained_again(tmp_path):
    task = make_task(
        examples=make_examples(label=1), held_out=make_examples(3, label=2), teacher=None
    )
    config = make_config(50, patience=2)
    first = train(config, task, tmp_path)
    again, told = resumed(config, task, tmp_path)
    assert told == []
    assert (again.step, again.status, again.best) == (6, "stopped_early", first.best)


def test_a_manifest_that_a_kill_kept_from_being_written_is_written_on_resume(tmp_path):
    config, task = make_config(3), make_task()
    train(config, task, tmp_path)
    wanted = (tmp_path / "manifest.json").read_bytes()
    (tmp_path / "manifest.json").unlink()
    resumed(config, task, tmp_path)
    assert (tmp_path / "manifest.json").read_bytes() == wanted


def test_another_configuration_does_not_resume_a_run(tmp_path):
    train(make_config(3), make_task(), tmp_path)
    path = checkpoint_paths(tmp_path / "checkpoints")[0]
    with pytest.raises(CheckpointError) as caught:
        resumed(make_config(5, seed=1), make_task(), tmp_path)
    assert str(caught.value) == (
        f"{path} is of a run with another configuration: "
        "training.seed is 0, not 1; training.steps is 3, not 5"
    )


def test_how_often_checkpoints_are_written_may_change_on_resume(tmp_path):
    config, task = make_config(8), make_task(held_out=())
    interrupted(config, task, tmp_path, last=4)
    seldom = replace(config, checkpoints=CheckpointSettings(every=4, keep=9))
    resumed(seldom, task, tmp_path)
    steps = [load_checkpoint(path).step for path in checkpoint_paths(tmp_path / "checkpoints")]
    assert steps == [8, 4, 3, 2]
    document = json.loads((tmp_path / "manifest.json").read_text())
    assert document["config"]["checkpoints"] == {"every": 4, "keep": 9}


def test_a_checkpoint_whose_weights_do_not_fit_is_refused(tmp_path):
    config, task = make_config(3), make_task()
    train(config, task, tmp_path)
    checkpoint = last_checkpoint(tmp_path)
    weights = checkpoint.model | {"norm.weight": torch.ones(9)}
    path = save_checkpoint(tmp_path / "checkpoints", replace(checkpoint, model=weights))
    calls: list[Callable[[], object]] = [
        lambda: resumed(config, task, tmp_path),
        lambda: load_student(path),
    ]
    for call in calls:
        with pytest.raises(CheckpointError) as caught:
            call()
        assert str(caught.value) == (
            f"{path} is of another architecture: "
            "norm.weight is torch.float32 [9], not torch.float32 [8]"
        )


@pytest.mark.parametrize("start_step", [None, 3, 4])
def test_a_student_is_loaded_from_a_checkpoint_as_it_was_trained(tmp_path, start_step):
    result = train(
        make_config(3 if start_step is None else 4, qat=QATSettings(start_step)),
        make_task(held_out=()),
        tmp_path,
    )
    student = load_student(result.best)
    assert not student.training
    assert student.config == MODEL
    tokens = torch.tensor([[1, 2, 3]])
    assert torch.equal(student(tokens).logits, result.student(tokens).logits)
    earlier = load_student(checkpoint_paths(tmp_path / "checkpoints")[1])
    quantised = [
        any("quantizer" in name for name in model.state_dict()) for model in (student, earlier)
    ]
    assert quantised == [start_step is not None, start_step == 3]


def test_a_student_is_loaded_with_the_quantiser_it_was_trained_with(tmp_path):
    names: list[str] = []
    result = train(
        make_config(2, qat=QATSettings(2)), make_task(), tmp_path, quantize=lambda model: None
    )
    load_student(result.best, quantize=lambda model: names.append(type(model).__name__))
    assert names == ["StudentLM"]


CONFIG = """\
model:
  vocabulary_size: 300
  width: 8
  layers: 1
  heads: 2
  kv_heads: 1
  feed_forward_width: 8
  max_positions: 200
training: {steps: 2, batch_size: 2, log_every: 1, evaluate_every: 2}
checkpoints: {every: 1}
"""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with rows to learn from, rows held out, and a config without data."""
    folder = tmp_path_factory.mktemp("files")
    tokenizer = load_tokenizer(300)
    write_jsonl(folder / "train.jsonl", make_rows(8, 0), tokenizer)
    write_jsonl(folder / "held_out.jsonl", make_rows(4, 0, "held-out"), tokenizer)
    (folder / "config.yaml").write_text(CONFIG)
    (folder / "data.yaml").write_text(
        f"data: {{train: {folder / 'train.jsonl'}, held_out: {folder / 'held_out.jsonl'}}}\n"
    )
    return folder


def arguments(files: Path, output: Path, *more: str | Path) -> list[str]:
    paths = [files / "config.yaml", files / "data.yaml"]
    return [str(argument) for argument in [*paths, *more, "--output", output]]


def test_the_command_trains_evaluates_and_traces(files, tmp_path):
    assert main(arguments(files, tmp_path)) == 0
    document = json.loads((tmp_path / "manifest.json").read_text())
    assert (document["status"], document["best"]["step"]) == ("completed", 2)
    assert document["config"]["data"]["teacher"] is None
    records = read_trace(tmp_path / "trace" / "trace.jsonl").records
    assert [record.name for record in records] == ["start", "metrics", "metrics", "end"]
    metrics = [{"step": record.step, **record.fields} for record in records[1:3]]
    assert metrics == document["metrics"]
    assert records[0].fields["config"] == document["config"]
    assert sorted(entry.name for entry in tmp_path.iterdir()) == [
        "checkpoints",
        "manifest.json",
        "trace",
    ]


def test_the_command_learns_from_a_teacher_that_it_trained_itself(files, tmp_path):
    assert main(arguments(files, tmp_path / "teacher")) == 0
    teacher = checkpoint_paths(tmp_path / "teacher" / "checkpoints")[0]
    over = tmp_path / "over.yaml"
    over.write_text(f"data: {{teacher: {teacher}, held_out: null}}\ntraining: {{seed: 1}}\n")
    assert main(arguments(files, tmp_path / "student", over)) == 0
    metrics = json.loads((tmp_path / "student" / "manifest.json").read_text())["metrics"]
    assert "kl" in metrics[0]
    assert "held_out_loss" not in metrics[1]


def test_the_command_resumes_only_when_it_is_told_to(files, tmp_path, caplog):
    assert main(arguments(files, tmp_path)) == 0
    caplog.clear()
    assert main(arguments(files, tmp_path)) == 1
    message = f"output holds a run: resume it, or name another than {tmp_path}"
    assert [record.getMessage() for record in caplog.records] == [message]
    assert main([*arguments(files, tmp_path), "--resume"]) == 0


@pytest.mark.parametrize(
    ("over", "wanted"),
    [
        ("data: {train: null}", "data.train must name a file of rows, got none"),
        (
            "training: {steps: 0}",
            "{over}: training.steps must be a whole number of at least 1, got 0",
        ),
        ("data: {teacher: missing.pt}", "[Errno 2] No such file or directory: 'missing.pt'"),
        (
            "data: {teacher: {over}}",
            "{over} is truncated, damaged, or no checkpoint: its digest differs",
        ),
        (
            "optimizer: {learning_rate: 1.0e+30}",
            "step 2: the norm of the gradient is nan",
        ),
    ],
)
def test_the_command_logs_what_is_wrong_and_returns_one(files, tmp_path, caplog, over, wanted):
    path = tmp_path / "over.yaml"
    path.write_text(over.replace("{over}", str(path)))
    assert main(arguments(files, tmp_path / "run", path)) == 1
    errors = [record for record in caplog.record_tuples if record[1] == logging.ERROR]
    message = wanted.replace("{over}", str(path))
    assert errors == [("training.distill_kd", logging.ERROR, message)]


@pytest.mark.parametrize(
    ("tracing", "writers"),
    [
        ("{}", []),
        ("{tensorboard: true}", [open_tensorboard]),
        ("{wandb: true}", [open_wandb]),
        ("{wandb: true, tensorboard: true}", [open_tensorboard, open_wandb]),
    ],
)
def test_the_trace_goes_where_the_config_says(files, tmp_path, monkeypatch, tracing, writers):
    opened: list[tuple[Any, ...]] = []

    class Tracer(module.TrainingTracer):
        def __init__(self, folder: Path, name: str, config: Any, writers: Any) -> None:
            opened.append((folder, name, config["training"]["steps"], list(writers)))
            super().__init__(folder, name, config, ())

    monkeypatch.setattr(module, "TrainingTracer", Tracer)
    over = tmp_path / "over.yaml"
    over.write_text(f"tracing: {tracing}\n")
    assert main(arguments(files, tmp_path / "run", over)) == 0
    assert opened == [(tmp_path / "run", "trace", 2, writers)]


def test_the_command_says_how_it_is_used(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["--help"])
    assert caught.value.code == 0
    shown = " ".join(capsys.readouterr().out.split())
    for part in (
        "usage: python -m training.distill_kd [-h] --output OUTPUT [--resume] config [config ...]",
        "] Distil a student from a teacher, or train it on labels alone. positional",
        "config YAML files; a later one wins over an earlier one",
        "--output OUTPUT the folder of the run",
        "--resume go on after the newest whole checkpoint, if any",
    ):
        assert part in shown


@pytest.mark.parametrize("given", [[], ["a.yaml"], ["--output", "run"]])
def test_the_command_needs_a_config_and_an_output(given, capsys):
    with pytest.raises(SystemExit) as caught:
        main(given)
    assert caught.value.code == 2
    assert "the following arguments are required: " in capsys.readouterr().err


def test_the_command_shows_its_progress(files, tmp_path, logged):
    lines = logged(lambda: main(arguments(files, tmp_path)))
    assert len(lines) == 2
    for number, line in enumerate(lines, start=1):
        assert re.match(rf"step {number} of 2: loss \d", line), line


def test_the_module_is_a_command_that_ends_in_the_status_of_its_run(
    files, tmp_path, logged, run_as_command
):
    name, good = "training.distill_kd", arguments(files, tmp_path)
    assert run_as_command(name, *good) == 0
    status: list[object] = []
    lines = logged(
        lambda: status.append(run_as_command(name, "missing.yaml", "--output", tmp_path))
    )
    assert status == [1]
    assert lines == ["missing.yaml: cannot be read: No such file or directory"]


# Only this thread goes on in the child, and nothing there waits for another.
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_run_that_was_killed_at_any_moment_resumes_from_a_whole_checkpoint(files, tmp_path):
    long = tmp_path / "long.yaml"
    long.write_text("training: {steps: 40, evaluate_every: 7}\nqat: {start_step: 9}\n")
    command = arguments(files, tmp_path / "killed", long)
    generator, steps = random.Random(0), []
    for _ in range(3):
        logged = run_and_kill([*command, "--resume"], generator.randint(2, 7))
        found = newest(tmp_path / "killed" / "checkpoints")
        assert found is not None
        assert found[1].step >= logged - 1
        steps.append(found[1].step)
    assert 0 < steps[0] < steps[1] < steps[2] < 40
    assert main([*command, "--resume"]) == 0
    assert main(arguments(files, tmp_path / "through", long)) == 0
    assert_same(last_checkpoint(tmp_path / "killed"), last_checkpoint(tmp_path / "through"))
    left = [
        sorted(path.relative_to(tmp_path / run) for path in (tmp_path / run).rglob("*"))
        for run in ("killed", "through")
    ]
    assert left[0] == left[1]


def run_and_kill(command: list[str], steps: int) -> int:
    """Kill a process that runs `command` once it has logged so many steps; return the last one."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        logger = logging.getLogger("training")
        logger.setLevel(logging.INFO)
        handler = logging.StreamHandler(os.fdopen(writer, "w"))
        # Lines so long that a few fill the pipe: the child cannot run far ahead of the parent.
        handler.setFormatter(logging.Formatter("%(message)s" + " " * 16_000))
        logger.addHandler(handler)
        try:
            main(command)
        finally:
            os._exit(1)
    os.close(writer)
    with os.fdopen(reader) as lines:
        told = (line for line in lines if line.startswith("step "))
        try:
            logged = list(itertools.islice(told, steps))
        finally:
            os.kill(child, signal.SIGKILL)
            _, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL
    return int(logged[-1].split()[1])
