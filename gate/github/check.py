"""The step of the Action that decides: `gate check`, and its verdict as files, annotations and outputs.

Everything that writes a report is imported before the tests run, as they have the rights of this process's
user, and may write where it was installed.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from gate.cli import run
from gate.errors import ExitCode, GateError
from gate.github.event import Base, from_fork, read_event
from gate.github.inputs import Inputs, base_in
from gate.github.runner import (
    add_summary,
    complain,
    no_commands,
    publish,
    say,
    set_outputs,
    warn,
)
from gate.judge.verify import verify
from gate.rendering import render, write_whole
from gate.report import words
from gate.report.annotations import render_annotations
from gate.report.markdown import render_markdown
from gate.report.markup import prose
from gate.results.document import FILE_NAME, Results, read_results

SARIF, HTML = "report.sarif", "report.html"


def check(environ: Mapping[str, str]) -> int:
    """Judge the checkout around the current folder, report, and give the exit code of the verdict."""
    out = Path(environ.get("RUNNER_TEMP") or ".gate").absolute() / "gate-report"
    fork = from_fork(read_event(environ))
    set_outputs(environ, report=str(out), fork=str(fork).lower())
    try:
        command = command_line(Inputs.of(environ), base_in(environ), out)
    except GateError as error:
        return _no_verdict(environ, error.exit_code, f"{error.message}; next: {error.hint}")
    # What an earlier run left must not be taken for this one's.
    for name in (FILE_NAME, SARIF, HTML):
        with suppress(OSError):
            (out / name).unlink()
    with no_commands():
        code = run(command)
    results = borne_out(out / FILE_NAME, code)
    if results is None:
        return _no_verdict(environ, code, "the log above says why")
    left_out = words.left_out(results)
    set_outputs(environ, verdict=results.verdict, exit_code=str(code), not_judged=left_out)
    if left_out:
        warn(f"the workflow asks for less than a whole check: {left_out}")
    _report(results, out, environ)
    return code


def command_line(inputs: Inputs, base: Base, out: Path) -> list[str]:
    """Write the command line of `gate`, and say what it compares with."""
    named = f"base {base.commit}: {base.why}" if base.commit else f"no base: {base.why}"
    say(named)
    command = ["check", "--out", str(out), "--python", inputs.python or "python"]
    command += ["--policy", inputs.policy] if inputs.policy else []
    command += ["--base", base.commit] if base.commit else []
    return [*command, *inputs.arguments]


def borne_out(document: Path, code: int) -> Results | None:
    """Read what a run wrote; None where there is nothing, or it does not bear out the exit code."""
    if not document.exists():
        return None
    try:
        results = read_results(document)
        verify(results)
    except GateError as error:
        say(error.message)
        return None
    return results if results.exit_code == code else None


def _no_verdict(environ: Mapping[str, str], code: int, why: str) -> int:
    """Say that nothing was judged; without a document no exit code may be read as a verdict."""
    code = ExitCode.INCONCLUSIVE if code in {ExitCode.PASS, ExitCode.FAIL} else code
    set_outputs(environ, verdict="none", exit_code=str(int(code)))
    complain(f"there is no verdict (exit code {int(code)}): {why}")
    add_summary(environ, f"## gate: no verdict\n\nExit code {int(code)}: {prose(why)}.\n")
    return code


def _report(results: Results, out: Path, environ: Mapping[str, str]) -> None:
    """Write all reports; one that cannot be written is a note, and changes nothing."""
    publish(render_annotations(results, secrets.token_hex(16)))
    add_summary(environ, render_markdown(results))
    for name, form in ((SARIF, "sarif"), (HTML, "html")):
        try:
            write_whole(out / name, render(results, form, None)[0])
        except GateError as error:
            say(f"{name} is not written: {error.message}")
    if (out / SARIF).is_file():
        set_outputs(environ, sarif=str(out / SARIF))
