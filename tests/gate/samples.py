"""Five runs whose reports are committed as snapshots: empty, two passes, a fail, and a hostile one.

`PYTHONPATH=.:tests/gate python -m samples` writes the snapshots again; read the difference.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from builders import (
    TODAY,
    make_cause,
    make_change,
    make_evidence,
    make_exclusion,
    make_file_coverage,
    make_function,
    make_lost,
    make_mutant,
    make_order,
    make_outcome,
    make_policy,
    make_result,
    make_suite,
    make_test_change,
)
from outline import outline

from gate.judge.verdict import judge
from gate.model import (
    ChangedFile,
    ControlRun,
    Evidence,
    FailedControl,
    Finding,
    LostKills,
    Mutant,
    MutantResult,
    MutationRun,
    NotJudged,
    Problem,
    Ratio,
    Status,
    SuiteRun,
)
from gate.policy.model import Policy
from gate.report.agent import render_agent
from gate.report.annotations import render_annotations
from gate.report.html import render_html
from gate.report.json import render_json
from gate.report.junit import render_junit
from gate.report.markdown import render_comment, render_markdown
from gate.report.sarif import render_sarif
from gate.report.stryker import render_stryker
from gate.report.terminal import render_terminal
from gate.results.document import Results, Tool, document

CREATED = datetime(2026, 7, 1, 12, 30, 5, tzinfo=UTC)
ISOLATION = {"process": "forked workers, each in its own group", "network": "not isolated"}


def make_results(
    policy: Policy | None = None, evidence: Evidence | None = None, today: date = TODAY
) -> Results:
    policy, evidence = policy or make_policy(), evidence or make_evidence()
    results = document(policy, evidence, judge(policy, evidence, today).findings, CREATED)
    # The snapshots outlive a release.
    return replace(results, tool=Tool(name="testproof", version="0.0.0"))


def make_finding_entry(number: int, **fields: Any) -> Finding:
    """A finding on line `number` of pkg/a.py that forces FAIL."""
    defaults = {
        "rule": "coverage.line",
        "level": "error",
        "forces": "fail",
        "path": "pkg/a.py",
        "line": number,
        "measured": None,
        "required": None,
        "message": f"message {number}",
        "help": "",
    }
    return Finding(**{**defaults, **fields})


def make_results_with(*findings: Finding) -> Results:
    """A run with these findings, whose verdict does not follow from them."""
    return replace(make_results(), findings=findings)


def make_change_of(
    number: int, source: str, original: str, replacement: str, **fields: Any
) -> Mutant:
    """A mutant of the first `original` in `source`, whose first line is `line` (default: `number`)."""
    start = source.index(original)
    before, lines = source[:start], original.split("\n")
    skipped, head = before.count("\n"), before.rpartition("\n")[2]
    line = fields.pop("line", number) + skipped
    return make_mutant(
        number,
        id=f"{number * 0x9E3779B97F4A % 2**48:012x}",
        line=line,
        column=len(head) + 1,
        end_line=line + len(lines) - 1,
        end_column=len(lines[-1] if len(lines) > 1 else head + original) + 1,
        original=original,
        replacement=replacement,
        source="\n".join(source.split("\n")[skipped:][: len(lines)]),
        **fields,
    )


def make_results_of(
    first: int, status: Status, count: int, mutant: Callable[[int], Mutant], **fields: Any
) -> list[MutantResult]:
    """As many results of one status, numbered from `first`."""
    return [make_result(n, status, mutant=mutant(n), **fields) for n in range(first, first + count)]


def empty_run() -> Results:
    """Nothing was collected and nothing measured."""
    policy = make_policy("")
    suite = SuiteRun(())
    return make_results(policy, make_evidence(suite, files=()))


def narrowed_run() -> Results:
    """A pass of `gate check pkg/a.py --no-mutation`, where the policy has a core."""
    policy = make_policy('[source]\ninclude = ["pkg"]\n[mutation]\ncore = ["pkg/a.py"]\n')
    left_out = (
        NotJudged("files outside pkg/a.py", "PATHS"),
        NotJudged("mutation", "--no-mutation"),
    )
    suite = make_suite(
        make_outcome(),
        make_outcome("tests/test_a.py::test_gpu", "skipped", line=12),
        isolation={"level": "full", "not in force": "nothing", **ISOLATION},
        environment={"python": "3.11.9", "pytest": "9.2.0"},
    )
    return make_results(policy, make_evidence(suite, not_judged=left_out))


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
        [mutation]
        core = ["training/losses.py", "training/export_student.py"]
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
    mutation = passing_mutation()
    return make_results(
        policy, make_evidence(suite, files, changed, changed_files, mutation=mutation)
    )


def passing_mutation() -> MutationRun:
    """The mutants of a change: two survive, one of them written over several lines."""
    path = "training/export_student.py"
    tests = tuple(f"tests/test_export_student.py::test_round_trip[{n}]" for n in range(12))

    def killed(number: int) -> Mutant:
        source = "    if opset < MINIMUM:"
        return make_change_of(number, source, "<", "<=", path=path, function="check_opset")

    opset = make_change_of(
        44,
        "    opset: int = 17,",
        "17",
        "18",
        path=path,
        operator="number",
        function="StudentExporter.export",
    )
    call = make_change_of(
        51,
        "        torch.save(\n            student.state_dict(),\n            target,\n        )",
        "torch.save(\n            student.state_dict(),\n            target,\n        )",
        "torch.save(\n            student.state_dict(),\n            None,\n        )",
        path=path,
        operator="argument",
        function="StudentExporter.export",
    )
    log = make_change_of(
        55, '        log.info("saved")', '"saved"', '"XXsavedXX"', path=path, operator="string"
    )
    return MutationRun(
        (
            *make_results_of(100, "Killed", 17, killed, killed_by=tests[0], covered_by=tests[:3]),
            make_result(1, "Survived", mutant=opset, covered_by=tests),
            make_result(2, "Survived", mutant=call, covered_by=tests[:1]),
            make_result(3, "Ignored", mutant=log, reason="log: changes only what is logged"),
        ),
        core=(path,),
        changed=True,
        seconds=4.2,
        remembered=1,
        controls=ControlRun(positive=1, neutral=12),
    )


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
        [mutation]
        core = ["training/losses.py", "training/distillation", "training/constants.py"]
        [[path]]
        match = "training/losses.py"
        coverage.line = 95
        mutation.score = 85
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
    evidence = make_evidence(suite, files, mutation=failing_mutation(), lost=failing_lost())
    return make_results(policy, evidence)


def failing_lost() -> LostKills:
    """A test was removed and one loosened; one mutant is open, and one test has another name."""
    tests = "tests/test_losses.py"
    removed = make_test_change(f"{tests}::test_mask_gradient")
    kept = (f"{tests}::test_mask",)
    return make_lost(
        make_result(2001, "Survived", mutant=_assignment(2001), covered_by=kept),
        make_result(2002, "NoCoverage", mutant=_power(2002)),
        killer=removed,
        unresolved=(make_result(2003, mutant=_power(2003), status="Pending"),),
        tests=(removed, make_test_change(f"{tests}::test_kl", "renamed", f"{tests}::test_kl_is_0")),
        touched=3,
        asked=31,
        gone=2,
    )


LOSSES = "training/losses.py"
VARIANTS = "training/distillation/students/architectures/grouped_query_attention_variants.py"


def failing_mutation() -> MutationRun:
    """Mutants of all eight statuses in three files, one of them without any that counts."""
    tests = tuple(f"tests/test_losses.py::test_kl[{n}]" for n in range(34))
    some: dict[str, Any] = {"covered_by": tests[:5]}
    results = [
        *make_results_of(1, "Killed", 70, _power, killed_by=tests[0], covered_by=tests[:2]),
        *make_results_of(301, "Timeout", 4, _power, killed_by=tests[1], covered_by=tests[:2]),
        *make_results_of(401, "RuntimeError", 3, _power, killed_by=tests[2], covered_by=tests),
        *make_results_of(501, "Survived", 2, _power, covered_by=tests),
        *make_results_of(601, "Survived", 9, _assignment, **some),
        *make_results_of(701, "Survived", 1, _long_line, **some),
        *make_results_of(801, "Survived", 12, _heads, **some),
        *make_results_of(901, "Killed", 8, _heads, killed_by=tests[0], **some),
        *make_results_of(1001, "NoCoverage", 16, _forward),
        *make_results_of(1101, "NoCoverage", 1, _constant),
        *make_results_of(1201, "Pending", 8, _power),
        *make_results_of(1301, "CompileError", 1, _constant),
        *make_results_of(1401, "Ignored", 7, _power, reason="equivalent: compiles to the same"),
        *make_results_of(1501, "Ignored", 3, _constant, reason="log: changes only what is logged"),
        *make_results_of(1601, "Ignored", 1, _in_constants, reason="typing: changes only types"),
    ]
    core = (VARIANTS, LOSSES, "training/constants.py")
    controls = ControlRun(
        positive=3,
        unnoticed=("training/losses.py::log_gradients",),
        neutral=64,
        failed=(FailedControl("tests/test_losses.py::test_source_is_reviewed", 212),),
    )
    return MutationRun(tuple(results), core=core, seconds=311.0, remembered=12, controls=controls)


def _power(number: int) -> Mutant:
    source = "    return divergence * temperature**2"
    return make_change_of(
        number, source, "2", "3", line=88, path=LOSSES, operator="number", function="kl_divergence"
    )


def _assignment(number: int) -> Mutant:
    source = "    mask = labels.ne(IGNORED)"
    name = f"masked_{number % 3}"
    return make_change_of(
        number, source, "labels.ne(IGNORED)", "None", path=LOSSES, operator="assign", function=name
    )


def _long_line(number: int) -> Mutant:
    source = (
        "        raise ValueError(describe(settings) if settings.kl_weight + "
        "settings.ce_teacher_weight + settings.ce_ground_truth_weight <= 0.0 else None)"
    )
    return make_change_of(number, source, "<=", "<", path=LOSSES, function="KDSettings.validate")


def _heads(number: int) -> Mutant:
    source = "        if heads % groups:\n            raise ValueError(heads)\n        scale = 1"
    return make_change_of(
        number, source, "heads % groups", "heads / groups", path=VARIANTS, function="Variant1.split"
    )


def _forward(number: int) -> Mutant:
    source = "        return self.norm(x + self.attend(x))"
    name = f"Variant{number % 14}.forward"
    return make_change_of(number, source, "+", "-", path=VARIANTS, function=name)


def _constant(number: int) -> Mutant:
    source = "match kind:\n    case -1:\n        LEAST = None"
    return make_change_of(number, source, "-1", "+1", path=LOSSES, operator="unary", function="")


def _in_constants(number: int) -> Mutant:
    source = 'Reduction = Literal["mean"]'
    return make_change_of(number, source, '"mean"', '"MEAN"', path="training/constants.py")


def hostile_run() -> Results:
    """Names, messages and paths that would take over a terminal, a log or a page."""
    evil = "x\x1b[31m\r\n::error file=a::b ##[error]c [red]d[/red] <script>e</script> `f` |g| **h**"
    policy = make_policy('[mutation]\ncore = ["src"]\n')
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
    mutation = hostile_mutation(evil, files[0].path)
    lost = hostile_lost(evil, mutation)
    evidence = make_evidence(suite, files, changed, files, mutation=mutation, lost=lost)
    return make_results(policy, evidence)


def hostile_mutation(evil: str, path: str) -> MutationRun:
    """Sources, names and reasons that would take over what shows them."""
    page = "PAGE = QQQ\n```\n</details>\n::error::out\nQQQ".replace("QQQ", "'" * 3)
    sources = [
        (f"    '{evil}' + a", "+", "-"),
        ("::set-output name=a::b", "a::b", "##[endgroup]"),
        (f"{' ' * 400}\tx = '{'日本' * 200}' < '\u202e' # @team #1", "<", "``` <!-- -->"),
        ("#" * 30 + "[error]", "[error]", "[warning]"),
        (page, page, "PAGE = None"),
    ]
    survived = [
        make_result(
            number,
            "Survived",
            mutant=make_change_of(number, *source, path=path, function=f"{evil}.{number}"),
            covered_by=(f"tests/test_a.py::{evil}",),
        )
        for number, source in enumerate(sources, 1)
    ]
    ignored = make_result(8, "Ignored", mutant=make_mutant(8, path="::add-mask::x", id="::stop::"))
    pending = make_result(9, "Pending", mutant=make_mutant(9, path=path), reason=evil)
    missed = make_result(10, "NoCoverage", mutant=make_mutant(10, path=path, function=evil))
    named = replace(ignored, reason=f"{evil}: {evil}")
    controls = ControlRun(
        1, (f"{path}::{evil}",), 1, (FailedControl(f"tests/test_a.py::{evil}", 1),)
    )
    results = (*survived, named, pending, missed)
    return MutationRun(results, core=(path,), seconds=1.0, controls=controls)


def hostile_lost(evil: str, mutation: MutationRun) -> LostKills:
    """The same mutants and names, as kills that are lost."""
    kills = [result for result in mutation.results if result.status == "Survived"]
    killer = make_test_change(f"tests/test_a.py::{evil}", "removed", f"::error::{evil}")
    problems = (Problem(evil, f"```\n</details> {evil}"),)
    return make_lost(*kills, killer=killer, problems=problems)


SAMPLES: dict[str, Callable[[], Results]] = {
    "empty": empty_run,
    "pass": passing_run,
    "narrowed": narrowed_run,
    "fail": failing_run,
    "hostile": hostile_run,
}
# What ends plain text in a log; a run draws one of its own.
TOKEN = "0123456789abcdef"


def _json_without_passes(results: Results) -> str:
    """The document without the tests that simply passed, of which a run has hundreds."""
    document = json.loads(render_json(results))
    outcomes = document["suite"]["outcomes"]
    document["suite"]["outcomes"] = [
        test for test in outcomes if test["outcome"] != "passed" or test["cause"]
    ]
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


SNAPSHOTS = Path(__file__).parent / "report" / "snapshots"
RENDERERS: dict[str, Callable[[Results], str]] = {
    "80.txt": lambda results: render_terminal(
        results, 80, color=False, location=".gate/results.json"
    ),
    "120.txt": lambda results: render_terminal(results, 120, color=False),
    "color.txt": lambda results: render_terminal(results, 100, color=True),
    "md": render_markdown,
    "comment.md": render_comment,
    "agent.md": render_agent,
    "github.txt": lambda results: render_annotations(results, TOKEN),
    "sarif": render_sarif,
    "junit.xml": render_junit,
    "stryker.json": lambda results: render_stryker(results, {}),
    "json": _json_without_passes,
    "html.txt": lambda results: outline(render_html(results, {})),
}


def write_snapshots() -> None:
    for name, sample in SAMPLES.items():
        for suffix, render in RENDERERS.items():
            path = SNAPSHOTS / f"{name}.{suffix}"
            path.write_text(render(sample()), encoding="utf-8", newline="")


if __name__ == "__main__":
    write_snapshots()
