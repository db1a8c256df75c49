from __future__ import annotations

import copy
import dataclasses
import logging
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
import torch._dynamo
from tokenizers import Tokenizer

from training import distill_process as module
from training.batches import example_order
from training.config import OptimizerSettings
from training.dataset import EOS_ID, KDDataset, Row, collate_kd_batch, load_tokenizer, write_jsonl
from training.distill_process import (
    GenerationSettings,
    ProcessDistillSettings,
    ProcessScores,
    ProcessTask,
    distill_process,
    evaluate_process,
    generate_text,
    process_distill_loss,
)
from training.gqa_transformer import ModelConfig, StudentLM, build_student
from training.losses import kl_divergence
from training.masking import masked_cross_entropy
from training.optimization import create_optimizer, learning_rate
from training.process_losses import (
    ProcessSettings,
    json_validity_score,
    process_supervision_loss,
)

# torch's optimizers load torch._dynamo, above, at first use: a second that no test is to pay for. The
# tokenizer is trained once a process, here: before processes are forked for single tests.
load_tokenizer(300)
SCHEMA = {"add": {"n": "int"}, "get": {"city": "str"}}
ADD = '{"tool": "add", "arguments": {"n": 3}}'
GET = '{"tool": "get", "arguments": {"city": "Rome"}}'
# A completion for each tool: no student has to tell two values apart, for which some need far more steps.
ROWS = (Row("add 3", ADD), Row("Rome?", GET), Row("plus 3", ADD), Row("Roma?", GET))
MODEL = ModelConfig(
    vocabulary_size=300,
    width=24,
    layers=1,
    heads=2,
    kv_heads=1,
    feed_forward_width=48,
    max_positions=40,
)
PERFECT = ProcessScores(1.0, 1.0, 1.0)
TERMS = ("json_validity", "tool_name", "argument")
SHORT = GenerationSettings(temperature=0.0, max_new_tokens=3, eos_id=None)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Tensors this small only lose by more."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return load_tokenizer(MODEL.vocabulary_size)


@pytest.fixture(scope="module")
def examples(tokenizer, tmp_path_factory) -> KDDataset:
    path = tmp_path_factory.mktemp("rows") / "rows.jsonl"
    return make_examples(path, tokenizer, ROWS)


@pytest.fixture
def task(tokenizer, examples) -> ProcessTask:
    return ProcessTask(examples, tokenizer, SCHEMA)


@pytest.fixture(scope="module")
def right(tokenizer, examples) -> StudentLM:
    """A student that writes each of the rows.

    Each right token leads the next likeliest by 4.3 nats at least, with any of eight seeds and under each
    instruction set: other kernels add up in another order, which changes no token.
    """
    torch.set_num_threads(1)
    student = build_student(MODEL, 1)
    settings = make_settings(steps=60, ce_weight=1.0, rate=0.03)
    distill_process(student, ProcessTask(examples, tokenizer, SCHEMA), settings)
    return student


@pytest.fixture
def teacher() -> StudentLM:
    """Any student that is sure of what it says: its weights are large."""
    teacher = build_student(MODEL, 3)
    with torch.no_grad():
        for weight in teacher.parameters():
            weight.mul_(5)
    return teacher


def make_examples(path: Path, tokenizer: Tokenizer, rows: Sequence[Row]) -> KDDataset:
    write_jsonl(path, rows, tokenizer)
    return KDDataset(path, tokenizer, MODEL.max_positions)


def make_settings(rate: float = 0.01, **changes: Any) -> ProcessDistillSettings:
    optimizer = OptimizerSettings(learning_rate=rate)
    return ProcessDistillSettings(
        **({"steps": 2, "batch_size": 4, "optimizer": optimizer} | changes)
    )


def first_batch(examples: KDDataset) -> dict[str, torch.Tensor]:
    return collate_kd_batch([examples[index] for index in range(len(examples))])


def test_the_losses_fall_and_the_scores_of_what_is_written_rise(task, right):
    student = build_student(MODEL, 2)
    taught = dataclasses.replace(task, teacher=right)
    settings = make_settings(steps=75, kl_weight=1.0, rate=0.03)
    before = evaluate_process(student, ROWS, task, settings)
    history = distill_process(student, taught, settings)
    # With any of four seeds and three teachers, right tokens lead by 4.1 nats and losses fall to a fiftieth.
    after = evaluate_process(student, ROWS, task, settings)
    assert before.json_validity_score < 0.7
    assert (before.tool_selection_score, before.argument_score) == (0, 0)
    assert after == PERFECT
    for name in (*TERMS, "kl", "loss"):
        assert history[-1][name] < history[0][name] / 5


def test_a_student_whose_weights_are_right_stays_right(task, right):
    student = copy.deepcopy(right)
    settings = make_settings(steps=12, batch_size=2, rate=1e-3, evaluate_every=4)
    assert evaluate_process(student, ROWS, task, settings) == PERFECT
    history = distill_process(student, dataclasses.replace(task, held_out=ROWS), settings)
    scores = [metrics for metrics in history if "held_out_argument_score" in metrics]
    assert len(scores) == 3
    for metrics in scores:
        assert {name: metrics[f"held_out_{name}"] for name in PERFECT._fields} == PERFECT._asdict()
    assert max(metrics["loss"] for metrics in history) < 0.5
    assert evaluate_process(student, ROWS, task, settings) == PERFECT


def test_a_student_that_is_its_teacher_has_no_divergence_to_lose(task, teacher):
    taught, settings = dataclasses.replace(task, teacher=teacher), make_settings()
    student, batch = copy.deepcopy(teacher), first_batch(task.examples)
    terms = process_distill_loss(student, batch, taught, settings)
    assert terms["kl"].item() == pytest.approx(0, abs=1e-6)


def test_a_step_is_one_of_adamw_on_the_weighed_terms_of_its_batch(task, teacher, tokenizer):
    optimizer = OptimizerSettings(
        learning_rate=0.01, warmup_steps=2, weight_decay=0.1, max_gradient_norm=0.3
    )
    process = ProcessSettings(json_validity_weight=0.5, tool_name_weight=1.0, argument_weight=2.0)
    settings = make_settings(
        steps=5,
        batch_size=3,
        seed=5,
        kl_weight=0.7,
        temperature=1.5,
        ce_weight=0.2,
        optimizer=optimizer,
        process=process,
    )
    student, reference = build_student(MODEL, 2), build_student(MODEL, 2)
    history = distill_process(student, dataclasses.replace(task, teacher=teacher), settings)
    adamw = create_optimizer(reference, optimizer)
    wanted = []
    for step in range(1, 6):
        places = example_order(4, 5, 3 * (step - 1), 3)
        batch = collate_kd_batch([task.examples[place] for place in places])
        labels, inputs = batch["labels"], (batch["input_ids"], batch["attention_mask"])
        logits, counted = reference(*inputs).logits, batch["labels"] != -100
        terms = process_supervision_loss(logits, labels, tokenizer, SCHEMA, process)
        loss = terms.pop("total")
        terms["kl"] = kl_divergence(logits, teacher(*inputs).logits, 1.5, counted)
        terms["ce"] = masked_cross_entropy(logits, labels)
        loss = loss + 0.7 * terms["kl"] + 0.2 * terms["ce"]
        adamw.zero_grad()
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(reference.parameters(), 0.3)
        rate = learning_rate(step, optimizer, 5)
        for group in adamw.param_groups:
            group["lr"] = rate
        adamw.step()
        wanted.append(
            {"loss": loss.item(), "gradient_norm": norm.item(), "learning_rate": rate}
            | {name: term.item() for name, term in terms.items()}
        )
    assert history == wanted
    torch.testing.assert_close(student.state_dict(), reference.state_dict(), rtol=0, atol=0)


def test_without_a_teacher_only_the_process_is_supervised(task, tokenizer):
    student, batch = build_student(MODEL, 2), first_batch(task.examples)
    terms = process_distill_loss(student, batch, task, make_settings())
    logits = student(batch["input_ids"], batch["attention_mask"]).logits
    wanted = process_supervision_loss(logits, batch["labels"], tokenizer, SCHEMA, ProcessSettings())
    assert terms == wanted
    assert set(terms) == {*TERMS, "total"}


def test_a_teacher_that_weighs_nothing_is_not_asked(task):
    teacher, asked = build_student(MODEL, 1), []
    teacher.register_forward_pre_hook(lambda *_: asked.append(1))
    taught, batch = dataclasses.replace(task, teacher=teacher), first_batch(task.examples)
    terms = process_distill_loss(
        build_student(MODEL, 2), batch, taught, make_settings(kl_weight=0.0)
    )
    assert "kl" not in terms
    assert not asked


def test_what_the_mask_leaves_out_reaches_no_term(task, teacher):
    taught, settings = dataclasses.replace(task, teacher=teacher), make_settings(ce_weight=1.0)
    student, whole = build_student(MODEL, 2), first_batch(task.examples)
    half = {name: entry[:2] for name, entry in whole.items()}
    whole["attention_mask"][2:] = False
    terms = process_distill_loss(student, whole, taught, settings)
    wanted = process_distill_loss(student, half, taught, settings)
    torch.testing.assert_close(terms, wanted)


def test_a_student_learns_in_training_mode_and_is_left_in_evaluation_mode(task):
    teacher, student = build_student(MODEL, 1), build_student(MODEL, 2).eval()
    modes: dict[str, list[bool]] = {"teacher": [], "student": []}
    teacher.register_forward_pre_hook(lambda read, _: modes["teacher"].append(read.training))
    student.register_forward_pre_hook(lambda read, _: modes["student"].append(read.training))
    taught = dataclasses.replace(task, teacher=teacher, held_out=ROWS[:1])
    settings = make_settings(steps=2, evaluate_every=1, generation=SHORT)
    kept, state = copy.deepcopy(teacher.state_dict()), torch.get_rng_state()
    distill_process(student, taught, settings)
    assert modes == {"teacher": [False] * 2, "student": [True, False, False, False] * 2}
    assert not student.training
    assert all(weight.grad is None for weight in teacher.parameters())
    torch.testing.assert_close(teacher.state_dict(), kept, rtol=0, atol=0)
    assert torch.equal(torch.get_rng_state(), state)


def test_held_out_prompts_are_written_on_every_so_many_steps_and_after_the_last(task):
    held = dataclasses.replace(task, held_out=ROWS[:1])
    settings = make_settings(steps=5, evaluate_every=2, generation=SHORT)
    history = distill_process(build_student(MODEL, 2), held, settings)
    evaluated = [step for step, metrics in enumerate(history, 1) if len(metrics) > 6]
    assert evaluated == [2, 4, 5]
    added = history[1].keys() - history[0].keys()
    assert added == {f"held_out_{name}" for name in ProcessScores._fields}


def test_scores_are_the_means_over_what_is_written(task, right, tokenizer):
    # The last prompt is not for the tool that its row calls.
    rows = [*ROWS, Row("add 3", ROWS[1].completion)]
    # Room for a whole addition, not for a city.
    room = GenerationSettings(temperature=0.0, max_new_tokens=18)
    settings = make_settings(batch_size=2, generation=room)
    cut = [tokenizer.decode(tokenizer.encode(row.completion).ids[:18]) for row in ROWS]
    assert [text == row.completion for text, row in zip(cut, ROWS, strict=True)] == [
        True,
        False,
    ] * 2
    validity = (3 + json_validity_score(cut[1]).value + json_validity_score(cut[3]).value) / 5
    found = evaluate_process(right, rows, task, settings)
    assert found == pytest.approx(ProcessScores(validity, 2 / 5, 3 / 5))


def test_settings_that_sample_draw_the_same_in_each_evaluation(task, teacher, tokenizer):
    sampled = GenerationSettings(temperature=1.3, top_k=3, max_new_tokens=16)
    settings = make_settings(batch_size=3, seed=4, generation=sampled)
    rows, state = [*ROWS, *ROWS], torch.get_rng_state()
    found = evaluate_process(teacher, rows, task, settings)
    assert torch.equal(torch.get_rng_state(), state)
    generator, texts = torch.Generator().manual_seed(4), []
    for start in (0, 3, 6):
        prompts = [row.prompt for row in rows[start : start + 3]]
        texts += generate_text(teacher, tokenizer, prompts, sampled, generator)
    wanted = sum(json_validity_score(text).value for text in texts) / 8
    assert found.json_validity_score == pytest.approx(wanted, rel=1e-12)
    assert evaluate_process(teacher, rows, task, settings) == found
    assert evaluate_process(teacher, rows, task, dataclasses.replace(settings, seed=5)) != found


def test_each_step_is_logged(task, caplog):
    with caplog.at_level(logging.INFO, logger=module.__name__):
        history = distill_process(build_student(MODEL, 2), task, make_settings(rate=0.0123))
    assert len(caplog.messages) == 2
    assert caplog.messages[0].startswith(f"step 1 of 2: loss {history[0]['loss']:.4g}, ")
    assert caplog.messages[1].startswith(f"step 2 of 2: loss {history[1]['loss']:.4g}, ")
    assert f", gradient_norm {history[1]['gradient_norm']:.4g}, " in caplog.messages[1]


def failing(model: StudentLM, factor: float) -> None:
    """Make the logits of the model's second pass that many times as large."""
    passes = []

    def enlarge(_: object, __: object, output: Any) -> Any:
        passes.append(1)
        return output._replace(logits=output.logits * factor) if len(passes) == 2 else output

    model.register_forward_hook(enlarge)


@pytest.mark.parametrize(
    ("factor", "changes", "error", "message"),
    [
        (1e38, {"ce_weight": 1e3}, FloatingPointError, "step 2: the loss is inf"),
        (
            1e20,
            {"ce_weight": 1.0},
            FloatingPointError,
            "step 2: the norm of the gradient is inf",
        ),
        (
            math.nan,
            {},
            ValueError,
            "step 2: logits must be finite at every position that counts",
        ),
    ],
)
def test_what_is_not_finite_stops_with_the_step_named_and_the_weights_of_the_step_before(
    task, factor, changes, error, message
):
    student, reference = build_student(MODEL, 2), build_student(MODEL, 2)
    distill_process(reference, task, make_settings(steps=1, **changes))
    failing(student, factor)
    with pytest.raises(error) as caught:
        distill_process(student, task, make_settings(steps=9, **changes))
    assert str(caught.value) == message
    assert type(caught.value.__cause__) is error


def test_logits_that_only_the_labels_see_are_named_when_they_are_not_finite(task, refusal):
    student, batch = build_student(MODEL, 2), first_batch(task.examples)
    end = batch["labels"] == EOS_ID

    def lose(_: object, __: object, output: Any) -> Any:
        return output._replace(logits=output.logits.masked_fill(end[..., None], math.nan))

    student.register_forward_hook(lose)
    assert process_distill_loss(student, batch, task, make_settings())["total"].isfinite()
    message = refusal(
        lambda: process_distill_loss(student, batch, task, make_settings(ce_weight=1.0))
    )
    assert message == "logits must be finite at every position that counts"


def test_a_weight_that_an_update_makes_infinite_stops_with_the_step_named(task):
    student = build_student(MODEL, 2)
    with torch.no_grad():
        student.embedding.weight.mul_(100)
    optimizer = OptimizerSettings(learning_rate=1e30, weight_decay=3e8)
    with pytest.raises(FloatingPointError) as caught:
        distill_process(student, task, make_settings(optimizer=optimizer))
    assert str(caught.value) == "step 1: embedding.weight is not finite after the update"


def test_a_teacher_that_is_not_finite_is_named_with_the_step(task, refusal):
    teacher = build_student(MODEL, 1)
    failing(teacher, math.nan)
    taught = dataclasses.replace(task, teacher=teacher)
    message = refusal(lambda: distill_process(build_student(MODEL, 2), taught, make_settings()))
    assert message == "step 2: teacher_logits must be finite at every position that counts"


BAD_ROWS = [
    (Row("hi", "hello"), "0 tool calls, expected 1"),
    (Row("hi", ROWS[0].completion * 2), "2 tool calls, expected 1"),
    (Row("hi", '{"tool": "zip", "arguments": {}}'), "unknown tool 'zip'"),
    (Row("hi", '{"tool": "add", "arguments": {"n": "3"}}'), 'n must be int, got "3"'),
]


@pytest.mark.parametrize(("row", "reason"), BAD_ROWS)
def test_rows_without_one_fitting_call_are_refused(refusal, tokenizer, task, tmp_path, row, reason):
    rest = (
        f"[1].completion must hold one tool call that fits schema, got {row.completion!r}: {reason}"
    )
    rows = [ROWS[0], row]
    bad = make_examples(tmp_path / "bad.jsonl", tokenizer, rows)
    assert refusal(lambda: ProcessTask(bad, tokenizer, SCHEMA)) == "examples" + rest
    found = refusal(lambda: ProcessTask(task.examples, tokenizer, SCHEMA, rows))
    assert found == "held_out" + rest
    student = build_student(MODEL, 2)
    found = refusal(lambda: evaluate_process(student, rows, task, make_settings()))
    assert found == "rows" + rest


def test_no_row_has_no_scores(refusal, task):
    message = refusal(lambda: evaluate_process(build_student(MODEL, 2), [], task, make_settings()))
    assert message == "rows must hold at least one row, got none"


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"steps": 0}, "steps must be a whole number of at least 1, got 0"),
        ({"batch_size": 0}, "batch_size must be a whole number of at least 1, got 0"),
        ({"seed": -1}, f"seed must be a whole number from 0 to {2**64 - 1}, got -1"),
        ({"seed": 2**64}, f"seed must be a whole number from 0 to {2**64 - 1}, got {2**64}"),
        ({"kl_weight": -1.0}, "kl_weight must be a finite number from 0 to inf, got -1.0"),
        ({"temperature": 0.0}, "temperature must be a finite number above 0, got 0.0"),
        ({"ce_weight": -1.0}, "ce_weight must be a finite number from 0 to inf, got -1.0"),
        ({"evaluate_every": 0}, "evaluate_every must be a whole number of at least 1, got 0"),
        (
            {"steps": 3, "optimizer": OptimizerSettings(warmup_steps=4)},
            "optimizer.warmup_steps must be a whole number from 0 to 3, got 4",
        ),
    ],
)
def test_settings_out_of_range_are_refused(refusal, changes, wanted):
    assert refusal(lambda: ProcessDistillSettings(**changes)) == wanted


def test_settings_at_the_ends_of_their_ranges_are_taken():
    settings = ProcessDistillSettings(
        steps=1,
        batch_size=1,
        seed=2**64 - 1,
        kl_weight=0.0,
        ce_weight=0.0,
        evaluate_every=1,
        optimizer=OptimizerSettings(warmup_steps=1),
    )
    assert settings.seed == 2**64 - 1
    assert ProcessDistillSettings(seed=0).seed == 0


def test_settings_that_are_not_given_weigh_no_labels_and_write_the_likeliest():
    settings = ProcessDistillSettings()
    assert dataclasses.astuple(settings)[:7] == (100, 8, 0, 0.5, 2.0, 0.0, 50)
    assert settings.optimizer == OptimizerSettings()
    assert settings.process == ProcessSettings()
    assert settings.generation == GenerationSettings(temperature=0.0)


def test_settings_and_tasks_are_records_of_a_fixed_shape(task):
    for record, name in ((ProcessDistillSettings(), "steps"), (task, "teacher")):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(record, name, None)
        assert not hasattr(record, "__dict__")
