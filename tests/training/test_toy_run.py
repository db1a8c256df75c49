from __future__ import annotations

import contextlib
import json
import logging
import os
import pickle
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import torch
import torch._dynamo
from torch import nn

from training import toy_run as module
from training.checkpoints import checkpoint_path, checkpoint_paths
from training.comparison import Scores
from training.dataset import load_tokenizer
from training.distill_kd import load_student
from training.export_student import load_student as load_program
from training.generation import GenerationSettings, generate_text
from training.gqa_transformer import ModelConfig, StudentLM, build_student
from training.jsonl import Row, split_rows
from training.quant_qat_int8 import dequantize_int8
from training.toy_rows import RowCounts, ToyRows, make_toy_rows
from training.toy_run import ToySettings, run_toy, second_process, single_thread

# torch's optimizers load torch._dynamo, above, at first use: a second that no test is to pay for.
SEED = 3
NAMES = ["teacher", "distilled", "quantised", "alone"]
# The teacher gets far enough to write calls that fit their tool, not to be right. The steps of the
# quantised student are so small that it shows where it began.
SMALL = ToySettings(
    rows=RowCounts(teacher=8, labelled=3, unlabelled=60, validation=4, held_out=5),
    teacher_width=16,
    student_width=8,
    layers=1,
    steps=70,
    learning_rate=0.03,
    quantised_steps=2,
    quantised_learning_rate=1e-12,
    batch_size=4,
    # Alone, the student is better by 0.28 nats at step 40 than at the last one, and the teacher completes
    # prompts: other kernels change the third decimal of these losses.
    evaluate_every=40,
)


class InPlace(Executor):
    """Computes at once, and in this process, with copies such as another one would get."""

    def submit(
        self, task: Callable[..., Any], /, *arguments: object, **named: object
    ) -> Future[Any]:
        task, arguments = pickle.loads(pickle.dumps((task, arguments)))
        done: Future[Any] = Future()
        done.set_result(pickle.loads(pickle.dumps(task(*arguments, **named))))
        return done


def test_a_run_goes_from_rows_to_an_exported_student(tmp_path, caplog, monkeypatch):
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(module, "second_process", InPlace)
    output = tmp_path / "runs" / "one"
    scores = run_toy(SMALL, SEED, output)
    assert sorted(path.name for path in output.iterdir()) == sorted(
        [*NAMES, "comparison.json", "data", "student-int8.pt", "student.pt2"]
    )
    assert json.loads((output / "comparison.json").read_text()) == {
        "seed": SEED,
        "settings": asdict(SMALL),
        "scores": {name: asdict(score) for name, score in scores.items()},
    }
    counts = check_rows(output / "data", make_toy_rows(SMALL.rows, SEED))
    check_manifests(output)
    check_scores(output, scores)
    check_exports(output)
    *messages, parity = (each for each in caplog.messages if not each.startswith("step "))
    assert messages == [
        "alone: learns in a second process",
        "alone: learns from 3 rows",
        "teacher: learns from 8 rows",
        f"the teacher completed {counts['distilled'] - 3} of 60 prompts",
        f"distilled: learns from {counts['distilled']} rows",
        f"quantised: learns from {counts['distilled']} rows",
    ]
    # An exported program need not add up in the order of the student.
    start, _, difference = parity.rpartition(" ")
    assert start == "student.pt2: differs from the student by at most"
    assert 0 <= float(difference) < 1e-4


def check_rows(folder: Path, rows: ToyRows) -> dict[str, int]:
    """See that everyone read what it is to read; return how many rows that were."""
    found = {path.stem: list(split_rows(path).good.values()) for path in folder.iterdir()}
    completed = found["distilled"][3:]
    assert found == {
        "teacher": rows.teacher,
        "alone": rows.labelled,
        "distilled": rows.labelled + completed,
        "validation": rows.validation,
        "held_out": rows.held_out,
    }
    assert {row.prompt for row in completed} <= set(rows.unlabelled)
    assert completed != []
    return {name: len(group) for name, group in found.items()}


def check_manifests(output: Path) -> None:
    manifests = {name: read_manifest(output, name) for name in NAMES}
    configs = {name: manifest["config"] for name, manifest in manifests.items()}
    assert {manifest["status"] for manifest in manifests.values()} == {"completed"}
    assert {manifest["seed"] for manifest in manifests.values()} == {SEED}
    assert configs["distilled"] == configs["alone"]
    assert configs["teacher"]["model"] == asdict(
        ModelConfig(512, 16, 1, 4, 2, 32, 96, rope_base=100.0, initial_deviation=0.1)
    )
    assert configs["alone"]["model"] == configs["teacher"]["model"] | {
        "width": 8,
        "feed_forward_width": 16,
    }
    assert configs["teacher"] | {"model": configs["alone"]["model"]} == configs["alone"]
    training, optimizer = configs["alone"]["training"], configs["alone"]["optimizer"]
    assert (training["steps"], training["batch_size"]) == (70, 4)
    assert (training["log_every"], training["evaluate_every"]) == (40, 40)
    assert (optimizer["learning_rate"], optimizer["final_share"]) == (0.03, 0.05)
    assert optimizer["warmup_steps"] == 2
    assert configs["alone"]["qat"] == {"start_step": None}
    quantised = configs["quantised"]
    assert quantised["model"] == configs["alone"]["model"]
    assert quantised["training"] == training | {"steps": 2}
    assert quantised["optimizer"] == optimizer | {
        "learning_rate": 1e-12,
        "final_share": 0.1,
        "warmup_steps": 0,
    }
    assert quantised["qat"] == {"start_step": 1}
    taught = [name for name in NAMES if "kl" in manifests[name]["metrics"][0]]
    assert taught == ["distilled", "quantised"]


def check_scores(output: Path, scores: Mapping[str, Scores]) -> None:
    rows = list(split_rows(output / "data" / "held_out.jsonl").good.values())
    assert list(scores) == NAMES
    best_steps = {}
    for name, score in scores.items():
        folder = output / name / "checkpoints"
        best = checkpoint_path(folder, int(read_manifest(output, name)["best"]["step"]))
        weights = {best, checkpoint_paths(folder)[0]} if name != "quantised" else {best}
        students = [load_student(path) for path in weights]
        best_steps[name] = len(weights)
        assert score.loss == pytest.approx(min(loss(student, rows) for student in students))
        assert score.exact_match == max(matches(student, rows) for student in students)
    assert best_steps["alone"] == 2


def loss(student: StudentLM, rows: list[Row]) -> float:
    """Compute the mean cross-entropy of the completions' tokens, row by row."""
    tokenizer, entropy, tokens = load_tokenizer(512), 0.0, 0
    for row in rows:
        prompt = tokenizer.encode(row.prompt).ids
        completion = [*tokenizer.encode(row.completion).ids, 2]
        logits = student(torch.tensor([[1, *prompt, *completion[:-1]]])).logits[0, len(prompt) :]
        entropy += nn.functional.cross_entropy(
            logits, torch.tensor(completion), reduction="sum"
        ).item()
        tokens += len(completion)
    return entropy / tokens


def matches(student: StudentLM, rows: list[Row]) -> float:
    settings = GenerationSettings(top_k=1)
    prompts = [row.prompt for row in rows]
    texts = generate_text(student, load_tokenizer(512), prompts, settings)
    return sum(text == row.completion for text, row in zip(texts, rows, strict=True)) / len(rows)


def check_exports(output: Path) -> None:
    quantised = best_student(output, "quantised")
    tokens = torch.arange(3, 33).reshape(2, 15)
    mask = torch.ones_like(tokens, dtype=torch.bool)
    (logits,) = load_program(output / "student.pt2")(tokens, mask)
    assert torch.allclose(logits, quantised(tokens).logits, atol=1e-5)
    distilled = best_student(output, "distilled")
    assert not torch.allclose(logits, distilled(tokens).logits, atol=1e-5)
    # Its weights are those of the distilled one, but for the rounding.
    for name, weight in distilled.named_parameters():
        assert torch.allclose(quantised.get_parameter(name), weight, atol=1e-6)
    exported = torch.load(output / "student-int8.pt", weights_only=True)
    assert exported["blocks.0.attention.query.weight"].dtype == torch.int8
    rounded = build_student(distilled.config, 0)
    rounded.load_state_dict(dequantize_int8(exported))
    assert largest_gap(rounded, distilled) == pytest.approx(largest_rounding(exported), rel=0.2)


def largest_gap(one: nn.Module, other: nn.Module) -> float:
    return max(
        (weight - other.get_parameter(name)).abs().max().item()
        for name, weight in one.named_parameters()
    )


def largest_rounding(exported: Mapping[str, torch.Tensor]) -> float:
    """Half of the largest step between two int8 weights."""
    scales = [value for name, value in exported.items() if name.endswith(".weight_scale")]
    return max(scale.max().item() for scale in scales) / 2


def best_student(output: Path, name: str) -> StudentLM:
    step = int(read_manifest(output, name)["best"]["step"])
    return load_student(checkpoint_path(output / name / "checkpoints", step))


def read_manifest(output: Path, name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((output / name / "manifest.json").read_text())
    return document


def test_a_folder_that_holds_something_is_left_alone(tmp_path, refusal):
    (tmp_path / "notes.txt").write_text("mine")
    message = f"output must be a new or an empty folder, got {tmp_path}"
    assert refusal(lambda: run_toy(SMALL, SEED, tmp_path)) == message
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_an_empty_folder_is_not_the_reason_to_refuse(tmp_path, refusal):
    message = "seed must be a whole number of at least 0, got -1"
    assert refusal(lambda: run_toy(SMALL, -1, tmp_path)) == message


@pytest.mark.parametrize(
    "name", ["layers", "steps", "quantised_steps", "batch_size", "evaluate_every"]
)
def test_whole_settings_are_at_least_one(refusal, name):
    ToySettings(**{name: 1})
    message = f"{name} must be a whole number of at least 1, got 0"
    assert refusal(lambda: ToySettings(**{name: 0})) == message


@pytest.mark.parametrize("name", ["learning_rate", "quantised_learning_rate"])
def test_a_learning_rate_is_above_0(refusal, name):
    message = f"{name} must be a finite number above 0, got 0.0"
    assert refusal(lambda: ToySettings(**{name: 0.0})) == message


@pytest.mark.parametrize("name", ["teacher_width", "student_width"])
@pytest.mark.parametrize("width", [0, -8, 7, 12])
def test_a_width_has_room_for_all_heads(refusal, name, width):
    ToySettings(**{name: 8})
    message = f"{name} must be a multiple of 8, got {width}"
    assert refusal(lambda: ToySettings(**{name: width})) == message


@pytest.mark.parametrize(
    ("settings", "seed", "message"),
    [
        (SMALL, -1, "seed must be a whole number of at least 0, got -1"),
        (
            ToySettings(rows=RowCounts(held_out=400)),
            0,
            "count must leave weather at most the 101 rows that it has for held-out, got 480",
        ),
    ],
)
def test_nothing_is_written_before_all_rows_are_drawn(tmp_path, refusal, settings, seed, message):
    output = tmp_path / "run"
    assert refusal(lambda: run_toy(settings, seed, output)) == message
    assert not output.exists()


def test_the_second_process_is_another_one_and_computes_in_one_thread():
    with second_process() as second:
        other, threads = second.submit(os.getpid), second.submit(torch.get_num_threads)
        assert other.result() != os.getpid()
        assert threads.result() == 1


def test_one_thread_computes_and_afterwards_as_many_as_before():
    before, inside = torch.get_num_threads(), []
    torch.set_num_threads(3)
    try:
        with contextlib.suppress(KeyError), single_thread():
            inside.append(torch.get_num_threads())
            raise KeyError
        assert (inside, torch.get_num_threads()) == ([1], 3)
    finally:
        torch.set_num_threads(before)
