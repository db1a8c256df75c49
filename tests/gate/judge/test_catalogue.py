from __future__ import annotations

import re
from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest
from samples import SAMPLES

from gate.errors import UsageError
from gate.judge.catalogue import explain_rule, find_rule, list_rules, rules_page
from gate.judge.rule import RuleText
from gate.judge.rules import RULES

ROOT = Path(__file__).parents[3]


def test_every_file_of_the_folder_holds_the_rule_of_its_name_and_writes_its_id_once() -> None:
    files = sorted((ROOT / "gate/judge/rules").glob("[a-z]*.py"))
    assert [rule.id for rule in RULES] == [file.stem.replace("_", ".", 1) for file in files]
    for rule, file in zip(RULES, files, strict=True):
        assert file.read_text(encoding="utf-8").count(f'"{rule.id}"') == 1


def test_no_rule_is_named_by_a_literal_outside_of_its_file_and_of_reports() -> None:
    folder = ROOT / "gate/judge"
    named = [
        (file.name, rule.id)
        for file in folder.rglob("*.py")
        for rule in RULES
        if f'"{rule.id}"' in file.read_text(encoding="utf-8")
        and file != folder / "rules" / f"{rule.id.replace('.', '_')}.py"
    ]
    assert named == []


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_every_finding_can_be_explained(name: str) -> None:
    for finding in SAMPLES[name]().findings:
        assert find_rule(finding.rule).id == finding.rule
        assert re.search(r"\.$|: (pytest|python) ", finding.help), finding.help


def test_an_entry_cannot_be_changed_and_holds_nothing_else() -> None:
    with pytest.raises(FrozenInstanceError):
        RULES[0].title = "another"  # type: ignore[misc]  # that is the point
    assert not hasattr(RULES[0], "__dict__")


def test_the_page_of_rules_is_the_committed_one() -> None:
    assert (ROOT / "docs" / "rules.md").read_text(encoding="utf-8") == rules_page()


def test_the_index_of_the_page_leads_to_every_entry() -> None:
    page = rules_page()
    headings = [name.replace(".", "") for name in re.findall(r"(?m)^## (.+)$", page)]
    assert re.findall(r"\(#(\w+)\)", page) == headings
    assert len(headings) == len(RULES)


def test_an_explanation_fits_a_terminal_and_says_all() -> None:
    text = explain_rule("coverage.path")
    assert max(map(len, text.splitlines())) <= 80
    assert [part.partition(":")[0] for part in text.split("\n\n")] == [
        "coverage.path",
        "Checks",
        "Why",
        "How to fix",
        "Forces",
    ]


def test_the_list_names_each_rule_and_its_title_beside_it() -> None:
    lines = list_rules(200).splitlines()
    assert [line.split()[0] for line in lines] == [entry.id for entry in RULES]
    column = lines[0].index(RULES[0].title)
    assert [line[column:] for line in lines] == [entry.title for entry in RULES]


@pytest.mark.parametrize("width", [1, 20, 40])
def test_a_list_in_a_narrow_terminal_keeps_rules_and_titles_in_columns_of_one_width(
    width: int,
) -> None:
    lines = list_rules(width).splitlines()
    column = max(len(entry.id) for entry in RULES) + 2
    assert max(map(len, lines)) <= 2 * column
    names = [line[:column].strip() for line in lines]
    assert [name for name in names if name] == [entry.id for entry in RULES]
    titles = " ".join(line[column:] for line in lines)
    assert titles == " ".join(entry.title for entry in RULES)


def test_an_option_is_never_broken_at_its_hyphens(monkeypatch: pytest.MonkeyPatch) -> None:
    words = f"{'x' * 60} gate --no-mutation {'y' * 60}"
    entry = RuleText("a.b", "title", words, words, "fix", "nothing.")
    monkeypatch.setattr("gate.judge.catalogue.RULES", (entry,))
    assert explain_rule("a.b") == (
        f"a.b: title\n\nChecks: {'x' * 60} gate\n--no-mutation {'y' * 60}\n\n"
        f"Why: {'x' * 60} gate\n--no-mutation {'y' * 60}\n\nHow to fix: fix\n\nForces: nothing."
    )


def test_every_explanation_is_filled_to_eighty_columns() -> None:
    for text in (explain_rule, lambda rule: explain_rule(rule, 200)):
        longest = [max(map(len, text(entry.id).splitlines())) for entry in RULES]
        assert max(longest) == 80


@pytest.mark.parametrize(
    ("name", "alike"),
    [
        ("coverage.lines", "coverage.line, changed.line, coverage.branch"),
        ("mutatoin", "mutation.lost, mutation.score, mutation.waivers"),
        ("lost", "mutation.lost"),
    ],
)
def test_a_misspelled_rule_is_answered_with_at_most_three_alike(name: str, alike: str) -> None:
    with pytest.raises(UsageError) as caught:
        find_rule(name)
    assert caught.value.message == f"there is no rule '{name}'"
    assert caught.value.hint == f"Similar rules: {alike}"


def test_a_word_that_is_like_no_rule_is_answered_with_the_command_that_lists_them() -> None:
    with pytest.raises(UsageError) as caught:
        find_rule("@@@@")
    assert caught.value.hint == "list the rules with: gate explain"


@pytest.mark.parametrize("width", [60, 80])
def test_the_list_and_an_explanation_fit_a_terminal(width: int) -> None:
    for text in (list_rules(width), explain_rule("policy.loosened", width)):
        assert max(map(len, text.splitlines())) <= width
