from __future__ import annotations

import copy
import dataclasses
import logging
import math

import pytest
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from training import distill_tool_select
from training.distill_tool_select import (
    ToolRow,
    ToolSelectMetrics,
    ToolSelectSettings,
    ToolTrie,
    distill_tool_selection,
    evaluate_tool_selection,
    select_tools,
    tool_log_probabilities,
    tool_select_loss,
)
from training.gqa_transformer import ModelConfig, StudentLM, build_student

TOOLS = ("get", "get_all", "search", "z")
CONFIG = ModelConfig(
    vocabulary_size=270,
    width=8,
    layers=1,
    heads=2,
    kv_heads=1,
    feed_forward_width=16,
    max_positions=8,
)


@pytest.fixture(scope="session")
def tokenizer() -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=270,
        special_tokens=["<pad>", "<eos>"],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(['"get", "search", "get_all", '] * 2, trainer)
    return tokenizer


def a_teacher() -> StudentLM:
    """A model with decided opinions."""
    teacher = build_student(CONFIG, 28)
    with torch.no_grad():
        teacher.embedding.weight.mul_(40)
    return teacher


def rows_of(trie: ToolTrie, teacher: StudentLM, count: int = 12) -> list[ToolRow]:
    """Prompts of one to three tokens, each with the tool that the teacher takes."""
    prompts = [[2 + index, 40, 60][: 1 + index % 3] for index in range(count)]
    chosen = select_tools(teacher, trie, prompts)
    return [
        ToolRow(tuple(prompt), choice.tool) for prompt, choice in zip(prompts, chosen, strict=True)
    ]


def seeded(*shape: int, seed: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return 2 * torch.randn(shape, generator=generator, dtype=torch.float64)


def softened(row: list[float], temperature: float) -> list[float]:
    weights = [value ** (1 / temperature) for value in row]
    return [weight / sum(weights) for weight in weights]


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_the_loss_is_the_mean_divergence_of_the_softened_distributions_times_t_squared(
    temperature,
):
    logits, teacher = seeded(3, 4, seed=1), seeded(3, 4, seed=2).softmax(dim=1)
    total = 0.0
    for row, teacher_row in zip(logits.tolist(), teacher.tolist(), strict=True):
        q = softened([math.exp(logit) for logit in row], temperature)
        p = softened(teacher_row, temperature)
        total += sum(a * math.log(a / b) for a, b in zip(p, q, strict=True))
    loss = tool_select_loss(logits, teacher, temperature)
    assert loss.item() == pytest.approx(temperature**2 * total / 3, rel=1e-12)


def test_the_loss_takes_temperature_one_when_none_is_given():
    logits, teacher = seeded(3, 4, seed=1), seeded(3, 4, seed=2).softmax(dim=1)
    assert torch.equal(tool_select_loss(logits, teacher), tool_select_loss(logits, teacher, 1.0))


def test_the_loss_is_zero_for_log_probabilities_of_the_teacher():
    teacher = seeded(3, 4, seed=2).softmax(dim=1)
    for temperature in (1.0, 4.0):
        loss = tool_select_loss(teacher.log(), teacher, temperature)
        assert loss.item() == pytest.approx(0, abs=1e-12)


def test_a_tool_that_the_teacher_rules_out_adds_nothing():
    teacher = torch.tensor([[0.5, 0.5, 0.0], [0.0, 1.0, 0.0]], dtype=torch.float64)
    logits = torch.zeros(2, 3, dtype=torch.float64, requires_grad=True)
    loss = tool_select_loss(logits, teacher, 2.0)
    assert loss.item() == pytest.approx(4 * (math.log(3 / 2) + math.log(3)) / 2, rel=1e-12)
    loss.backward()
    assert logits.grad.isfinite().all()
    assert logits.grad[:, 2].gt(0).all()


def test_the_gradient_of_the_loss_is_its_derivative_and_the_teacher_has_none():
    logits = seeded(3, 4, seed=1).requires_grad_()
    teacher = seeded(3, 4, seed=2).softmax(dim=1).requires_grad_()
    assert torch.autograd.gradcheck(
        lambda student: tool_select_loss(student, teacher.detach(), 1.5), logits
    )
    tool_select_loss(logits, teacher).backward()
    assert teacher.grad is None


def test_half_precision_logits_are_compared_in_single_precision():
    logits, teacher = seeded(2, 4, seed=1).bfloat16(), torch.full((2, 4), 0.25).half()
    loss = tool_select_loss(logits, teacher, 3.0)
    assert loss.dtype == torch.float32
    torch.testing.assert_close(loss, tool_select_loss(logits.float(), teacher.float(), 3.0))


@pytest.mark.parametrize("row", [[0.5, 0.50009], [0.5, 0.49991]])
def test_rows_that_rounding_keeps_from_one_are_taken(row):
    assert tool_select_loss(torch.zeros(1, 2), torch.tensor([row])).item() < 1e-6


@pytest.mark.parametrize(
    ("changed", "wanted"),
    [
        (
            {"student_logits": torch.zeros(2)},
            "student_logits must have the axes [batch, tools], got the shape [2]",
        ),
        (
            {"student_logits": torch.zeros(0, 2)},
            "student_logits must not be empty, got the shape [0, 2]",
        ),
        (
            {"student_logits": torch.zeros(1, 2, dtype=torch.int64)},
            "student_logits must hold floating-point numbers, got torch.int64",
        ),
        (
            {"student_logits": torch.tensor([[0.0, math.nan]])},
            "student_logits must be finite at every position that counts",
        ),
        (
            {"teacher_distribution": torch.ones(1, 2, dtype=torch.int64)},
            "teacher_distribution must hold floating-point numbers, got torch.int64",
        ),
        (
            {"teacher_distribution": torch.full((1, 3), 1 / 3)},
            "teacher_distribution must have the shape [1, 2] to fit student_logits, got [1, 3]",
        ),
        (
            {"teacher_distribution": torch.tensor([[-0.5, 1.5]])},
            "teacher_distribution must lie from 0 to 1, got -0.5",
        ),
        (
            {"teacher_distribution": torch.tensor([[1.5, -0.5]])},
            "teacher_distribution must lie from 0 to 1, got 1.5",
        ),
        (
            {"teacher_distribution": torch.tensor([[0.5, math.nan]])},
            "teacher_distribution must lie from 0 to 1, got nan",
        ),
        (
            {"teacher_distribution": torch.tensor([[0.5, 0.25]])},
            "teacher_distribution must add up to 1 in each row, got 0.75",
        ),
        (
            {"teacher_distribution": torch.tensor([[0.75, 0.75]])},
            "teacher_distribution must add up to 1 in each row, got 1.5",
        ),
        ({"temperature": 0.0}, "temperature must be a finite number above 0, got 0.0"),
    ],
)
def test_the_loss_names_the_argument_that_it_cannot_use(refusal, changed, wanted):
    arguments = {
        "student_logits": torch.zeros(1, 2),
        "teacher_distribution": torch.tensor([[0.5, 0.5]]),
    }
    assert refusal(lambda: tool_select_loss(**(arguments | changed))) == wanted


def test_probabilities_may_add_up_to_a_little_more_than_one_but_not_to_more(refusal):
    little = 2.0**-13
    row = torch.tensor([[0.5, 0.5 + little]])
    assert tool_select_loss(torch.zeros(1, 2), row).isfinite()
    wanted = f"teacher_distribution must add up to 1 in each row, got {1 + 2 * little}"
    row += torch.tensor([[0.0, little]])
    assert refusal(lambda: tool_select_loss(torch.zeros(1, 2), row)) == wanted


def test_the_student_learns_to_choose_as_the_teacher_chooses(tokenizer):
    trie, teacher, student = ToolTrie(tokenizer, TOOLS), a_teacher(), build_student(CONFIG, 1)
    rows = rows_of(trie, teacher)
    assert len({row.tool for row in rows}) >= 3
    before = evaluate_tool_selection(student, teacher, trie, rows)
    settings = ToolSelectSettings(steps=60, batch_size=6, learning_rate=0.02)
    metrics = distill_tool_selection(student, teacher, tokenizer, TOOLS, rows, settings)
    after = evaluate_tool_selection(student, teacher, trie, rows)
    assert after.kl < before.kl / 10
    assert before.accuracy < 0.6
    assert after.accuracy == 1
    assert len(metrics) == 60
    first, last = metrics[:10], metrics[-10:]
    assert max(metric.kl for metric in last) < min(metric.kl for metric in first)
    assert sum(metric.accuracy for metric in last) > sum(metric.accuracy for metric in first)


def test_training_is_adam_on_the_divergence_from_the_teacher(tokenizer):
    trie, teacher = ToolTrie(tokenizer, TOOLS), a_teacher()
    student, reference = build_student(CONFIG, 1), build_student(CONFIG, 1)
    rows = rows_of(trie, teacher, 1)
    settings = ToolSelectSettings(steps=3, learning_rate=0.01, temperature=2.0)
    metrics = distill_tool_selection(student, teacher, tokenizer, TOOLS, rows, settings)
    optimizer = torch.optim.Adam(reference.parameters(), lr=0.01)
    wanted = []
    for _ in range(3):
        chosen = tool_log_probabilities(reference, trie, [rows[0].prompt_ids])
        teachers = tool_log_probabilities(teacher, trie, [rows[0].prompt_ids]).exp()
        loss = tool_select_loss(chosen, teachers, 2.0)
        right = trie.tools[chosen.argmax().item()] == rows[0].tool
        wanted.append(ToolSelectMetrics(loss.item(), float(right)))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert metrics == wanted
    torch.testing.assert_close(student.state_dict(), reference.state_dict(), rtol=0, atol=0)


def test_the_teacher_and_the_global_random_numbers_stay_as_they_were(tokenizer):
    trie, teacher = ToolTrie(tokenizer, TOOLS), a_teacher()
    kept, state = copy.deepcopy(teacher.state_dict()), torch.get_rng_state()
    rows = rows_of(trie, teacher, 3)
    settings = ToolSelectSettings(steps=2)
    distill_tool_selection(build_student(CONFIG, 1), teacher, tokenizer, TOOLS, rows, settings)
    torch.testing.assert_close(teacher.state_dict(), kept, rtol=0, atol=0)
    assert all(weight.grad is None for weight in teacher.parameters())
    assert torch.equal(torch.get_rng_state(), state)


def prompts_read(tokenizer: Tokenizer, seed: int) -> tuple[list[list[int]], list[int]]:
    """The first token of each prompt in each batch of the student; sizes of the teacher's."""
    teacher, student = a_teacher(), build_student(CONFIG, 1)
    rows = [ToolRow((token,), "get") for token in range(10, 15)]
    batches: list[list[int]] = []
    sizes: list[int] = []

    def read(_: object, arguments: tuple[torch.Tensor, ...], __: object) -> None:
        if arguments[0].shape[1] == 1:
            batches.append(arguments[0][:, 0].tolist())

    def read_by_teacher(_: object, arguments: tuple[torch.Tensor, ...], __: object) -> None:
        if arguments[0].shape[1] == 1:
            sizes.append(len(arguments[0]))

    student.register_forward_hook(read)
    teacher.register_forward_hook(read_by_teacher)
    settings = ToolSelectSettings(steps=7, batch_size=2, seed=seed)
    distill_tool_selection(student, teacher, tokenizer, TOOLS, rows, settings)
    return batches, sizes


def test_each_epoch_reads_every_row_once_in_an_order_of_its_own(tokenizer):
    batches, sizes = prompts_read(tokenizer, 0)
    assert [len(batch) for batch in batches] == [2, 2, 1, 2, 2, 1, 2]
    epochs = [[token for batch in part for token in batch] for part in (batches[:3], batches[3:6])]
    assert [sorted(epoch) for epoch in epochs] == [[10, 11, 12, 13, 14]] * 2
    assert epochs[0] != epochs[1]
    assert sizes == [2, 2, 1]


def test_the_order_depends_on_the_seed_alone(tokenizer):
    first, again, other = (prompts_read(tokenizer, seed)[0] for seed in (0, 0, 1))
    assert first == again != other


def test_each_row_is_compared_with_its_own_distribution(tokenizer):
    trie, teacher = ToolTrie(tokenizer, TOOLS), a_teacher()
    rows = rows_of(trie, teacher, 7)
    student = copy.deepcopy(teacher)
    settings = ToolSelectSettings(steps=4, batch_size=3, learning_rate=1e-12)
    metrics = distill_tool_selection(student, teacher, tokenizer, TOOLS, rows, settings)
    assert [metric.accuracy for metric in metrics] == [1] * 4
    assert all(abs(metric.kl) < 1e-5 for metric in metrics)


@pytest.mark.parametrize("batch_size", [1, 5, 12, 32])
def test_evaluation_is_of_all_rows_whatever_the_batches(tokenizer, batch_size):
    trie, teacher, student = ToolTrie(tokenizer, TOOLS), a_teacher(), build_student(CONFIG, 1)
    rows = [dataclasses.replace(row, tool="z") for row in rows_of(trie, teacher)]
    prompts = [row.prompt_ids for row in rows]
    chosen = tool_log_probabilities(student, trie, prompts)
    wanted = tool_select_loss(chosen, tool_log_probabilities(teacher, trie, prompts).exp()).item()
    right = sum(choice.tool == "z" for choice in select_tools(student, trie, prompts))
    found = evaluate_tool_selection(student, teacher, trie, rows, batch_size)
    assert found.kl == pytest.approx(wanted, rel=1e-5)
    assert found.accuracy == right / 12
    assert 0 < right < 12


def test_evaluation_reads_32_rows_at_a_time_and_keeps_no_graph(tokenizer):
    trie, teacher, student = ToolTrie(tokenizer, TOOLS), a_teacher(), build_student(CONFIG, 1)
    seen = []
    student.register_forward_hook(
        lambda _, arguments, output: seen.append((len(arguments[0]), output.logits.requires_grad))
    )
    evaluate_tool_selection(student, teacher, trie, [ToolRow((5,), "get")] * 33)
    assert seen == [(32, False), (128, False), (1, False), (4, False)]


def test_each_step_is_logged(tokenizer, caplog):
    trie, teacher = ToolTrie(tokenizer, TOOLS), a_teacher()
    rows = rows_of(trie, teacher, 2)
    with caplog.at_level(logging.INFO, logger="training.distill_tool_select"):
        metrics = distill_tool_selection(
            build_student(CONFIG, 1), teacher, tokenizer, TOOLS, rows, ToolSelectSettings(steps=2)
        )
    assert caplog.messages == [
        f"step {step}: KL {metric.kl:.4f}, accuracy {metric.accuracy:.3f}"
        for step, metric in enumerate(metrics)
    ]


@pytest.mark.parametrize(
    ("rows", "wanted"),
    [
        ([], "rows must not be empty"),
        (
            [ToolRow((5,), "get"), ToolRow((5,), "dance")],
            "rows[1].tool must be one of get, get_all, search, z, got 'dance'",
        ),
        ([ToolRow((5,), "get"), ToolRow((), "get")], "prompts[1] must not be empty"),
    ],
)
def test_rows_that_cannot_be_learned_are_refused_before_the_first_step(
    tokenizer, refusal, rows, wanted
):
    teacher, student = a_teacher(), build_student(CONFIG, 1)
    kept = copy.deepcopy(student.state_dict())
    settings = ToolSelectSettings()
    assert (
        refusal(lambda: distill_tool_selection(student, teacher, tokenizer, TOOLS, rows, settings))
        == wanted
    )
    torch.testing.assert_close(student.state_dict(), kept, rtol=0, atol=0)
    trie = ToolTrie(tokenizer, TOOLS)
    assert refusal(lambda: evaluate_tool_selection(student, teacher, trie, rows)) == wanted


@pytest.mark.parametrize(
    ("tools", "wanted"),
    [
        ([], "tools must not be empty"),
        (["get", "get"], "tools must not repeat, got 'get' twice"),
    ],
)
def test_tools_that_cannot_be_told_apart_are_refused(tokenizer, refusal, tools, wanted):
    models_of = (build_student(CONFIG, 1), a_teacher())
    rows = [ToolRow((5,), "get")]
    settings = ToolSelectSettings()
    assert (
        refusal(lambda: distill_tool_selection(*models_of, tokenizer, tools, rows, settings))
        == wanted
    )


def test_an_evaluation_batch_has_a_row(tokenizer, refusal):
    trie, teacher = ToolTrie(tokenizer, TOOLS), a_teacher()
    rows = [ToolRow((5,), "get")]
    wanted = "batch_size must be a whole number of at least 1, got 0"
    assert refusal(lambda: evaluate_tool_selection(teacher, teacher, trie, rows, 0)) == wanted


@pytest.mark.parametrize(
    ("setting", "wanted"),
    [
        ({"steps": 0}, "steps must be a whole number of at least 1, got 0"),
        ({"batch_size": 0}, "batch_size must be a whole number of at least 1, got 0"),
        ({"learning_rate": 0.0}, "learning_rate must be a finite number above 0, got 0.0"),
        ({"temperature": -1.0}, "temperature must be a finite number above 0, got -1.0"),
        ({"seed": -1}, "seed must be a whole number of at least 0, got -1"),
    ],
)
def test_settings_out_of_range_are_refused(refusal, setting, wanted):
    assert refusal(lambda: ToolSelectSettings(**setting)) == wanted
    assert ToolSelectSettings(1, 1, 1e-9, 1e-9, 0).steps == 1


def test_the_default_settings():
    assert dataclasses.astuple(ToolSelectSettings()) == (100, 8, 1e-3, 1.0, 0)


@pytest.mark.parametrize("record", [ToolSelectSettings(), ToolRow((5,), "get")])
def test_settings_and_rows_are_frozen_records(record):
    field = dataclasses.fields(record)[0].name
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(record, field, 1)
    assert not hasattr(record, "__dict__")


def test_everything_of_tool_choice_is_importable_from_one_place():
    names = {"ToolTrie", "ToolChoice", "select_tool", "select_tools", "decode_greedily"}
    assert names <= set(distill_tool_select.__all__)
    assert all(hasattr(distill_tool_select, name) for name in distill_tool_select.__all__)
