from __future__ import annotations

import dataclasses
import itertools
import json
import logging
import math
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import MappingProxyType, SimpleNamespace
from typing import Any

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from training.tracing import (
    Opener,
    Record,
    Run,
    Skipped,
    Trace,
    TrainingTracer,
    Writer,
    open_tensorboard,
    open_wandb,
    read_trace,
)

Refusal = Callable[[Callable[[], object]], str]

CONFIG = {"seed": 3, "model": {"width": 8}}
START = {"run": "toy", "config": CONFIG}


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a folder TensorBoard writes to where it is; let that be no one's checkout."""
    monkeypatch.chdir(tmp_path)


def make_tracer(
    folder: Path, writers: Sequence[Opener] = (), run_name: str = "toy"
) -> TrainingTracer:
    """Trace with a clock that shows 1, 2, 3, … seconds."""
    counter = itertools.count(1)
    return TrainingTracer(folder, run_name, CONFIG, writers, lambda: float(next(counter)))


def read(folder: Path) -> Trace:
    return read_trace(folder / "toy" / "trace.jsonl")


def named(trace: Trace) -> list[str]:
    return [record.name for record in trace.records]


class Listener:
    """A writer that keeps what it is told; `broken` from a record on, like a full disk."""

    def __init__(self, broken: str = "") -> None:
        self.told: list[Any] = []
        self.broken = broken

    def open(self, run: Run) -> Writer:
        self.told.append(run)
        return self

    def write(self, record: Record) -> None:
        self.told.append(record.name)
        if record.name == self.broken:
            raise OSError(28, "No space left on device")

    def close(self) -> None:
        self.told.append("closed")


def test_a_trace_is_read_back_as_it_was_recorded(tmp_path: Path) -> None:
    with make_tracer(tmp_path) as tracer:
        tracer.log_hparams({"rate": 0.1, "steps": 4, "name": "größe", "tied": True, "halt": None})
        tracer.log_metrics(0, {"loss": 2})
        tracer.log_metrics(5, {"loss": 1.5, "accuracy": 0.25})
        tracer.event("checkpoint", path="step-5.pt", tensors=[1, 2])
    hparams = {"rate": 0.1, "steps": 4, "name": "größe", "tied": True, "halt": None}
    assert read(tmp_path) == Trace(
        records=(
            Record(1.0, "start", 0, START),
            Record(2.0, "hparams", 0, hparams),
            Record(3.0, "metrics", 0, {"loss": 2.0}),
            Record(4.0, "metrics", 5, {"loss": 1.5, "accuracy": 0.25}),
            Record(5.0, "checkpoint", 5, {"path": "step-5.pt", "tensors": [1, 2]}),
            Record(6.0, "end", 5, {"outcome": "completed"}),
        ),
        skipped=(),
    )


def test_a_line_is_a_json_object_in_ascii(tmp_path: Path) -> None:
    with make_tracer(tmp_path) as tracer:
        tracer.event("größe", field="\r\n")
    line = (tmp_path / "toy" / "trace.jsonl").read_text("ascii").split("\n")[1]
    expected = {"time": 2.0, "name": "größe", "step": 0, "fields": {"field": "\r\n"}}
    assert json.loads(line) == expected


def test_a_record_is_on_disk_before_the_next_one_comes(tmp_path: Path) -> None:
    with make_tracer(tmp_path) as tracer:
        assert named(read(tmp_path)) == ["start"]
        tracer.log_metrics(1, {"loss": 1.0})
        assert named(read(tmp_path)) == ["start", "metrics"]


def test_without_a_clock_a_record_bears_the_time_of_day(tmp_path: Path) -> None:
    TrainingTracer(tmp_path, "toy", {}, writers=()).close()
    times = [record.time for record in read(tmp_path).records]
    # Within the hour: no other clock is near it, and setting this one cannot matter.
    assert times == pytest.approx([time.time()] * 2, abs=3600)


def test_a_run_without_a_choice_of_writers_is_traced_to_tensorboard_too(tmp_path: Path) -> None:
    TrainingTracer(tmp_path, "toy", {}).close()
    assert sorted(os.listdir(tmp_path / "toy")) == ["tensorboard", "trace.jsonl"]


def test_a_last_line_cut_anywhere_by_a_kill_is_skipped_and_reported(tmp_path: Path) -> None:
    make_tracer(tmp_path).close()
    path = tmp_path / "toy" / "trace.jsonl"
    whole = path.read_bytes()
    first = whole.index(b"\n") + 1
    for length in range(first + 1, len(whole) - 1):
        path.write_bytes(whole[:length])
        trace = read_trace(path)
        assert named(trace) == ["start"]
        assert [skipped.line for skipped in trace.skipped] == [2]
        assert trace.skipped[0].reason
    # The whole line, without its end, is a record.
    path.write_bytes(whole[:-1])
    assert read_trace(path).skipped == ()


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"[]", "not an object of time, name, step, fields"),
        (b'{"time": 1, "name": "x", "step": 0}', "not an object of time, name, step, fields"),
        (b"", "Expecting value: line 2 column 1 (char 1)"),
        (b'"\xff"', "'utf-8' codec can't decode byte 0xff in position 1: invalid start byte"),
    ],
)
def test_a_foreign_line_is_skipped_with_its_number_and_reason(
    line: bytes, reason: str, tmp_path: Path
) -> None:
    make_tracer(tmp_path).close()
    path = tmp_path / "toy" / "trace.jsonl"
    start, end = path.read_bytes().splitlines()
    path.write_bytes(b"\n".join([start, line, end, b""]))
    trace = read_trace(path)
    assert named(trace) == ["start", "end"]
    assert trace.skipped == (Skipped(2, reason),)


def test_a_resumed_run_adds_to_its_trace_and_begins_its_steps_anew(tmp_path: Path) -> None:
    with make_tracer(tmp_path) as tracer:
        tracer.log_metrics(8, {"loss": 1.0})
    with make_tracer(tmp_path) as tracer:
        tracer.log_metrics(6, {"loss": 1.0})
    trace = read(tmp_path)
    assert named(trace) == ["start", "metrics", "end"] * 2
    assert [record.step for record in trace.records] == [0, 8, 8, 0, 6, 6]
    assert trace.skipped == ()


@pytest.mark.parametrize("left", [1, 2, 20])
def test_a_cut_line_does_not_run_into_the_first_of_the_resumed_run(
    left: int, tmp_path: Path
) -> None:
    path = tmp_path / "toy" / "trace.jsonl"
    path.parent.mkdir()
    path.write_bytes(b'{"time": 1.0, "name": "metrics", '[:left])
    make_tracer(tmp_path).close()
    trace = read_trace(path)
    assert named(trace) == ["start", "end"]
    assert [skipped.line for skipped in trace.skipped] == [1]


@pytest.mark.parametrize(
    ("value", "field"),
    [
        (Run(Path(), "toy", {}), "name"),
        (Record(1.0, "start", 0, {}), "step"),
        (Skipped(1, "cut"), "line"),
        (Trace((), ()), "records"),
    ],
)
def test_what_was_recorded_cannot_be_changed_or_added_to(value: object, field: str) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(value, field, None)
    assert not hasattr(value, "__dict__")


def test_an_exception_is_recorded_and_goes_on(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="loss is nan"), make_tracer(tmp_path):
        raise RuntimeError("loss is nan at step 3")
    assert read(tmp_path).records[-1].fields == {
        "outcome": "failed",
        "error": "RuntimeError",
        "message": "loss is nan at step 3",
    }


def test_an_interrupt_is_recorded_as_how_the_run_ended(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), make_tracer(tmp_path):
        raise KeyboardInterrupt
    assert read(tmp_path).records[-1].fields["error"] == "KeyboardInterrupt"


def test_closing_twice_records_one_end(tmp_path: Path) -> None:
    listener = Listener()
    with make_tracer(tmp_path, [listener.open]) as tracer:
        tracer.close()
    assert named(read(tmp_path)) == ["start", "end"]
    assert listener.told[1:] == ["start", "end", "closed"]


def test_nothing_is_recorded_after_the_end(tmp_path: Path, refusal: Refusal) -> None:
    tracer = make_tracer(tmp_path)
    assert tracer.closed is False
    tracer.close()
    assert tracer.closed is True
    calls: list[Callable[[], object]] = [
        lambda: tracer.log_metrics(1, {"loss": 1.0}),
        lambda: tracer.log_hparams({"rate": 0.1}),
        lambda: tracer.event("checkpoint"),
    ]
    for call in calls:
        assert refusal(call) == "the tracer is closed, so nothing more can be recorded"
    assert named(read(tmp_path)) == ["start", "end"]


def test_a_step_that_goes_backwards_is_refused_and_not_recorded(
    tmp_path: Path, refusal: Refusal
) -> None:
    with make_tracer(tmp_path) as tracer:
        tracer.log_metrics(5, {"loss": 1.0})
        assert refusal(lambda: tracer.log_metrics(4, {"loss": 1.0})) == (
            "step must not go backwards, got 4 after 5"
        )
        tracer.log_metrics(5, {"accuracy": 1.0})
    assert named(read(tmp_path)) == ["start", "metrics", "metrics", "end"]


@pytest.mark.parametrize("step", [-1, 1.0, True])
def test_a_step_that_is_no_whole_number_is_refused(
    step: int, tmp_path: Path, refusal: Refusal
) -> None:
    with make_tracer(tmp_path) as tracer:
        message = refusal(lambda: tracer.log_metrics(step, {"loss": 1.0}))
    assert message == f"step must be a whole number of at least 0, got {step}"


@pytest.mark.parametrize("value", [math.nan, -math.inf])
def test_a_metric_that_is_not_finite_is_refused_by_name_with_all_of_its_step(
    value: float, tmp_path: Path, refusal: Refusal
) -> None:
    with make_tracer(tmp_path) as tracer:
        message = refusal(lambda: tracer.log_metrics(9, {"accuracy": 1.0, "loss": value}))
        tracer.log_metrics(1, {"loss": 1.0})
    assert message == f"loss must be a finite number, got {value}"
    assert [record.step for record in read(tmp_path).records] == [0, 1, 1]


def test_metrics_need_names_and_there_must_be_some(tmp_path: Path, refusal: Refusal) -> None:
    with make_tracer(tmp_path) as tracer:
        assert refusal(lambda: tracer.log_metrics(1, {})) == "metrics must not be empty"
        assert refusal(lambda: tracer.log_metrics(1, {"": 1.0})) == (
            "a name in metrics must be a text that is not empty, got ''"
        )


def test_what_json_cannot_hold_is_refused_by_name(tmp_path: Path, refusal: Refusal) -> None:
    class_error = "Object of type object is not JSON serializable"
    with make_tracer(tmp_path) as tracer:
        assert refusal(lambda: tracer.event("saved", path=object())) == (
            f"path in saved cannot be written as JSON: {class_error}"
        )
        assert refusal(lambda: tracer.event("saved", sizes=[1.0, math.nan])).startswith(
            "sizes in saved cannot be written as JSON: Out of range float"
        )
        assert refusal(lambda: tracer.log_hparams({"rate": math.inf})).startswith(
            "rate in hparams cannot be written as JSON: Out of range float"
        )
    assert named(read(tmp_path)) == ["start", "end"]
    config = {"seed": 1, "model": object()}
    assert refusal(lambda: TrainingTracer(tmp_path, "other", config)) == (
        f"model in config cannot be written as JSON: {class_error}"
    )
    assert not (tmp_path / "other").exists()


def test_hyperparameters_are_flat_and_named(tmp_path: Path, refusal: Refusal) -> None:
    with make_tracer(tmp_path) as tracer:
        assert refusal(lambda: tracer.log_hparams({"model": [8]})) == (  # type: ignore[dict-item]
            "model must be a number, text, bool or None, got [8]"
        )
        assert refusal(lambda: tracer.log_hparams({" ": 8})) == (
            "a name in hparams must be a text that is not empty, got ' '"
        )


@pytest.mark.parametrize("name", ["start", "metrics", "hparams", "end"])
def test_an_event_cannot_take_a_name_of_the_trace_s_own(
    name: str, tmp_path: Path, refusal: Refusal
) -> None:
    with make_tracer(tmp_path) as tracer:
        message = refusal(lambda: tracer.event(name))
    assert message == f"name must not be one of start, metrics, hparams, end, got {name!r}"


def test_an_event_needs_a_name_and_may_have_a_field_called_name(
    tmp_path: Path, refusal: Refusal
) -> None:
    with make_tracer(tmp_path) as tracer:
        assert refusal(lambda: tracer.event("")) == "name must be a text that is not empty, got ''"
        tracer.event("saved", name="best")
    assert read(tmp_path).records[1].fields == {"name": "best"}


@pytest.mark.parametrize("run_name", ["", ".", "..", ".hidden", "-x", "a/b", "a\n", "../toy"])
def test_a_run_name_that_is_no_plain_folder_name_is_refused(
    run_name: str, tmp_path: Path, refusal: Refusal
) -> None:
    assert refusal(lambda: make_tracer(tmp_path, run_name=run_name)) == (
        "run_name must begin with a letter or digit and hold only these and . _ -, "
        f"got {run_name!r}"
    )
    assert list(tmp_path.iterdir()) == []


def test_a_run_is_traced_in_a_folder_of_its_name_however_deep(tmp_path: Path) -> None:
    make_tracer(tmp_path / "runs" / "today", run_name="kd-v1.2_seed3").close()
    assert (tmp_path / "runs" / "today" / "kd-v1.2_seed3" / "trace.jsonl").is_file()


def test_a_config_of_any_mapping_is_recorded(tmp_path: Path) -> None:
    listener = Listener()
    config = MappingProxyType({"seed": 3})
    TrainingTracer(tmp_path, "toy", config, [listener.open]).close()
    assert read(tmp_path).records[0].fields["config"] == {"seed": 3}
    assert listener.told[0] == Run(tmp_path / "toy", "toy", {"seed": 3})


@pytest.mark.parametrize("in_the_way", ["toy", "toy/trace.jsonl/"])
def test_an_unwritable_folder_is_named_before_training_starts(
    in_the_way: str, tmp_path: Path
) -> None:
    if in_the_way.endswith("/"):
        (tmp_path / in_the_way).mkdir(parents=True)
    else:
        (tmp_path / in_the_way).write_text("not a folder")
    listener = Listener()
    with pytest.raises(OSError, match="the trace of the run toy cannot be written: ") as caught:
        make_tracer(tmp_path, [listener.open])
    cause = caught.value.__cause__
    assert isinstance(cause, OSError)
    assert caught.value.filename == str(tmp_path / "toy")
    assert caught.value.errno == cause.errno
    assert str(caught.value).endswith(f"written: {cause.strerror}: {str(tmp_path / 'toy')!r}")
    assert listener.told == []


def test_every_writer_is_told_of_each_record_and_closed(tmp_path: Path) -> None:
    first, second = Listener(), Listener()
    with make_tracer(tmp_path, [first.open, lambda run: None, second.open]) as tracer:
        tracer.log_metrics(1, {"loss": 1.0})
    assert first.told[1:] == ["start", "metrics", "end", "closed"]
    assert second.told == first.told


def test_a_writer_that_cannot_open_closes_those_before_it(tmp_path: Path) -> None:
    listener = Listener()
    with pytest.raises(ZeroDivisionError):
        make_tracer(tmp_path, [listener.open, lambda run: 1 // 0])  # type: ignore[arg-type, return-value]
    assert listener.told[1:] == ["closed"]


@pytest.mark.parametrize("broken", ["start", "end"])
def test_a_writer_that_cannot_write_still_leaves_all_closed(broken: str, tmp_path: Path) -> None:
    bad, good = Listener(broken), Listener()
    with pytest.raises(OSError, match="No space left"):
        make_tracer(tmp_path, [bad.open, good.open]).close()
    assert (bad.told[-1], good.told[-1]) == ("closed", "closed")


def accumulate(folder: Path) -> EventAccumulator:
    accumulator = EventAccumulator(str(folder))
    accumulator.Reload()
    return accumulator


def scalars_of(accumulator: EventAccumulator, name: str) -> list[tuple[float, int, float]]:
    return [(event.wall_time, event.step, event.value) for event in accumulator.Scalars(name)]


def text_of(accumulator: EventAccumulator, name: str) -> tuple[float, int, Any]:
    (event,) = accumulator.Tensors(f"{name}/text_summary")
    return event.wall_time, event.step, json.loads(event.tensor_proto.string_val[0])


def test_tensorboard_reads_back_scalars_and_texts(tmp_path: Path) -> None:
    with make_tracer(tmp_path, [open_tensorboard]) as tracer:
        tracer.log_metrics(3, {"loss": 2.5, "train/accuracy": 0.25})
        tracer.log_metrics(4, {"loss": 1.5})
        tracer.event("checkpoint", path="step-4.pt")
    accumulator = accumulate(tmp_path / "toy" / "tensorboard")
    assert accumulator.Tags()["scalars"] == ["loss", "train/accuracy"]
    assert scalars_of(accumulator, "loss") == [(2.0, 3, 2.5), (3.0, 4, 1.5)]
    assert scalars_of(accumulator, "train/accuracy") == [(2.0, 3, 0.25)]
    assert text_of(accumulator, "start") == (1.0, 0, START)
    assert text_of(accumulator, "checkpoint") == (4.0, 4, {"path": "step-4.pt"})
    assert text_of(accumulator, "end") == (5.0, 4, {"outcome": "completed"})


def test_tensorboard_shows_hyperparameters_as_text_and_in_its_own_table(tmp_path: Path) -> None:
    hparams = {"rate": 0.1, "steps": 4, "name": "toy", "tied": True, "halt": None}
    with make_tracer(tmp_path, [open_tensorboard]) as tracer:
        tracer.log_hparams(hparams)
        tracer.event("checkpoint")
    folder = tmp_path / "toy" / "tensorboard"
    assert text_of(accumulate(folder), "hparams") == (2.0, 0, hparams)
    metadata = accumulate(folder / "hparams").summary_metadata
    assert "_hparams_/session_start_info" in metadata
    assert [path.name for path in folder.iterdir() if path.is_dir()] == ["hparams"]


def test_a_resumed_run_writes_a_second_file_for_tensorboard(tmp_path: Path) -> None:
    for step in (1, 2):
        with make_tracer(tmp_path, [open_tensorboard]) as tracer:
            tracer.log_metrics(step, {"loss": step})
    # One by one: files of the same second are not told apart by their order.
    files = (tmp_path / "toy" / "tensorboard").iterdir()
    scalars = sorted(scalars_of(accumulate(file), "loss") for file in files)
    assert scalars == [[(2.0, 1, 1.0)], [(2.0, 2, 2.0)]]


class FakeWandb:
    """The little of W&B that is used here, with W&B's own parameter names."""

    def __init__(self) -> None:
        self.told: list[tuple[str, Any]] = []
        self.config = SimpleNamespace(update=lambda values: self.told.append(("config", values)))

    def init(self, *, name: str, config: dict[str, Any], dir: str) -> FakeWandb:  # noqa: A002 - W&B's
        self.told.append(("init", (name, config, dir)))
        return self

    def log(self, metrics: dict[str, Any], *, step: int) -> None:
        self.told.append(("log", (metrics, step)))

    def finish(self, *, exit_code: int) -> None:
        self.told.append(("finish", exit_code))


@pytest.fixture
def fake_wandb(monkeypatch: pytest.MonkeyPatch) -> FakeWandb:
    fake = FakeWandb()
    monkeypatch.setitem(sys.modules, "wandb", fake)  # type: ignore[arg-type]
    return fake


def test_an_installed_wandb_is_sent_config_metrics_and_outcome(
    tmp_path: Path, fake_wandb: FakeWandb
) -> None:
    with make_tracer(tmp_path, [open_wandb]) as tracer:
        tracer.log_hparams({"rate": 0.1})
        tracer.log_metrics(3, {"loss": 2.5})
        tracer.event("checkpoint", error="none")
    assert fake_wandb.told == [
        ("init", ("toy", CONFIG, str(tmp_path / "toy"))),
        ("config", {"rate": 0.1}),
        ("log", ({"loss": 2.5}, 3)),
        ("finish", 0),
    ]


def test_wandb_learns_that_a_run_failed(tmp_path: Path, fake_wandb: FakeWandb) -> None:
    with pytest.raises(RuntimeError), make_tracer(tmp_path, [open_wandb]):
        raise RuntimeError
    assert fake_wandb.told[-1] == ("finish", 1)


def test_wandb_takes_a_run_that_never_began_for_failed(
    tmp_path: Path, fake_wandb: FakeWandb
) -> None:
    with pytest.raises(OSError, match="No space left"):
        make_tracer(tmp_path, [open_wandb, Listener("start").open])
    assert fake_wandb.told[-1] == ("finish", 1)


def test_an_absent_wandb_costs_one_message_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "wandb", None)
    with caplog.at_level(logging.INFO), make_tracer(tmp_path, [open_wandb]) as tracer:
        tracer.log_metrics(1, {"loss": 1.0})
    assert named(read(tmp_path)) == ["start", "metrics", "end"]
    (entry,) = caplog.records
    assert entry.name == "training.tracing"
    assert entry.getMessage().startswith("the run toy is not sent to W&B: ")
    assert "wandb" in entry.getMessage()
