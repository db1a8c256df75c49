from __future__ import annotations

import dataclasses
import math

import pytest
import torch
from tokenizers import (
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)

from training.constrained import (
    ToolTrie,
    decode_greedily,
    select_tool,
    select_tools,
    tool_log_probabilities,
)
from training.gqa_transformer import ModelConfig, StudentLM, build_student

TOOLS = ["search", "get_all", "get", "z"]
PROMPTS = [[5, 80, 260], [7], [9, 33, 71, 12, 90]]
CONFIG = ModelConfig(
    vocabulary_size=300,
    width=8,
    layers=2,
    heads=2,
    kv_heads=1,
    feed_forward_width=8,
    max_positions=12,
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


def changed(tokenizer: Tokenizer) -> Tokenizer:
    return Tokenizer.from_str(tokenizer.to_str())


def opinionated(seed: int) -> StudentLM:
    """A model in float64 whose probabilities are far from even and hang on all that it read."""
    model = build_student(CONFIG, seed).double()
    with torch.no_grad():
        for weight in model.parameters():
            weight.mul_(40)
        model.embedding.weight.div_(2)
        model.norm.weight.fill_(1)
    return model


def indifferent() -> StudentLM:
    model = build_student(CONFIG, 0)
    with torch.no_grad():
        model.embedding.weight.zero_()
    return model


def ids_of(tokenizer: Tokenizer, *tokens: str) -> tuple[int, ...]:
    return tuple(tokenizer.token_to_id(token) for token in tokens)


def direct(model: StudentLM, trie: ToolTrie, prompt: list[int], tool: str) -> torch.Tensor:
    """One pass over prompt and name, without cache or padding; a softmax by hand at each token."""
    sequence = trie.sequences[trie.tools.index(tool)]
    logits = model(torch.tensor([[*prompt, *sequence]])).logits[0, len(prompt) - 1 :]
    total = torch.zeros((), dtype=logits.dtype)
    for step, token in enumerate(sequence):
        allowed = {other[step] for other in trie.sequences if other[:step] == sequence[:step]}
        total = total + logits[step, token] - logits[step, list(allowed)].logsumexp(dim=0)
    return total


def test_the_trie_holds_the_tokens_of_each_name_up_to_the_comma_by_name(tokenizer):
    trie = ToolTrie(tokenizer, TOOLS)
    assert trie.tools == ("get", "get_all", "search", "z")
    assert trie.sequences == (
        ids_of(tokenizer, "get", '",'),
        ids_of(tokenizer, "get", "_", "all", '",'),
        ids_of(tokenizer, "search", '",'),
        ids_of(tokenizer, "z", '",'),
    )


def test_allowed_tokens_are_those_that_go_on_with_a_name(tokenizer):
    trie = ToolTrie(tokenizer, TOOLS)
    get, search, z, bar, every, end = ids_of(tokenizer, "get", "search", "z", "_", "all", '",')
    assert trie.allowed_tokens([]) == (get, search, z)
    assert trie.allowed_tokens([get]) == (end, bar)
    assert trie.allowed_tokens((get, bar)) == (every,)
    assert trie.allowed_tokens([get, bar, every]) == (end,)
    assert trie.allowed_tokens([get, end]) == ()
    assert trie.allowed_tokens([get, bar, every, end]) == ()


def test_allowed_tokens_come_in_the_order_of_the_names(tokenizer):
    get, z = ids_of(tokenizer, "get", "z")
    assert get > z
    assert ToolTrie(tokenizer, ["z", "get"]).allowed_tokens([]) == (get, z)


def test_a_prefix_of_no_name_is_refused(tokenizer, refusal):
    trie = ToolTrie(tokenizer, ["get"])
    wanted = "prefix must begin the tokens of a tool, got [5, 6]"
    assert refusal(lambda: trie.allowed_tokens((5, 6))) == wanted


@pytest.mark.parametrize("name", ['say "hi"', "größe", "a\\", "語", "\n", '",', " "])
def test_a_name_is_written_as_in_json(tokenizer, name):
    trie = ToolTrie(tokenizer, [name, "get"])
    written = tokenizer.decode(list(trie.sequences[trie.tools.index(name)]))
    escaped = {'say "hi"': 'say \\"hi\\"', "a\\": "a\\\\", "\n": "\\n", '",': '\\",'}
    assert written == escaped.get(name, name) + '",'


def test_special_tokens_around_a_text_are_left_out(tokenizer):
    ending = changed(tokenizer)
    ending.post_processor = processors.TemplateProcessing(
        single="<pad> $A <eos>", special_tokens=[("<pad>", 0), ("<eos>", 1)]
    )
    assert ToolTrie(ending, TOOLS).sequences == ToolTrie(tokenizer, TOOLS).sequences


@pytest.mark.parametrize(
    ("tools", "wanted"),
    [
        ([], "tools must not be empty"),
        (["get", ""], "tools[1] must have a name, got ''"),
        (["z", "get", "z"], "tools must not repeat, got 'z' twice"),
        (["<eos>"], "tokenizer must keep '<eos>\",' as it is, got b'\",'"),
    ],
)
def test_tools_without_a_name_of_their_own_are_refused(tokenizer, refusal, tools, wanted):
    assert refusal(lambda: ToolTrie(tokenizer, tools)) == wanted
    assert refusal(lambda: select_tool(opinionated(1), tokenizer, [5], tools)) == wanted


def test_a_tokenizer_that_changes_names_is_refused(tokenizer, refusal):
    lowering = changed(tokenizer)
    lowering.normalizer = normalizers.Lowercase()
    wanted = "tokenizer must keep 'Get\",' as it is, got b'get\",'"
    assert refusal(lambda: ToolTrie(lowering, ["get", "Get"])) == wanted


def test_a_tokenizer_of_words_is_refused(refusal):
    words = Tokenizer(models.WordLevel({"a word": 0}, unk_token="a word"))
    wanted = "tokenizer must be byte-level, got the token 'a word'"
    assert refusal(lambda: ToolTrie(words, ["get"])) == wanted


def test_log_probabilities_are_those_of_one_plain_pass_for_each_tool(tokenizer):
    trie, model = ToolTrie(tokenizer, TOOLS), opinionated(1)
    found = tool_log_probabilities(model, trie, PROMPTS)
    for prompt, row in zip(PROMPTS, found, strict=True):
        for tool, value in zip(trie.tools, row.tolist(), strict=True):
            wanted = direct(model, trie, prompt, tool).item()
            assert value == pytest.approx(wanted, rel=1e-9, abs=1e-12)
        assert row.exp().sum().item() == pytest.approx(1, rel=1e-12)
    assert found.min() < -4


def test_the_gradient_is_that_of_the_plain_passes(tokenizer):
    trie, model = ToolTrie(tokenizer, TOOLS), opinionated(3)
    tool_log_probabilities(model, trie, PROMPTS)[2, 1].backward()
    found = {name: weight.grad for name, weight in model.named_parameters()}
    model.zero_grad()
    direct(model, trie, PROMPTS[2], trie.tools[1]).backward()
    wanted = {name: weight.grad for name, weight in model.named_parameters()}
    torch.testing.assert_close(found, wanted, rtol=1e-8, atol=1e-10)


def test_tokens_that_are_not_allowed_do_not_matter(tokenizer):
    trie, model = ToolTrie(tokenizer, ["get", "get_all"]), opinionated(4)
    bar, end = ids_of(tokenizer, "_", '",')
    before = tool_log_probabilities(model, trie, [[5, 6]])
    with torch.no_grad():
        used = {5, 6, *trie.sequences[0], *trie.sequences[1]}
        model.embedding.weight[[token for token in range(300) if token not in used]] *= -3
    assert torch.equal(tool_log_probabilities(model, trie, [[5, 6]]), before)
    assert before.exp().sum().item() == pytest.approx(1, rel=1e-12)
    logits = model(torch.tensor([[5, 6, *ids_of(tokenizer, "get")]])).logits[0, -1]
    gap = (before[0, 0] - before[0, 1]).item()
    assert gap == pytest.approx((logits[end] - logits[bar]).item(), rel=1e-9)


def test_a_single_tool_is_certain(tokenizer):
    choice = select_tool(opinionated(1), tokenizer, [5], ["get_all"])
    assert choice.tool == "get_all"
    assert choice.log_probability == 0
    assert choice.distribution == {"get_all": 1}


def test_an_indifferent_model_shares_out_each_step_and_ties_go_by_name(tokenizer):
    trie = ToolTrie(tokenizer, ["z", "get_all", "get"])
    for method, tool, probability in (("exact", "z", 1 / 2), ("greedy", "get", 1 / 4)):
        (choice,) = select_tools(indifferent(), trie, [[5]], method)
        assert choice.tool == tool
        assert choice.log_probability == pytest.approx(math.log(probability), rel=1e-6)
        assert choice.distribution == pytest.approx({"get": 1 / 4, "get_all": 1 / 4, "z": 1 / 2})
    for method in ("exact", "greedy"):
        choice = select_tool(indifferent(), tokenizer, [5], ["z", "search", "get"], method)
        assert choice.tool == "get"


def test_exact_takes_the_likeliest_tool_and_greedy_the_likeliest_token_at_each_step(tokenizer):
    trie = ToolTrie(tokenizer, [*TOOLS, "get_any", "get_some"])
    differing = 0
    for seed in (20, 37):
        model = opinionated(seed)
        exact = select_tools(model, trie, PROMPTS)
        greedy = select_tools(model, trie, PROMPTS, "greedy")
        assert decode_greedily(model, trie, PROMPTS) == [choice.tool for choice in greedy]
        for prompt, best, stepwise in zip(PROMPTS, exact, greedy, strict=True):
            path: tuple[int, ...] = ()
            while allowed := trie.allowed_tokens(path):
                logits = model(torch.tensor([[*prompt, *path]])).logits[0, -1]
                path += (max(allowed, key=lambda token: logits[token].item()),)
            assert trie.sequences[trie.tools.index(stepwise.tool)] == path
            assert best.tool == max(best.distribution, key=best.distribution.__getitem__)
            assert best.distribution == stepwise.distribution
            for choice in (best, stepwise):
                value = math.exp(choice.log_probability)
                assert value == pytest.approx(choice.distribution[choice.tool])
            differing += best.tool != stepwise.tool
    assert differing > 0


def test_the_distribution_names_each_tool_with_its_probability(tokenizer):
    trie, model = ToolTrie(tokenizer, TOOLS), opinionated(1)
    choice = select_tool(model, tokenizer, PROMPTS[0], TOOLS)
    row = tool_log_probabilities(model, trie, PROMPTS[:1])[0].exp().tolist()
    assert list(choice.distribution) == ["get", "get_all", "search", "z"]
    assert list(choice.distribution.values()) == pytest.approx(row)


def test_prompts_of_any_length_are_chosen_for_as_if_each_were_alone(tokenizer):
    trie, model = ToolTrie(tokenizer, TOOLS), opinionated(6)
    for method in ("exact", "greedy"):
        together = select_tools(model, trie, PROMPTS, method)
        alone = [select_tool(model, tokenizer, prompt, TOOLS, method) for prompt in PROMPTS]
        for one, other in zip(together, alone, strict=True):
            assert one.tool == other.tool
            assert one.distribution == pytest.approx(other.distribution, rel=1e-9)


def test_choosing_keeps_no_graph_and_no_gradient(tokenizer):
    model = opinionated(1)
    seen = []
    model.register_forward_hook(lambda _, __, output: seen.append(output.logits.requires_grad))
    trie = ToolTrie(tokenizer, TOOLS)
    select_tools(model, trie, PROMPTS)
    decode_greedily(model, trie, PROMPTS)
    assert seen
    assert not any(seen)
    assert tool_log_probabilities(model, trie, PROMPTS).requires_grad


def test_half_precision_models_are_read_in_single_precision(tokenizer):
    trie = ToolTrie(tokenizer, TOOLS)
    found = tool_log_probabilities(opinionated(1).bfloat16(), trie, PROMPTS)
    assert found.dtype == torch.float32
    torch.testing.assert_close(found.exp().sum(dim=1), torch.ones(3))


@pytest.mark.parametrize(
    ("prompts", "wanted"),
    [
        ([], "prompts must not be empty"),
        ([[5], []], "prompts[1] must not be empty"),
        ([[300]], "token_ids must lie from 0 to 299, got 300"),
        ([[5] * 9], "token_ids must end within 12 positions, got 13"),
    ],
)
def test_prompts_that_cannot_be_read_are_refused(tokenizer, refusal, prompts, wanted):
    trie, model = ToolTrie(tokenizer, TOOLS), opinionated(1)
    for choose in (tool_log_probabilities, select_tools):
        assert refusal(lambda choose=choose: choose(model, trie, prompts)) == wanted


def test_names_beyond_the_models_vocabulary_are_refused(tokenizer, refusal):
    trie = ToolTrie(tokenizer, ["get"])
    largest = max(trie.sequences[0])
    wanted = f"must lie from 0 to {largest - 1}, got {largest}"
    small = build_student(dataclasses.replace(CONFIG, vocabulary_size=largest), 0)
    assert refusal(lambda: select_tools(small, trie, [[5]])) == f"token_ids {wanted}"
    assert refusal(lambda: decode_greedily(small, trie, [[5]])) == f"trie sequences {wanted}"
    enough = build_student(dataclasses.replace(CONFIG, vocabulary_size=largest + 1), 0)
    assert decode_greedily(enough, trie, [[5]]) == ["get"]


def test_a_prompt_that_leaves_just_enough_room_is_read(tokenizer):
    trie, model = ToolTrie(tokenizer, TOOLS), opinionated(1)
    assert decode_greedily(model, trie, [[5] * 8])[0] in TOOLS
    assert tool_log_probabilities(model, trie, [[5] * 8]).shape == (1, 4)


def test_logits_that_are_not_finite_are_refused(tokenizer, refusal):
    trie, model = ToolTrie(tokenizer, TOOLS), opinionated(1)
    with torch.no_grad():
        model.norm.weight.fill_(math.nan)
    wanted = "model logits must be finite at every position that counts"
    for choose in (tool_log_probabilities, select_tools, decode_greedily):
        assert refusal(lambda choose=choose: choose(model, trie, [[5]])) == wanted


def test_an_unknown_method_is_refused(tokenizer, refusal):
    wanted = "method must be one of exact, greedy, got 'beam'"
    model = opinionated(1)
    assert refusal(lambda: select_tool(model, tokenizer, [5], TOOLS, "beam")) == wanted


def test_a_choice_is_a_frozen_record(tokenizer):
    choice = select_tool(opinionated(1), tokenizer, [5], TOOLS)
    with pytest.raises(dataclasses.FrozenInstanceError):
        choice.tool = "z"
    assert not hasattr(choice, "__dict__")
