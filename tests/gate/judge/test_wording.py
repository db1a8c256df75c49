"""What the rules say, word for word: `wording.md` is committed, to be read as its readers would.

`PYTHONPATH=.:tests/gate python tests/gate/judge/test_wording.py` writes it again; read the difference.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from builders import TODAY
from situations import SITUATIONS

from gate.judge.rules import RULES
from gate.judge.verdict import judge
from gate.model import Finding

PAGE = Path(__file__).with_name("wording.md")


def told(finding: Finding) -> str:
    demand = f", forces {finding.forces.upper()}" if finding.forces else ""
    place = f" at {finding.path or ''}:{finding.line or ''}" if finding.path or finding.line else ""
    figures = f" ({finding.measured} of {finding.required})" if finding.required is not None else ""
    head = f"{finding.level}{demand}{place}{figures}"
    return f"- **{finding.rule}**: {head}\n  - {finding.message}\n  - {finding.help}\n"


def section(name: str) -> str:
    verdict = judge(*SITUATIONS[name](), TODAY)
    return f"## {name}: {verdict.decision.upper()}\n\n{''.join(map(told, verdict.findings))}"


def page() -> str:
    return "\n".join(["# What the rules say\n", *map(section, SITUATIONS)])


@pytest.mark.parametrize("name", SITUATIONS)
def test_a_situation_is_told_word_for_word(name: str) -> None:
    assert f"\n{section(name)}" in PAGE.read_text(encoding="utf-8")


def test_the_page_has_these_situations_and_no_others() -> None:
    assert PAGE.read_text(encoding="utf-8") == page()


def test_every_rule_is_heard() -> None:
    text = PAGE.read_text(encoding="utf-8")
    names = [rule.id for rule in RULES]
    assert [name for name in names if f"**{name}**" not in text] == []


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8", newline="")
