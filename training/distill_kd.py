"""The trainer: a student learns from a teacher, or from labels alone, in a run that can be resumed.

`python -m training.distill_kd CONFIG.yaml… --output DIR [--resume]` trains on JSONL rows. DIR then
holds manifest.json, and the folders `checkpoints` and `trace`.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import torch

from training.checkpoints import CheckpointError, load_checkpoint, restore_weights
from training.config import Config, QATSettings
from training.config_files import load_config
from training.dataset import KDDataset, collate_kd_batch, load_tokenizer
from training.gqa_transformer import ModelConfig, StudentLM, build_student
from training.optimization import compute_loss, create_optimizer, train_step
from training.quant_qat_int8 import quantize_model
from training.run import Quantize, Result, Run, Task, create_model
from training.tracing import Opener, TrainingTracer, open_tensorboard, open_wandb

__all__ = [
    "Result",
    "Task",
    "compute_loss",
    "create_model",
    "create_optimizer",
    "load_config",
    "load_student",
    "main",
    "train",
    "train_step",
]

TRACE = "trace"

logger = logging.getLogger(__name__)


def train(
    config: Config,
    task: Task,
    output: Path,
    *,
    resume: bool = False,
    quantize: Quantize = quantize_model,
    on_step: Callable[[int, Mapping[str, float]], object] | None = None,
) -> Result:
    """Train a student to the end of its run, with checkpoints in `output`.

    `resume` goes on after the newest whole checkpoint, exactly as if never interrupted, and from
    the start if there is none; a run that has ended is not trained again. `on_step` hears of each
    step, and again of one that is repeated because it came after the last checkpoint.

    Raises ValueError when `output` holds a run and `resume` is False, and for bad batches;
    FloatingPointError for a loss, gradient or weight that is not finite: both name the step, and
    the checkpoints before it stay. CheckpointError when the run cannot be resumed, OSError when
    `output` cannot be written. torch's global generator is left as it was.
    """
    with torch.random.fork_rng(devices=[]):
        run = Run(config, task, output, quantize)
        if resume:
            run.restore()
        run.begin()
        for metrics in run.steps():
            if on_step is not None:
                on_step(run.step, metrics)
            run.save_if_due()
    return run.result()


def load_student(path: Path, quantize: Quantize = quantize_model) -> StudentLM:
    """Make the student that a checkpoint holds, in evaluation mode; CheckpointError as there."""
    checkpoint = load_checkpoint(path)
    config = checkpoint.manifest["config"]
    student = build_student(ModelConfig(**config["model"]), 0)
    if QATSettings(**config["qat"]).is_on(checkpoint.step):
        quantize(student)
    restore_weights(path, checkpoint, student)
    return student.eval()


def main(arguments: Sequence[str] | None = None) -> int:
    """Train as the command line says; return 0, or 1 after an error that was logged."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    try:
        config = load_config(*options.config)
        task = _read_task(config)
        with _open_tracer(config, options.output) as tracer:
            train(config, task, options.output, resume=options.resume, on_step=tracer.log_metrics)
    except (CheckpointError, FloatingPointError, OSError, ValueError) as error:
        logger.error("%s", error)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m training.distill_kd",
        description="Distil a student from a teacher, or train it on labels alone.",
    )
    parser.add_argument(
        "config", nargs="+", type=Path, help="YAML files; a later one wins over an earlier one"
    )
    parser.add_argument("--output", required=True, type=Path, help="the folder of the run")
    parser.add_argument(
        "--resume", action="store_true", help="go on after the newest whole checkpoint, if any"
    )
    return parser


def _read_task(config: Config) -> Task:
    if config.data.train is None:
        raise ValueError("data.train must name a file of rows, got none")
    tokenizer = load_tokenizer(config.model.vocabulary_size)

    def read(path: str) -> KDDataset:
        return KDDataset(Path(path), tokenizer, config.model.max_positions)

    held_out, teacher = config.data.held_out, config.data.teacher
    return Task(
        examples=read(config.data.train),
        collate=collate_kd_batch,
        held_out=read(held_out) if held_out is not None else (),
        teacher=load_student(Path(teacher)) if teacher is not None else None,
    )


def _open_tracer(config: Config, output: Path) -> TrainingTracer:
    writers: list[Opener] = []
    if config.tracing.tensorboard:
        writers.append(open_tensorboard)
    if config.tracing.wandb:
        writers.append(open_wandb)
    return TrainingTracer(output, TRACE, asdict(config), writers)


if __name__ == "__main__":
    sys.exit(main())
