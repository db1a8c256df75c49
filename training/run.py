"""A run under way: one step after the other, its record and its checkpoints."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import nn

from training.batches import Collate, Examples, draw_batches
from training.checkpoints import (
    Checkpoint,
    checkpoint_path,
    checkpoint_paths,
    newest,
    prune,
    require_same_config,
    restore_weights,
    save_checkpoint,
)
from training.config import Config
from training.gqa_transformer import StudentLM, build_student
from training.manifest import COMPLETED, HELD_OUT, RUNNING, STOPPED_EARLY, Manifest
from training.optimization import create_optimizer, evaluate, train_step

CHECKPOINTS = "checkpoints"

# Quantises a model in place; its parameters stay the same objects under the same names.
Quantize = Callable[[nn.Module], object]

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Task:
    """What a student learns from; `collate` makes a batch of examples, see training.batches.

    Held-out examples are only evaluated on. The teacher, if any, is put in evaluation mode.
    """

    examples: Examples
    collate: Collate
    held_out: Examples = ()
    teacher: nn.Module | None = None

    def __post_init__(self) -> None:
        if not len(self.examples):
            raise ValueError("examples must hold at least one example")


@dataclass(frozen=True, slots=True)
class Result:
    """A finished run: the student as the last step left it, and where its best checkpoint is.

    `best` has the lowest held-out loss; without held-out examples it is the last one.
    """

    student: StudentLM
    step: int
    status: str
    best: Path


def create_model(config: Config) -> StudentLM:
    """Make the student; its weights depend on `config` alone."""
    return build_student(config.model, config.training.seed)


class Run:
    """A run under way: student, optimizer and manifest as `step`, the last one done, left them."""

    def __init__(self, config: Config, task: Task, output: Path, quantize: Quantize) -> None:
        if config.training.patience is not None and not len(task.held_out):
            raise ValueError("training.patience needs held-out examples, got none")
        self.config = config
        self.task = task
        self.output = output
        self.quantize = quantize
        self.step = 0
        self.manifest = Manifest(asdict(config))
        self.student = create_model(config)
        self.optimizer = create_optimizer(self.student, config.optimizer)
        torch.manual_seed(config.training.seed)
        if task.teacher is not None:
            task.teacher.eval()

    def restore(self) -> None:
        """Take up the newest whole checkpoint in `output`, if there is one."""
        found = newest(self.output / CHECKPOINTS)
        if found is None:
            logger.info("%s holds no checkpoint: starting at step 1", self.output)
            return
        path, checkpoint = found
        require_same_config(path, checkpoint, self.manifest.config)
        if self.config.qat.is_on(checkpoint.step):
            self.quantize(self.student)
        restore_weights(path, checkpoint, self.student)
        self.optimizer.load_state_dict(checkpoint.optimizer)
        # How often checkpoints are written may have changed, so this run's own config stays.
        self.manifest = Manifest(**(checkpoint.manifest | {"config": self.manifest.config}))
        self.step = checkpoint.step
        torch.random.set_rng_state(checkpoint.random_state)

    def begin(self) -> None:
        """Note the start; ValueError when that would be over the checkpoints of another run."""
        if self.manifest.status != RUNNING:
            logger.info("%s: %s at step %d", self.output, self.manifest.status, self.step)
        elif self.step == 0 and checkpoint_paths(self.output / CHECKPOINTS):
            raise ValueError(f"output holds a run: resume it, or name another than {self.output}")
        else:
            self.manifest.start(self.step + 1)
        self.manifest.write(self.output)

    def steps(self) -> Iterator[dict[str, float]]:
        """Do step after step while the run goes on, and yield the metrics of each."""
        while self.manifest.status == RUNNING:
            yield self._advance()

    def save_if_due(self) -> None:
        """Write a checkpoint if one is due, this step is the best so far, or the run has ended."""
        best = self._best_step()
        ended = self.manifest.status != RUNNING
        if not (ended or best == self.step or self.step % self.config.checkpoints.every == 0):
            return
        folder = self.output / CHECKPOINTS
        checkpoint = Checkpoint(
            step=self.step,
            model=self.student.state_dict(),
            optimizer=self.optimizer.state_dict(),
            random_state=torch.random.get_rng_state(),
            manifest=asdict(self.manifest),
        )
        save_checkpoint(folder, checkpoint)
        self.manifest.write(self.output)
        prune(folder, self.config.checkpoints.keep, best)

    def result(self) -> Result:
        """Say what came of the run."""
        best = checkpoint_path(self.output / CHECKPOINTS, self._best_step() or self.step)
        return Result(self.student.eval(), self.step, self.manifest.status, best)

    def _advance(self) -> dict[str, float]:
        """Do the next step, and decide whether it was the last one."""
        step, config, task = self.step + 1, self.config, self.task
        with _errors_at(step):
            if step == config.qat.start_step:
                self.quantize(self.student)
            batches = draw_batches(task.examples, task.collate, config, step)
            metrics = train_step(self.student, task.teacher, batches, self.optimizer, config, step)
            if len(task.held_out) and self._is_due(step, config.training.evaluate_every):
                metrics[HELD_OUT] = evaluate(self.student, task.held_out, task.collate, config)
        self.step = step
        if HELD_OUT in metrics or self._is_due(step, config.training.log_every):
            self.manifest.record(step, metrics)
            shown = ", ".join(f"{name} {value:.4g}" for name, value in metrics.items())
            logger.info("step %d of %d: %s", step, config.training.steps, shown)
        if step == config.training.steps:
            self.manifest.status = COMPLETED
        elif self.manifest.is_stale():
            self.manifest.status = STOPPED_EARLY
        return metrics

    def _is_due(self, step: int, every: int) -> bool:
        return step % every == 0 or step == self.config.training.steps

    def _best_step(self) -> int | None:
        best = self.manifest.best()
        return None if best is None else int(best["step"])


@contextmanager
def _errors_at(step: int) -> Iterator[None]:
    try:
        yield
    except FloatingPointError as error:
        raise FloatingPointError(f"step {step}: {error}") from error
    except ValueError as error:
        raise ValueError(f"step {step}: {error}") from error
