"""A small distillation from start to end: rows, teacher, two students, quantisation, export."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from multiprocessing import get_context
from pathlib import Path

import torch
from torch import nn

from training.checkpoints import write_whole
from training.checks import require_positive, require_whole
from training.comparison import Scores, best_of, exact_match
from training.config import (
    Config,
    OptimizerSettings,
    QATSettings,
    TrainingSettings,
)
from training.dataset import KDDataset, Row, collate_kd_batch, load_tokenizer, write_jsonl
from training.distill_kd import Result, Task, load_student, train
from training.export_student import export_student
from training.generation import generate_text
from training.gqa_transformer import ModelConfig, StudentLM
from training.optimization import evaluate
from training.quant_qat_int8 import export_int8, quantize_model, switch_quantization
from training.run import Quantize
from training.toy_rows import GREEDY, RowCounts, ToyRows, complete_rows, make_toy_rows

TEACHER, DISTILLED, QUANTISED, ALONE = "teacher", "distilled", "quantised", "alone"
DATA, COMPARISON = "data", "comparison.json"
PROGRAM, INT8_WEIGHTS = "student.pt2", "student-int8.pt"

VOCABULARY_SIZE, MAX_POSITIONS = 512, 96
HEADS, KV_HEADS = 4, 2
# For a narrow model (near 1 / √width) and short texts. With the numbers that suit a large language
# model, looking back for what to copy is learned twice as late.
INITIAL_DEVIATION, ROPE_BASE = 0.1, 100.0

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ToySettings:
    """Sizes of a toy run; the teacher and both students take the same number of `steps`."""

    rows: RowCounts = field(default_factory=RowCounts)
    teacher_width: int = 80
    student_width: int = 64
    layers: int = 2
    steps: int = 240
    learning_rate: float = 7e-3
    quantised_steps: int = 40
    quantised_learning_rate: float = 1e-3
    batch_size: int = 16
    evaluate_every: int = 30

    def __post_init__(self) -> None:
        for name in ("layers", "steps", "quantised_steps", "batch_size", "evaluate_every"):
            require_whole(name, getattr(self, name), 1)
        for name in ("learning_rate", "quantised_learning_rate"):
            require_positive(name, getattr(self, name))
        for name in ("teacher_width", "student_width"):
            width = getattr(self, name)
            if width < 1 or width % (2 * HEADS) != 0:
                raise ValueError(f"{name} must be a multiple of {2 * HEADS}, got {width!r}")


def run_toy(settings: ToySettings, seed: int, output: Path) -> dict[str, Scores]:
    """Do all of it in the folder `output`, and return everyone's scores by name.

    Both students begin with the same weights and have the same labelled rows, number of steps and
    schedule. One learns from these rows alone. The other also has the teacher, and through it
    more prompts, but no more labels: the teacher completes them, and gives soft targets for all.
    What comes of it is trained a little longer with int8 rounding, and exported. Two processes share
    the work, each in one thread: what is computed does not depend on how many cores there are.

    Validation rows choose the checkpoints; held-out rows only score. A student that learns a few
    rows by heart has its lowest loss early and its most matches late: so that none is sold short,
    each but the exported one has the best of its chosen and its last weights.

    Raises ValueError when `output` is not empty, and for a seed or settings that cannot be;
    ExportError when the exported program differs from the student; OSError when `output` cannot
    be written; BrokenProcessPool when the second process is killed.
    """
    if output.exists() and any(output.iterdir()):
        raise ValueError(f"output must be a new or an empty folder, got {output}")
    rows = make_toy_rows(settings.rows, seed)
    with single_thread(), second_process() as second:
        scores = _work(_Bench(settings, seed, output, rows), rows, second)
    document = {
        "seed": seed,
        "settings": asdict(settings),
        "scores": {name: asdict(score) for name, score in scores.items()},
    }
    write_whole(output / COMPARISON, json.dumps(document, indent=1).encode())
    return scores


@contextmanager
def single_thread() -> Iterator[None]:
    """Compute in one thread: tensors this small gain nothing by more, and sums stay the same."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def second_process() -> ProcessPoolExecutor:
    """Make a process that computes beside this one, in one thread and from the same modules."""
    spawn = get_context("spawn")
    return ProcessPoolExecutor(1, spawn, initializer=torch.set_num_threads, initargs=(1,))


def _work(bench: _Bench, rows: ToyRows, second: Executor) -> dict[str, Scores]:
    """Train, score and export; the `second` process does what this one need not wait for."""
    settings = bench.settings
    config = bench.config(settings.student_width)
    logger.info("%s: learns in a second process", ALONE)
    learning = second.submit(bench.learn, ALONE, config, bench.read(ALONE, rows.labelled))
    taught = bench.learn(
        TEACHER, bench.config(settings.teacher_width), bench.read(TEACHER, rows.teacher)
    )
    teacher = load_student(taught.best)
    completed = complete_rows(teacher, bench.tokenizer, rows.unlabelled)
    logger.info("the teacher completed %d of %d prompts", len(completed), len(rows.unlabelled))

    alone = learning.result()
    scores = {
        name: second.submit(bench.score, result.student, load_student(result.best))
        for name, result in ((TEACHER, taught), (ALONE, alone))
    }
    examples = bench.read(DISTILLED, [*rows.labelled, *completed])
    distilled = bench.learn(DISTILLED, config, examples, teacher)
    chosen = load_student(distilled.best)
    scores[DISTILLED] = second.submit(bench.score, distilled.student, chosen)
    quantised = _quantise(bench, chosen, examples, teacher)
    scores[QUANTISED] = second.submit(bench.score, quantised)
    _export(quantised, bench.output)
    return {name: scores[name].result() for name in (TEACHER, DISTILLED, QUANTISED, ALONE)}


class _Bench:
    """What all stages share: the settings, the tokenizer, rows to choose by and rows to score."""

    def __init__(self, settings: ToySettings, seed: int, output: Path, rows: ToyRows) -> None:
        self.settings, self.seed, self.output = settings, seed, output
        self.tokenizer = load_tokenizer(VOCABULARY_SIZE)
        (output / DATA).mkdir(parents=True, exist_ok=True)
        self.validation = self.read("validation", rows.validation)
        self.held_out = self.read("held_out", rows.held_out)

    def read(self, name: str, rows: Sequence[Row]) -> KDDataset:
        """Write rows to the folder of data, and encode them from there."""
        path = self.output / DATA / f"{name}.jsonl"
        write_jsonl(path, rows, self.tokenizer)
        return KDDataset(path, self.tokenizer, MAX_POSITIONS)

    def config(self, width: int) -> Config:
        """Make the configuration of a teacher or a student."""
        settings = self.settings
        return Config(
            model=ModelConfig(
                vocabulary_size=VOCABULARY_SIZE,
                width=width,
                layers=settings.layers,
                heads=HEADS,
                kv_heads=KV_HEADS,
                feed_forward_width=2 * width,
                max_positions=MAX_POSITIONS,
                rope_base=ROPE_BASE,
                initial_deviation=INITIAL_DEVIATION,
            ),
            training=TrainingSettings(
                steps=settings.steps,
                batch_size=settings.batch_size,
                seed=self.seed,
                log_every=settings.evaluate_every,
                evaluate_every=settings.evaluate_every,
            ),
            optimizer=OptimizerSettings(
                learning_rate=settings.learning_rate,
                final_share=0.05,
                warmup_steps=settings.steps // 25,
            ),
        )

    def learn(
        self,
        name: str,
        config: Config,
        examples: KDDataset,
        teacher: StudentLM | None = None,
        quantize: Quantize = quantize_model,
    ) -> Result:
        """Train, in the folder `name`."""
        logger.info("%s: learns from %d rows", name, len(examples))
        task = Task(examples, collate_kd_batch, self.validation, teacher)
        return train(config, task, self.output / name, quantize=quantize)

    def score(self, *students: StudentLM) -> Scores:
        """Score students on the held-out rows, and take the best of each score."""
        return best_of([self._score(student) for student in students])

    def _score(self, student: StudentLM) -> Scores:
        rows = self.held_out.rows
        loss = evaluate(
            student, self.held_out, collate_kd_batch, self.config(self.settings.student_width)
        )
        texts = generate_text(student, self.tokenizer, [row.prompt for row in rows], GREEDY)
        return Scores(loss, exact_match(texts, [row.completion for row in rows]))


def _quantise(
    bench: _Bench, student: StudentLM, examples: KDDataset, teacher: StudentLM
) -> StudentLM:
    """Train a copy of `student` on with int8 rounding, and freeze the ranges of the best of it."""
    settings, config = bench.settings, bench.config(bench.settings.student_width)
    config = replace(
        config,
        training=replace(config.training, steps=settings.quantised_steps),
        optimizer=OptimizerSettings(learning_rate=settings.quantised_learning_rate),
        qat=QATSettings(start_step=1),
    )

    def quantize(model: nn.Module) -> None:
        # The trainer's student is new, and its optimizer has no state yet.
        model.load_state_dict(student.state_dict())
        quantize_model(model)

    result = bench.learn(QUANTISED, config, examples, teacher, quantize)
    quantised = load_student(result.best)
    switch_quantization(quantised, "freeze")
    return quantised


def _export(student: StudentLM, output: Path) -> None:
    buffer = io.BytesIO()
    torch.save(export_int8(student), buffer)
    write_whole(output / INT8_WEIGHTS, buffer.getvalue())
    difference = export_student(student, output / PROGRAM)
    logger.info("%s: differs from the student by at most %.2g", PROGRAM, difference)
