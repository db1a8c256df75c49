"""Four runs whose reports are committed as snapshots: empty, a pass, a fail, and a hostile one.

`PYTHONPATH=.:tests/gate python -m samples` writes the snapshots again; read the difference.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

from builders import (
    TODAY,
    make_cause,
    make_change,
    make_evidence,
    make_exclusion,
    make_file_coverage,
    make_function,
    make_order,
    make_outcome,
    make_policy,
    make_suite,
)

from gate.judge.verdict import judge
from gate.model import ChangedFile, Evidence, Problem, Ratio, SuiteRun
from gate.policy import Policy
from gate.report.json import render_json
from gate.report.markdown import render_markdown
from gate.report.terminal import render_terminal
from gate.results import document
from gate.results_schema import Results, Tool

CREATED = datetime(2026, 7, 1, 12, 30, 5, tzinfo=UTC)
ISOLATION = {"process": "forked workers, each in its own group", "network": "not isolated"}


def make_results(
    policy: Policy | None = None, evidence: Evidence | None = None, today: date = TODAY
) -> Results:
    policy, evidence = policy or make_policy(), evidence or make_evidence()
    results = document(policy, evidence, judge(policy, evidence, today), CREATED)
    # The snapshots outlive a release.
    return results.model_copy(update={"tool": Tool(name="testproof", version="0.0.0")})


def empty_run() -> Results:
    """Nothing was collected and nothing measured."""
    policy = make_policy("")
    suite = SuiteRun(())
    return make_results(policy, make_evidence(suite, files=()))


def passing_run() -> Results:
    """A pull request that passes, with a dated exclusion and one gap in the change."""
    policy = make_policy(
        """
        [source]
        include = ["training"]
        [[tests.exclude]]
        test = "tests/test_export_student.py::test_onnx_*"
        reason = "torch.onnx.export can hang writing external data"
        owner = "training"
        expires = 2027-03-31
        [[path]]
        match = "training/losses.py"
        coverage.line = 95
        """
    )
    outcomes = [make_outcome(f"tests/test_losses.py::test_kl[{n}]") for n in range(1500)]
    outcomes += [
        make_outcome(f"tests/test_gpu.py::test_amp[{n}]", "skipped", message="no CUDA device")
        for n in range(7)
    ]
    outcomes.append(make_outcome("tests/test_gpu.py::test_mps", "skipped", message="not macOS"))
    outcomes.append(make_outcome("tests/test_losses.py::test_nan", "xfailed", message="issue 12"))
    suite = make_suite(
        *outcomes,
        exclusions=tuple(
            make_exclusion(
                f"tests/test_export_student.py::test_onnx_{name}",
                pattern="tests/test_export_student.py::test_onnx_*",
                reason="torch.onnx.export can hang writing external data",
                owner="training",
            )
            for name in ("static", "dynamic")
        ),
        order=make_order(1500, 1500),
        seconds=133.4,
        environment={"python": "3.11.9", "pytest": "9.2.0"},
        isolation=ISOLATION,
    )
    files = [
        make_file_coverage("training/export_student.py", 140, [40, 41, 42, 90], [(39, 40)]),
        make_file_coverage("training/gqa_transformer.py", 260, missing_branches=[(31, -28)]),
        make_file_coverage("training/losses.py", 310),
        make_file_coverage("training/__init__.py", 0, branch=Ratio(0, 0), function=Ratio(0, 0)),
    ]
    changed = make_change(ChangedFile("training/export_student.py", frozenset(range(38, 60))))
    changed_files = [
        make_file_coverage(
            "training/export_student.py", 22, [40, 41, 42], [(39, 40)], function=Ratio(2, 2)
        )
    ]
    return make_results(policy, make_evidence(suite, files, changed, changed_files))


def failing_run() -> Results:
    """Red tests of four causes, files below every threshold, an expired exclusion, a leaning test."""
    policy = make_policy(
        """
        [source]
        include = ["training"]
        [[tests.exclude]]
        marker = "onnx"
        reason = "the exporter hangs"
        owner = "training"
        expires = 2026-03-31
        [[path]]
        match = "training/losses.py"
        coverage.line = 95
        """
    )
    outcomes = [make_outcome(f"tests/test_models.py::test_shape[{n}]") for n in range(1421)]
    outcomes += [
        make_outcome(
            f"tests/conversion/test_coreml_export.py::TestConverter::test_converts_{n}_layers",
            "failed",
            message="ModuleNotFoundError: No module named 'coremltools'",
            cause=make_cause("ModuleNotFoundError: No module named 'coremltools'", "environment"),
            line=41 + n,
        )
        for n in range(12)
    ]
    outcomes += [
        make_outcome(
            "tests/test_distill.py::test_loss_falls",
            "failed",
            message="assert 0.71 < 0.7",
            cause=make_cause("red once, green when run again", "flaky"),
            line=88,
        ),
        make_outcome(
            "tests/test_losses.py::test_temperature",
            "failed",
            message="assert tensor(2.) == tensor(4.)",
            cause=make_cause(),
            line=120,
        ),
        make_outcome(
            "tests/test_losses.py::test_mask", "failed", cause=make_cause(), message="assert 0 == 1"
        ),
        make_outcome(
            "tests/test_export.py::test_writes_external_data",
            "timeout",
            cause=make_cause("still running after 20 s", "timeout"),
            seconds=20.0,
        ),
    ]
    suite = make_suite(
        *outcomes,
        exclusions=(
            make_exclusion(
                "tests/test_export.py::test_onnx",
                pattern="marker onnx",
                reason="the exporter hangs",
                owner="training",
                expires=date(2026, 3, 31),
            ),
        ),
        order=make_order(700, 1421, ["tests/test_models.py::test_shape[7]"]),
        seconds=311.0,
        isolation=ISOLATION,
    )
    files = [
        make_file_coverage("training/losses.py", 310, range(200, 240), [(200, 201), (205, -190)]),
        make_file_coverage(
            "training/distillation/students/architectures/grouped_query_attention_variants.py",
            400,
            [*range(3, 300, 3)],
            [(n, n + 1) for n in range(3, 200, 3)],
            [make_function(f"Variant{n}.forward", 10 * n) for n in range(1, 10)],
        ),
        *(make_file_coverage(f"training/module_{n:02}.py", 60, range(1, n)) for n in range(30)),
    ]
    return make_results(policy, make_evidence(suite, files))


def hostile_run() -> Results:
    """Names, messages and paths that would take over a terminal, a log or a page."""
    evil = "x\x1b[31m\r\n::error file=a::b ##[error]c [red]d[/red] <script>e</script> `f` |g| **h**"
    policy = make_policy("")
    suite = make_suite(
        make_outcome(f"tests/test_a.py::{evil}", "failed", message=evil, detail=evil, path=evil),
        make_outcome(
            "::error::tests/test_b.py::first", "failed", cause=make_cause("::error::group")
        ),
        make_outcome("tests/test_c.py::ok"),
        make_outcome("tests/test_c.py::s", "skipped", message="@team #1 </details> \u202etxt.exe"),
        problems=(Problem("share 1\udcff", "```\n</details>\n# heading"),),
        exclusions=(make_exclusion(evil, pattern=evil, reason=evil, owner="@owner"),),
        isolation={"</summary>": "[link](http://evil.example)"},
    )
    files = [make_file_coverage("src/a|b`c`\n<img src=x>.py", 10, [1, 2, 3, 4, 5])]
    changed = make_change(base="main`; [x](y)")
    return make_results(policy, make_evidence(suite, files, changed, files))


SAMPLES: dict[str, Callable[[], Results]] = {
    "empty": empty_run,
    "pass": passing_run,
    "fail": failing_run,
    "hostile": hostile_run,
}
SNAPSHOTS = Path(__file__).parent / "report" / "snapshots"
RENDERERS: dict[str, Callable[[Results], str]] = {
    "80.txt": lambda results: render_terminal(
        results, 80, color=False, location=".gate/results.json"
    ),
    "120.txt": lambda results: render_terminal(results, 120, color=False),
    "color.txt": lambda results: render_terminal(results, 100, color=True),
    "md": render_markdown,
    "json": render_json,
}


def write_snapshots() -> None:
    for name, sample in SAMPLES.items():
        for suffix, render in RENDERERS.items():
            path = SNAPSHOTS / f"{name}.{suffix}"
            path.write_text(render(sample()), encoding="utf-8", newline="")


if __name__ == "__main__":
    write_snapshots()
