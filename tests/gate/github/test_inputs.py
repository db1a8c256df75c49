"""Inputs of the Action: words are split without a shell, and options that have an input are refused."""

from __future__ import annotations

import pytest

from gate.errors import UsageError
from gate.github.inputs import Inputs, base_in


def test_words_are_split_as_a_shell_would_and_nothing_is_run() -> None:
    words = "--budget 10m 'a b' $(touch x) `id` ; && *"
    inputs = Inputs.of({"GATE_ARGUMENTS": words, "GATE_POLICY": " p.toml ", "GATE_PYTHON": "py"})
    assert inputs.arguments == ("--budget", "10m", "a b", "$(touch", "x)", "`id`", ";", "&&", "*")
    assert (inputs.policy, inputs.python, inputs.base) == ("p.toml", "py", "")
    assert Inputs.of({}).arguments == ()


@pytest.mark.parametrize("words", ["--out x", "--policy=x", "--base main", "--jobs 2 --python=p"])
def test_an_option_that_has_an_input_of_its_own_is_refused(words: str) -> None:
    with pytest.raises(UsageError, match="the input `arguments` holds --"):
        Inputs.of({"GATE_ARGUMENTS": words})


def test_a_quote_without_its_end_is_refused() -> None:
    with pytest.raises(UsageError, match="No closing quotation"):
        Inputs.of({"GATE_ARGUMENTS": "--budget '10m"})


def test_the_input_names_the_base_whatever_the_event() -> None:
    environ = {"GITHUB_EVENT_NAME": "pull_request", "GATE_BASE": "origin/main"}
    assert base_in(environ).commit == "origin/main"
    with pytest.raises(UsageError, match="GITHUB_EVENT_PATH is not set"):
        base_in({"GITHUB_EVENT_NAME": "pull_request"})
