from __future__ import annotations

import copy
import dataclasses
import itertools
import math
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import nn

from training.dataset import BOS_ID, EOS_ID, load_tokenizer
from training.generation import GenerationSettings, generate, generate_text
from training.gqa_transformer import ModelConfig, StudentLM, build_student

MODEL = ModelConfig(
    vocabulary_size=11,
    width=8,
    layers=2,
    heads=2,
    kv_heads=1,
    feed_forward_width=6,
    max_positions=8,
)
PROMPTS = [[5], [3, 4, 1], [10, 0], [7, 7, 8, 9]]
SAMPLING = [
    {},
    {"temperature": 0.5},
    {"temperature": 3.0},
    {"top_k": 2},
    {"top_k": 11},
    {"top_p": 0.3},
    {"top_p": 0.9, "temperature": 2.0},
    {"top_k": 4, "top_p": 0.7, "temperature": 1.5},
]


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Tensors this small only lose by more."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def make_student(seed: int = 0, config: ModelConfig = MODEL) -> StudentLM:
    """Make a student in double precision; what it says depends on all that it has read."""
    student = build_student(config, seed).double()
    with torch.no_grad():
        for name, weight in student.named_parameters():
            weight.mul_(10 if name == "embedding.weight" else 60 if weight.dim() == 2 else 1)
    return student


def make_even_student() -> StudentLM:
    """Make a student that finds all of its tokens, more than a few, equally likely."""
    student = make_student(config=dataclasses.replace(MODEL, vocabulary_size=40))
    nn.init.zeros_(student.embedding.weight)
    return student


def make_settings(**changes: Any) -> GenerationSettings:
    return GenerationSettings(**({"max_new_tokens": 4, "eos_id": None} | changes))


def seeded(seed: int = 1) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


class Passes:
    """What a model is given to read: the shape of each pass's tokens, and in which state it is."""

    def __init__(self, model: nn.Module) -> None:
        self.shapes: list[tuple[int, ...]] = []
        self.training: list[bool] = []
        self.gradients: list[bool] = []
        model.register_forward_pre_hook(self)

    def __call__(self, model: nn.Module, arguments: tuple[Any, ...]) -> None:
        self.shapes.append(tuple(arguments[0].shape))
        self.training += [module.training for module in model.modules()]
        self.gradients.append(torch.is_grad_enabled())


def weights_by_hand(logits: list[float], settings: GenerationSettings) -> list[float]:
    """Each token's probability: softened, then the likeliest few, then the nucleus of these."""
    softened = [math.exp(logit / settings.temperature) for logit in logits]
    ranked = sorted(range(len(logits)), key=lambda token: -logits[token])[: settings.top_k]
    total = sum(softened[token] for token in ranked)
    weights, before = [0.0] * len(logits), 0.0
    for token in ranked:
        if before < settings.top_p:
            weights[token] = softened[token] / total
        before += softened[token] / total
    return weights


def generate_plainly(
    model: StudentLM,
    prompts: list[list[int]],
    settings: GenerationSettings,
    generator: torch.Generator,
) -> list[list[int]]:
    """Read each row whole, alone and anew for each token; draw for the unfinished rows at once."""
    new: list[list[int]] = [[] for _ in prompts]
    going = list(range(len(prompts)))
    while going:
        rows = [
            model(torch.tensor([prompts[row] + new[row]])).logits[0, -1].tolist() for row in going
        ]
        if settings.temperature == 0 or settings.top_k == 1:
            tokens = [row.index(max(row)) for row in rows]
        else:
            weights = [weights_by_hand(row, settings) for row in rows]
            drawn = torch.multinomial(
                torch.tensor(weights, dtype=torch.float64), 1, generator=generator
            )
            tokens = drawn.flatten().tolist()
        for row, token in zip(going, tokens, strict=True):
            new[row].append(token)
        going = [
            row
            for row in going
            if new[row][-1] != settings.eos_id
            and len(new[row]) < settings.max_new_tokens
            and len(prompts[row] + new[row]) <= MODEL.max_positions
        ]
    return new


@pytest.mark.parametrize("changes", [{"temperature": 0.0}, {"top_k": 1}, *SAMPLING])
@pytest.mark.parametrize("eos_id", [None, 7])
def test_a_batch_with_the_cache_is_written_on_as_by_a_plain_loop_without(changes, eos_id):
    model, settings = make_student(), make_settings(max_new_tokens=6, eos_id=eos_id, **changes)
    wanted = generate_plainly(model, PROMPTS, settings, seeded())
    assert generate(model, PROMPTS, settings, seeded()) == wanted


def test_temperature_zero_and_the_one_likeliest_token_are_the_same_and_draw_nothing():
    model, generator = make_student(), seeded()
    state, global_state = generator.get_state(), torch.get_rng_state()
    found = [
        generate(model, PROMPTS, make_settings(**changes), generator)
        for changes in (
            {"temperature": 0.0},
            {"temperature": 0.0, "top_k": 5},
            {"top_k": 1},
            {"top_k": 1, "temperature": 9.0},
        )
        for _ in range(2)
    ]
    assert all(completions == found[0] for completions in found)
    assert torch.equal(generator.get_state(), state)
    assert torch.equal(torch.get_rng_state(), global_state)


@pytest.mark.parametrize("changes", [{"temperature": 0.0}, {"top_k": 1}])
def test_of_equally_likely_tokens_the_first_is_taken(changes):
    assert generate(make_even_student(), [[5]], make_settings(**changes)) == [[0, 0, 0, 0]]


def test_of_equally_likely_tokens_the_first_ones_are_the_candidates():
    found = generate(make_even_student(), [[5]] * 60, make_settings(top_k=3), seeded())
    assert set(itertools.chain(*found)) == {0, 1, 2}


def test_the_nucleus_is_the_fewest_tokens_that_reach_its_share():
    model = make_student()
    output = model(torch.tensor([[5]]))
    # Four tokens, each with exactly a quarter of the probability.
    output = output._replace(logits=torch.zeros(1, 1, 4))
    model.forward = lambda *_: output
    for top_p, wanted in ((1e-300, {0}), (0.25, {0}), (0.5, {0, 1}), (0.500001, {0, 1, 2})):
        settings = make_settings(max_new_tokens=1, top_p=top_p)
        assert {generate(model, [[5]], settings, seeded(n))[0][0] for n in range(30)} == wanted


def test_as_many_candidates_as_tokens_are_no_limit():
    model = make_student()
    whole = generate(model, PROMPTS * 4, make_settings(top_k=11), seeded())
    assert whole == generate(model, PROMPTS * 4, make_settings(), seeded())
    assert len(set(itertools.chain(*whole))) == 11


@pytest.mark.parametrize("temperature", [5e-324, 1e-300, 1e-6])
def test_the_lower_the_temperature_the_surer_the_likeliest(temperature):
    model = make_student()
    found = generate(model, PROMPTS, make_settings(temperature=temperature), seeded())
    assert found == generate(model, PROMPTS, make_settings(temperature=0.0))


def test_the_same_generator_state_gives_the_same_text_and_another_gives_another():
    model, settings = make_student(), make_settings(temperature=5.0)
    first, again, other = (generate(model, PROMPTS, settings, seeded(n)) for n in (1, 1, 2))
    assert first == again
    assert first != other


def test_without_a_generator_tokens_are_drawn_from_the_global_one():
    model, settings = make_student(), make_settings(temperature=5.0)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(6)
        found = generate(model, PROMPTS, settings)
    assert found == generate(model, PROMPTS, settings, seeded(6))


def test_a_completion_ends_with_its_end_token():
    model = make_student()
    (free,) = generate(model, [[5]], make_settings(temperature=0.0, max_new_tokens=7))
    end = free[2]
    assert end not in free[:2]
    settings = make_settings(temperature=0.0, max_new_tokens=7, eos_id=end)
    assert generate(model, [[5]], settings) == [free[:3]]


@pytest.mark.parametrize("length", [1, 2, 5])
def test_a_completion_has_no_more_tokens_than_it_may(length):
    found = generate(make_student(), PROMPTS, make_settings(max_new_tokens=length), seeded())
    assert [len(completion) for completion in found] == [length] * 4


def test_the_last_token_is_the_one_after_the_last_position_whatever_else_is_in_the_batch():
    model, settings = make_student(), make_settings(temperature=0.0, max_new_tokens=50)
    prompts = [[5], [1, 2, 3, 4, 5, 6, 7, 8], [3, 4, 1, 2, 9], [2, 2]]
    found = generate(model, prompts, settings)
    assert [len(completion) for completion in found] == [8, 1, 4, 7]
    assert found == [generate(model, [prompt], settings)[0] for prompt in prompts]


def test_each_token_is_read_once_and_a_finished_row_no_more():
    model = make_student()
    free = generate(model, PROMPTS, make_settings(temperature=0.0))
    end = free[0][1]
    settings = make_settings(temperature=0.0, eos_id=end)
    lengths = [row.index(end) + 1 if end in row else 4 for row in free]
    assert lengths[0] == 2
    passes = Passes(model)
    generate(model, PROMPTS, settings)
    going = [sum(length > done for length in lengths) for done in range(max(lengths))]
    assert passes.shapes == [(4, 4), *((rows, 1) for rows in going[1:])]


def test_a_full_cache_is_made_anew_without_the_padding_of_rows_that_have_ended():
    model = make_student()
    passes = Passes(model)
    generate(model, [[5], [1] * 7], make_settings(max_new_tokens=5), seeded())
    assert passes.shapes == [(2, 7), (2, 1), (1, 3), (1, 1), (1, 1)]


def test_the_config_is_read_once():
    class Counting(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner, self.reads = make_student(), 0

        @property
        def config(self) -> ModelConfig:
            self.reads += 1
            return self.inner.config

        def forward(self, *arguments: Any, **named: Any) -> Any:
            return self.inner(*arguments, **named)

    model, settings = Counting(), make_settings(temperature=0.0)
    assert generate(model, PROMPTS, settings) == generate(model.inner, PROMPTS, settings)
    assert model.reads == 1


def test_a_model_is_read_in_evaluation_mode_without_gradients_and_left_as_it_was():
    model = make_student().train()
    model.norm.eval()
    modes = {name: module.training for name, module in model.named_modules()}
    passes, weights = Passes(model), copy.deepcopy(model.state_dict())
    generate(model, PROMPTS, make_settings(), seeded())
    assert not any(passes.training)
    assert passes.gradients == [False] * 4
    assert {name: module.training for name, module in model.named_modules()} == modes
    assert torch.is_grad_enabled()
    torch.testing.assert_close(model.state_dict(), weights, rtol=0, atol=0)


@pytest.mark.parametrize("value", [math.nan, math.inf])
@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_logits_that_are_not_finite_are_refused_and_the_mode_comes_back(
    refusal, value, temperature
):
    model, settings = make_student().train(), make_settings(temperature=temperature)
    with torch.no_grad():
        model.norm.weight[0] = value
    message = refusal(lambda: generate(model, PROMPTS, settings, seeded()))
    assert message == "model logits must be finite at every position that counts"
    assert model.training


def test_the_prompts_stay_as_they_were():
    prompts = copy.deepcopy(PROMPTS)
    generate(make_student(), prompts, make_settings(), seeded())
    assert prompts == PROMPTS


@pytest.mark.parametrize(
    ("prompts", "wanted"),
    [
        ([], "prompt_ids must hold at least one prompt, got none"),
        ([[1], []], "the length of prompt_ids[1] must be a whole number from 1 to 8, got 0"),
        ([[1] * 9], "the length of prompt_ids[0] must be a whole number from 1 to 8, got 9"),
        ([[1], [2], [3, -1]], "prompt_ids[2] must lie from 0 to 10, got -1"),
        ([[11]], "prompt_ids[0] must lie from 0 to 10, got 11"),
        ([[1.0]], "prompt_ids[0] must have the dtype torch.int64, got torch.float32"),
    ],
)
def test_prompts_that_the_model_cannot_read_are_refused(refusal, prompts, wanted):
    assert refusal(lambda: generate(make_student(), prompts, make_settings())) == wanted


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"top_k": 12}, "top_k must be a whole number from 1 to 11, got 12"),
        ({"eos_id": 11}, "eos_id must be a whole number from 0 to 10, got 11"),
    ],
)
def test_settings_that_do_not_fit_the_vocabulary_are_refused(refusal, changes, wanted):
    settings = make_settings(**changes)
    assert refusal(lambda: generate(make_student(), PROMPTS, settings)) == wanted


def test_the_last_token_of_the_vocabulary_can_be_read_and_can_end():
    model = make_student()
    (free,) = generate(model, [[10]], make_settings(max_new_tokens=1, temperature=0.0))
    assert len(free) == 1
    settings = make_settings(max_new_tokens=8, eos_id=10, temperature=50.0)
    found = generate(model, [[5]] * 30, settings, seeded())
    ended = [completion for completion in found if 10 in completion]
    assert ended
    assert all(completion.index(10) == len(completion) - 1 for completion in ended)


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"max_new_tokens": 0}, "max_new_tokens must be a whole number of at least 1, got 0"),
        ({"temperature": -0.1}, "temperature must be a finite number from 0 to inf, got -0.1"),
        ({"temperature": math.nan}, "temperature must be a finite number from 0 to inf, got nan"),
        ({"top_k": 0}, "top_k must be a whole number of at least 1, got 0"),
        ({"top_p": 0.0}, "top_p must be a number above 0 and at most 1, got 0.0"),
        ({"top_p": 1.01}, "top_p must be a number above 0 and at most 1, got 1.01"),
        ({"top_p": math.nan}, "top_p must be a number above 0 and at most 1, got nan"),
        ({"eos_id": -1}, "eos_id must be a whole number of at least 0, got -1"),
    ],
)
def test_settings_out_of_range_are_refused(refusal, changes, wanted):
    assert refusal(lambda: GenerationSettings(**changes)) == wanted


def test_settings_at_the_ends_of_their_ranges_are_taken():
    settings = GenerationSettings(max_new_tokens=1, temperature=0.0, top_k=1, top_p=1.0, eos_id=0)
    assert settings.greedy


def test_settings_that_are_not_given_sample_from_all_tokens_until_the_end_token():
    assert GenerationSettings() == GenerationSettings(64, 1.0, None, 1.0, EOS_ID)
    assert not GenerationSettings(top_k=2).greedy


def test_settings_are_records_of_a_fixed_shape():
    settings = GenerationSettings()
    with pytest.raises(dataclasses.FrozenInstanceError):
        settings.top_k = 3
    assert not hasattr(settings, "__dict__")


def test_text_is_written_on_after_the_start_token_and_the_prompt():
    tokenizer = load_tokenizer(300)
    model = make_student(config=ModelConfig(300, 8, 1, 2, 1, 6, 40))
    settings = GenerationSettings(max_new_tokens=20, temperature=3.0)
    prompts = ["add 3", "Rome?"]
    ids = [[BOS_ID, *tokenizer.encode(prompt).ids] for prompt in prompts]
    wanted = [tokenizer.decode(row) for row in generate(model, ids, settings, seeded())]
    assert generate_text(model, tokenizer, prompts, settings, seeded()) == wanted
    assert len(set(wanted)) == 2
