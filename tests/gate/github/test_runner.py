"""What the runner reads: outputs with an end that no value can forge, and lines that command nothing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gate.github.runner import add_summary, complain, no_commands, say, set_outputs, warn


def test_an_output_of_many_lines_is_one_value_with_an_end_of_its_own(tmp_path: Path) -> None:
    file = tmp_path / "output"
    value = "x\nverdict=pass\nEOF\nexit-code<<EOF"
    set_outputs({"GITHUB_OUTPUT": str(file)}, report=value, exit_code="3")
    first, second = file.read_text().split("\nexit-code<<gate_")
    name, _, rest = first.partition("<<")
    end, _, held = rest.partition("\n")
    assert name == "report"
    assert held == f"{value}\n{end}"
    assert re.fullmatch(r"gate_[0-9a-f]{32}", end)
    assert end.removeprefix("gate_") not in second
    assert second.splitlines()[1] == "3"


def test_a_file_that_is_not_there_costs_a_line_and_nothing_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    set_outputs({}, verdict="pass")
    add_summary({"GITHUB_STEP_SUMMARY": str(tmp_path)}, "# Summary")
    add_summary({"GITHUB_STEP_SUMMARY": str(tmp_path / "no/folder")}, "# Summary")
    told = capsys.readouterr().out.splitlines()
    assert told[0] == "gate: GITHUB_OUTPUT is not set, so nothing is written there"
    assert told[1] == "gate: GITHUB_STEP_SUMMARY cannot be written: Is a directory"
    assert told[2] == "gate: GITHUB_STEP_SUMMARY cannot be written: No such file or directory"


def test_a_summary_is_added_to_what_is_there_and_any_text_can_be_written(tmp_path: Path) -> None:
    file = tmp_path / "summary"
    file.write_text("before\n")
    add_summary({"GITHUB_STEP_SUMMARY": str(file)}, "é \ud800\n")
    assert file.read_bytes() == "before\né \\ud800\n".encode()


@pytest.mark.parametrize("speak", [say, warn, complain])
def test_text_of_others_is_one_line_that_commands_nothing(
    speak: object, capsys: pytest.CaptureFixture[str]
) -> None:
    assert callable(speak)
    speak("50% \n::error::x\r\n##[group]y \x1b[31m ::warning::z")
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    assert "##[" not in out
    assert "\x1b" not in out
    assert out.startswith(
        ("gate: 50% \\n", "::warning title=gate::50%25 \\n", "::error title=gate::50%25 \\n")
    )


def test_commands_are_obeyed_again_after_the_silence_even_after_an_error(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(KeyError), no_commands():
        raise KeyError
    first, last = capsys.readouterr().out.splitlines()
    token = first.removeprefix("::stop-commands::")
    assert re.fullmatch(r"[0-9a-f]{32}", token)
    assert last == f"::{token}::"
