"""Writes the pages that `report.mjs` drives: a failing pull request, a hostile one, and a huge file.

The huge one has 6,482 mutants on 4,046 lines, as many as the largest file that the gate was tried on.
"""

from __future__ import annotations

import hashlib
import random
import sys
from pathlib import Path

from builders import (
    make_cause,
    make_change,
    make_evidence,
    make_file_coverage,
    make_mutant,
    make_mutation,
    make_outcome,
    make_policy,
    make_result,
    make_suite,
)
from samples import failing_run, hostile_run, make_results

from gate.model import ChangedFile, MutantResult, Status
from gate.report.html import render_html
from gate.results.document import Results

PATH = "pkg/<b>large</b>.py"
LINES = 4_046
STATUSES: dict[Status, int] = {
    "Killed": 1_509,
    "Timeout": 3,
    "RuntimeError": 1,
    "Survived": 2_182,
    "NoCoverage": 2_759,
    "Ignored": 28,
}
STATEMENTS = (
    "    total = sum(w * b for w, b in zip(weights, batch)) / max(len(batch), 1)",
    "    if limit is not None and total > limit:",
    "        total = limit  # </script><img src=x>",
    "    batch = [value * scale + 0.5 for value in batch]  # long enough to be wrapped on a phone",
    '    name = "日本語 \U0001f600 \u202e ok"',
)


def write_pages(folder: Path) -> None:
    """Write failing.html, hostile.html and large.html into a folder."""
    results, text = large_run()
    pages = {
        "failing": render_html(failing_run(), {}),
        "hostile": render_html(hostile_run(), {}),
        "large": render_html(results, {PATH: text}),
    }
    for name, page in pages.items():
        (folder / f"{name}.html").write_text(page, encoding="utf-8")


def large_run() -> tuple[Results, str]:
    """Make one file with many mutants, missing lines and branches, a change, and six red tests."""
    draw = random.Random(3)
    lines = [_line(number, draw) for number in range(1, LINES + 1)]
    text = "\n".join(lines) + "\n"
    tests = [
        f"tests/test_large.py::TestTrainer::test_case_{n:04}[{n % 7}-mean]" for n in range(1500)
    ]
    statements = [number for number, line in enumerate(lines, 1) if line.strip()]
    missing = [number for number in statements if draw.random() < 0.4]
    executed = frozenset(statements) - frozenset(missing)
    file = make_file_coverage(
        PATH,
        len(statements),
        missing,
        [(line, line + 2) for line in sorted(executed)[::40]],
        executed_lines=executed,
        digest=hashlib.sha256(text.encode()).hexdigest(),
    )
    red = [
        make_outcome(test, "failed", message="assert 1 == 2", cause=make_cause("assert 1 == 2"))
        for test in tests[:6]
    ]
    evidence = make_evidence(
        make_suite(*map(make_outcome, tests[6:]), *red),
        [file],
        make_change(ChangedFile(PATH, frozenset(range(30, 60)))),
        [file],
        mutation=make_mutation(results=tuple(_results(lines, tests, draw)), core=(PATH,)),
    )
    policy = make_policy(f'[source]\ninclude = ["pkg"]\n[mutation]\ncore = ["{PATH}"]\n')
    return make_results(policy, evidence), text


def _line(number: int, draw: random.Random) -> str:
    if number % 20 == 1:
        return f"def step_{number}(batch, weights, *, scale=1.0, limit=None):"
    return "" if number % 20 in {0, 19} else draw.choice(STATEMENTS)


def _results(lines: list[str], tests: list[str], draw: random.Random) -> list[MutantResult]:
    statuses = [status for status, count in STATUSES.items() for _ in range(count)]
    draw.shuffle(statuses)
    sets = [tuple(draw.sample(tests, draw.randint(1, 200))) for _ in range(400)]
    places = [number for number, line in enumerate(lines, 1) if line.strip()]
    found = []
    for number, status in enumerate(statuses, 1):
        line = draw.choice(places)
        source = lines[line - 1]
        word = draw.choice(source.split())
        start = source.index(word) + 1
        mutant = make_mutant(
            number,
            id=f"{number * 0x9E3779B97F4A % 2**48:012x}",
            path=PATH,
            line=line,
            end_line=line,
            column=start,
            end_column=start + len(word),
            original=word,
            replacement=draw.choice(["None", f"XX{word}", "</script>"]),
            source=source,
            function=f"step_{line - line % 20 + 1}",
        )
        covering = () if status == "NoCoverage" else draw.choice(sets)
        fields = (
            {"killed_by": covering[0]} if status in {"Killed", "Timeout", "RuntimeError"} else {}
        )
        found.append(make_result(number, status, mutant=mutant, covered_by=covering, **fields))
    return found


if __name__ == "__main__":
    write_pages(Path(sys.argv[1]))
