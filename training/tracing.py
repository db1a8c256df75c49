"""The trace of a training run: always as JSON lines, by choice to TensorBoard and W&B.

A trace is one file of lines in ASCII, each a JSON object with the fields of Record. The record
`start` begins a session, `end` says how it ended; a session without `end` was killed, or runs yet.
"""

from __future__ import annotations

import importlib
import json
import logging
import os
import re
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Protocol, Self

from training.checks import require_whole
from training.monitoring import require_number, require_text

logger = logging.getLogger(__name__)

TRACE = "trace.jsonl"
START, METRICS, HPARAMS, END = OUR_NAMES = ("start", "metrics", "hparams", "end")


@dataclass(frozen=True, slots=True)
class Run:
    """A run as its writers see it: `folder` is its own, `config` what JSON can hold."""

    folder: Path
    name: str
    config: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Record:
    """What happened, at `time` in seconds of the clock; `step` is the last with metrics, or 0."""

    time: float
    name: str
    step: int
    fields: Mapping[str, Any]


class Writer(Protocol):
    """A place that records go to."""

    def write(self, record: Record) -> None:
        """Write one record."""

    def close(self) -> None:
        """Write what is still held back, and let go; after the record `end`, if all went well."""


class Opener(Protocol):
    """Begins to write a run to one place, such as open_tensorboard."""

    def __call__(self, run: Run, /) -> Writer | None:
        """Return the writer, or None when there is nothing to write with."""


def open_tensorboard(run: Run) -> Writer:
    """Write to the folder `tensorboard` of the run: metrics as scalars (float32), all else as text.

    What a kill leaves unwritten there, up to two minutes of records, stands in the JSON lines.
    """
    module = importlib.import_module("torch.utils.tensorboard")
    return _TensorBoard(module.SummaryWriter(str(run.folder / "tensorboard")))


def open_wandb(run: Run) -> Writer | None:
    """Send configuration, metrics and outcome, but no events, to W&B; only log if not installed."""
    try:
        wandb = importlib.import_module("wandb")
    except ImportError as error:
        logger.warning("the run %s is not sent to W&B: %s", run.name, error)
        return None
    return _Wandb(wandb.init(name=run.name, config=dict(run.config), dir=str(run.folder)))


class TrainingTracer:
    """Trace the run `run_name` into a folder of that name in `folder`; add to what is there.

    As a context manager, it records whether the run completed, or with what exception it ended.
    Raises OSError, naming the run's folder, when that cannot be written. `config` and all fields
    must be what JSON can hold, else ValueError; so too for a call after `close`.
    """

    def __init__(
        self,
        folder: Path,
        run_name: str,
        config: Mapping[str, object],
        writers: Sequence[Opener] = (open_tensorboard,),
        clock: Callable[[], float] = time.time,
    ) -> None:
        _require_run_name(run_name)
        _require_json("config", config)
        run = Run(folder / run_name, run_name, dict(config))
        self._clock = clock
        self._step = 0
        self.closed = False
        self._writers: list[Writer] = []
        with ExitStack() as opened:
            for open_writer in (_open_json_lines, *writers):
                writer = open_writer(run)
                if writer is not None:
                    opened.callback(writer.close)
                    self._writers.append(writer)
            self._write(START, {"run": run_name, "config": run.config})
            self._opened = opened.pop_all()

    def log_metrics(self, step: int, metrics: Mapping[str, float]) -> None:
        """Record finite numbers at a step of at least 0 that is not before the last one."""
        require_whole("step", step, 0)
        if step < self._step:
            raise ValueError(f"step must not go backwards, got {step} after {self._step}")
        if not metrics:
            raise ValueError("metrics must not be empty")
        for name in metrics:
            require_text("a name in metrics", name)
        numbers = {name: require_number(name, value) for name, value in metrics.items()}
        self._require_open()
        self._step = step
        self._write(METRICS, numbers)

    def log_hparams(self, hparams: Mapping[str, str | float | None]) -> None:
        """Record hyperparameters: numbers, texts, bools and None, by name."""
        for name, value in hparams.items():
            if not isinstance(value, str | int | float | None):
                raise ValueError(f"{name} must be a number, text, bool or None, got {value!r}")
        self._log(HPARAMS, hparams)

    def event(self, name: str, /, **fields: object) -> None:
        """Record something else that happened, under a name that is not one of OUR_NAMES."""
        require_text("name", name)
        if name in OUR_NAMES:
            raise ValueError(f"name must not be one of {', '.join(OUR_NAMES)}, got {name!r}")
        self._log(name, fields)

    def close(self, error: BaseException | None = None) -> None:
        """Record that the run completed, or that `error` ended it; a second call does nothing."""
        if self.closed:
            return
        self.closed = True
        with self._opened:
            self._write(END, _outcome(error))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close(error)

    def _log(self, name: str, fields: Mapping[str, object]) -> None:
        _require_json(name, fields)
        self._require_open()
        self._write(name, dict(fields))

    def _require_open(self) -> None:
        if self.closed:
            raise ValueError("the tracer is closed, so nothing more can be recorded")

    def _write(self, name: str, fields: Mapping[str, object]) -> None:
        record = Record(self._clock(), name, self._step, fields)
        for writer in self._writers:
            writer.write(record)


@dataclass(frozen=True, slots=True)
class Skipped:
    """A line, 1-based, that holds no record, and why."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Trace:
    """The records of a file in their order, and the lines that are none."""

    records: tuple[Record, ...]
    skipped: tuple[Skipped, ...]


def read_trace(path: Path) -> Trace:
    """Read JSON lines back; a line that a kill cut short, or a foreign one, is skipped."""
    records, skipped = [], []
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                records.append(_parse(line))
            except ValueError as error:
                skipped.append(Skipped(number, str(error)))
    return Trace(tuple(records), tuple(skipped))


def _parse(line: bytes) -> Record:
    found = json.loads(line.decode())
    if not isinstance(found, dict) or found.keys() != set(Record.__slots__):
        raise ValueError(f"not an object of {', '.join(Record.__slots__)}")
    return Record(**found)


def _require_run_name(name: str) -> None:
    if not re.fullmatch(r"\w[\w.-]*", name):
        raise ValueError(
            "run_name must begin with a letter or digit and hold only these and . _ -, "
            f"got {name!r}"
        )


def _require_json(name: str, fields: Mapping[str, object]) -> None:
    for key, value in fields.items():
        require_text(f"a name in {name}", key)
        try:
            json.dumps(value, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise ValueError(f"{key} in {name} cannot be written as JSON: {error}") from error


def _open_json_lines(run: Run) -> Writer:
    try:
        run.folder.mkdir(parents=True, exist_ok=True)
        file = (run.folder / TRACE).open("ab+")
    except OSError as error:
        reason = f"the trace of the run {run.name} cannot be written: {error.strerror}"
        raise OSError(error.errno, reason, str(run.folder)) from error
    _end_cut_line(file)
    return _JsonLines(file)


def _end_cut_line(file: BinaryIO) -> None:
    """Keep a last line that a kill cut short from running into the next one."""
    if file.tell():
        file.seek(-1, os.SEEK_CUR)
        if file.read() != b"\n":
            file.write(b"\n")


class _JsonLines:
    """Each record a line that is with the system, and so safe from a kill, when `write` returns."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def write(self, record: Record) -> None:
        self._file.write(json.dumps(asdict(record)).encode() + b"\n")
        self._file.flush()

    def close(self) -> None:
        self._file.close()


class _TensorBoard:
    def __init__(self, summaries: Any) -> None:
        self._summaries = summaries

    def write(self, record: Record) -> None:
        if record.name == METRICS:
            for name, value in record.fields.items():
                self._summaries.add_scalar(name, value, record.step, record.time)
            return
        text = json.dumps(record.fields)
        self._summaries.add_text(record.name, text, record.step, record.time)
        if record.name == HPARAMS:
            # In a folder of its own: of two files in one, TensorBoard follows only the newer.
            self._summaries.add_hparams(dict(record.fields), {}, run_name=HPARAMS)

    def close(self) -> None:
        self._summaries.close()


class _Wandb:
    def __init__(self, run: Any) -> None:
        self._run = run
        self._exit_code = 1

    def write(self, record: Record) -> None:
        if record.name == METRICS:
            self._run.log(dict(record.fields), step=record.step)
        elif record.name == HPARAMS:
            self._run.config.update(dict(record.fields))
        elif record.name == END:
            self._exit_code = int("error" in record.fields)

    def close(self) -> None:
        self._run.finish(exit_code=self._exit_code)


def _outcome(error: BaseException | None) -> dict[str, str]:
    if error is None:
        return {"outcome": "completed"}
    return {"outcome": "failed", "error": type(error).__name__, "message": str(error)}
