"""The settings of a training run: one validated configuration, a section for each concern."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

from training.checks import require_between, require_choice, require_positive, require_whole
from training.gqa_transformer import ModelConfig
from training.losses import KDSettings

PRECISIONS = ("float32", "bfloat16")


@dataclass(frozen=True, slots=True)
class TrainingSettings:
    """Length and pace of a run, in optimizer steps counted from 1.

    A step learns from `accumulation_steps` batches of `batch_size` examples. After `patience`
    evaluations in a row without a lower held-out loss the run stops; None: never.
    """

    steps: int
    batch_size: int = 8
    accumulation_steps: int = 1
    seed: int = 0
    precision: str = "float32"
    log_every: int = 10
    evaluate_every: int = 50
    patience: int | None = None

    def __post_init__(self) -> None:
        require_whole("steps", self.steps, 1)
        require_whole("batch_size", self.batch_size, 1)
        require_whole("accumulation_steps", self.accumulation_steps, 1)
        require_whole("seed", self.seed, 0, 2**64 - 1)
        require_choice("precision", self.precision, PRECISIONS)
        require_whole("log_every", self.log_every, 1)
        require_whole("evaluate_every", self.evaluate_every, 1)
        if self.patience is not None:
            require_whole("patience", self.patience, 1)


@dataclass(frozen=True, slots=True)
class OptimizerSettings:
    """AdamW and its schedule: `warmup_steps` up to `learning_rate`, then down to a share of it."""

    learning_rate: float = 1e-3
    final_share: float = 0.1
    warmup_steps: int = 0
    weight_decay: float = 0.01
    beta1: float = 0.9
    beta2: float = 0.95
    epsilon: float = 1e-8
    max_gradient_norm: float = 1.0

    def __post_init__(self) -> None:
        require_positive("learning_rate", self.learning_rate)
        require_between("final_share", self.final_share, 0, 1)
        require_whole("warmup_steps", self.warmup_steps, 0)
        require_between("weight_decay", self.weight_decay, 0)
        require_between("beta1", self.beta1, 0, 0.9999)
        require_between("beta2", self.beta2, 0, 0.9999)
        require_positive("epsilon", self.epsilon)
        require_positive("max_gradient_norm", self.max_gradient_norm)


@dataclass(frozen=True, slots=True)
class CurriculumSettings:
    """Sequences are cut to each of `lengths`, in tokens, for `steps_each` steps; then no more."""

    lengths: tuple[int, ...] = ()
    steps_each: int = 100

    def __post_init__(self) -> None:
        for length in self.lengths:
            require_whole("lengths", length, 1)
        if any(later <= length for length, later in pairwise(self.lengths)):
            raise ValueError(f"lengths must rise, got {list(self.lengths)}")
        require_whole("steps_each", self.steps_each, 1)

    def length_at(self, step: int) -> int | None:
        """Return how many tokens of a sequence are read at `step`, from 1; None: all."""
        stage = (step - 1) // self.steps_each
        return self.lengths[stage] if stage < len(self.lengths) else None


@dataclass(frozen=True, slots=True)
class QATSettings:
    """The step, from 1, that the model is quantised before; None: never."""

    start_step: int | None = None

    def __post_init__(self) -> None:
        if self.start_step is not None:
            require_whole("start_step", self.start_step, 1)

    def is_on(self, step: int) -> bool:
        """Tell whether the model is quantised in `step`, from 1."""
        return self.start_step is not None and step >= self.start_step


@dataclass(frozen=True, slots=True)
class CheckpointSettings:
    """A checkpoint `every` so many steps; the last `keep` stay, and the best."""

    every: int = 100
    keep: int = 2

    def __post_init__(self) -> None:
        require_whole("every", self.every, 1)
        # When the newest is damaged, the one before it is needed.
        require_whole("keep", self.keep, 2)


@dataclass(frozen=True, slots=True)
class TracingSettings:
    """Where the trace of a run goes besides its JSON lines."""

    tensorboard: bool = False
    wandb: bool = False


@dataclass(frozen=True, slots=True)
class DataSettings:
    """Files for `python -m training.distill_kd`: JSONL rows, and a checkpoint of the teacher."""

    train: str | None = None
    held_out: str | None = None
    teacher: str | None = None


@dataclass(frozen=True, slots=True)
class Config:
    """All of it; a section is an attribute."""

    model: ModelConfig
    training: TrainingSettings
    optimizer: OptimizerSettings = field(default_factory=OptimizerSettings)
    curriculum: CurriculumSettings = field(default_factory=CurriculumSettings)
    kd: KDSettings = field(default_factory=KDSettings)
    qat: QATSettings = field(default_factory=QATSettings)
    checkpoints: CheckpointSettings = field(default_factory=CheckpointSettings)
    tracing: TracingSettings = field(default_factory=TracingSettings)
    data: DataSettings = field(default_factory=DataSettings)

    def __post_init__(self) -> None:
        steps, positions = self.training.steps, self.model.max_positions
        require_whole("optimizer.warmup_steps", self.optimizer.warmup_steps, 0, steps)
        for length in self.curriculum.lengths:
            require_whole("curriculum.lengths", length, 1, positions)
        if self.qat.start_step is not None:
            require_whole("qat.start_step", self.qat.start_step, 1, steps)
