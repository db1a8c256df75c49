from __future__ import annotations

from gate.doctor.checks import ok, problem, unknown, warning
from gate.doctor.lines import check_rows, sum_up
from gate.report.terminal import render_rows


def shown(check: object, width: int = 100) -> str:
    return render_rows(check_rows(check), width, color=False)  # type: ignore[arg-type]


def test_what_is_ok_is_one_line() -> None:
    assert shown(ok("pytest", "9.0")) == "ok       pytest        9.0\n"


def test_the_remedy_stands_below_what_it_mends() -> None:
    lines = shown(warning("history", "shallow", "git fetch --unshallow origin")).splitlines()
    assert lines == [
        "warning  history       shallow",
        "         remedy        git fetch --unshallow origin",
    ]


def test_text_from_the_repository_stays_text() -> None:
    text = shown(problem("policy", "\x1b[31m::error::x", "##[error]y"))
    assert "\x1b" not in text
    assert "##[" not in text
    assert not any(line.lstrip().startswith("::") for line in text.splitlines())


def test_several_lines_of_a_message_stay_lines_below_each_other() -> None:
    lines = shown(problem("policy", "a.toml:1: one\na.toml:2: two", "mend them")).splitlines()
    assert lines[0].index("a.toml") == lines[1].index("a.toml")
    assert len(lines) == 3


def test_colour_is_only_for_terminals() -> None:
    check = problem("policy", "wrong", "mend it")
    assert "\x1b[" in render_rows(check_rows(check), 100, color=True)
    assert "\x1b" not in shown(check)


def test_the_last_line_counts_what_there_is_to_do() -> None:
    checks = [ok("a", ""), warning("b", "", ""), warning("c", "", ""), unknown("d", "", "")]
    told = render_rows(sum_up(checks), 100, color=False)
    assert told.strip() == "Ready: 2 warnings, 1 unknown."
    told = render_rows(sum_up([*checks, problem("e", "", "")]), 100, color=False)
    assert told.strip().startswith("The gate cannot run here: 1 problem,")
    assert "nothing to mend" in render_rows(sum_up([ok("a", "")]), 100, color=False)
