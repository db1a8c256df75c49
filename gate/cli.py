"""The commands: options in, one pipeline call, an exit code out (click enters here)."""

from __future__ import annotations

import os
import shutil
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from gate import __version__
from gate.errors import ExitCode, GateError

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


@click.group(context_settings=CONTEXT)
@click.version_option(__version__, prog_name="gate")
def cli() -> None:
    """Would these tests notice if this code were wrong?

    Exit codes: 0 PASS, 3 FAIL, 5 INCONCLUSIVE, 2 usage, policy or environment error, 70 a bug in gate,
    130 interrupted.
    """


@cli.command()
@click.option(
    "--base", metavar="REF", help="Gate the lines changed since the merge base with REF as well."
)
@click.option(
    "--policy", type=click.Path(path_type=Path), metavar="PATH", help="The policy file to judge by."
)
@click.option(
    "--jobs", type=click.IntRange(min=1), default=os.cpu_count() or 1, show_default="cores"
)
@click.option("--no-mutation", is_flag=True, help="Measure coverage only.")
@click.option(
    "--python", default=sys.executable, metavar="PATH", help="The interpreter that runs the tests."
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Where results go.  [default: .gate]",
)
@click.argument("paths", nargs=-1, metavar="[PATHS]...")
def check(paths: tuple[str, ...], **options: Any) -> None:
    """Run the suite under coverage, measure, and decide.

    PATHS narrow what is measured.

    \b
    Example: gate check --base origin/main
             gate check training --no-mutation --jobs 2
    """
    from gate.pipeline import Request, check
    from gate.progress import progress_for
    from gate.report.terminal import render_terminal

    no_mutation = options.pop("no_mutation")
    del no_mutation
    request = Request(start=Path.cwd(), paths=paths, **options)
    with progress_for() as progress:
        results, path = check(request, progress)
    width = shutil.get_terminal_size((100, 24)).columns
    color = sys.stdout.isatty()
    shown = render_terminal(results, width=min(width, 120), color=color, location=_shown(path))
    click.echo(shown, nl=False)
    sys.exit(results.exit_code)


@cli.command()
@click.argument("results", type=click.Path(path_type=Path), default=Path(".gate/results.json"))
@click.option(
    "--format", "form", type=click.Choice(["terminal", "json", "markdown"]), default="terminal"
)
@click.option(
    "--output", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write here."
)
def report(results: Path, form: str, output: Path | None) -> None:
    """Render a results document again; no test is run.

    \b
    Example: gate report .gate/results.json --format markdown --output summary.md
    """
    from gate.results import read_results

    text = _renderer(form)(read_results(results))
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise GateError(
            f"{output} cannot be written: {error.strerror}", "name another --output"
        ) from error


@cli.command()
@click.argument("rule", required=False)
def explain(rule: str | None) -> None:
    """Say what a rule checks, why, and how to fix what it finds; without RULE list them all.

    \b
    Example: gate explain coverage.branch
    """
    from gate.judge.catalogue import explain_rule, list_rules

    click.echo(list_rules() if rule is None else explain_rule(rule))


def main() -> None:
    """Run the command line and leave with one of the exit codes of the contract."""
    sys.exit(_guarded(lambda: cli.main(prog_name="gate", standalone_mode=False)))


def _guarded(run: Callable[[], Any]) -> int:
    """Run a command that leaves by SystemExit, and turn every other way out into its exit code."""
    try:
        run()
        return 0
    except SystemExit as error:
        return error.code if isinstance(error.code, int) else ExitCode.USAGE
    except Exception as error:  # noqa: BLE001 - the edge of the program
        return _report(error)
    except KeyboardInterrupt:
        return _report(click.Abort())


def _report(error: Exception) -> int:
    """Tell the user what went wrong; only a bug in the gate shows a traceback."""
    match error:
        case click.Abort():
            click.echo("interrupted: no verdict", err=True)
            return ExitCode.INTERRUPTED
        case click.ClickException():
            error.show()
            return ExitCode.USAGE
        case GateError():
            click.echo(f"error: {error.message}", err=True)
            if error.hint:
                click.echo(f"  next: {error.hint}", err=True)
            return error.exit_code
    trace = "".join(traceback.format_exception(error))
    click.echo(f"{trace}\nThis is a bug in gate {__version__}; no verdict.", err=True)
    return ExitCode.BUG


def _renderer(form: str) -> Callable[[Any], str]:
    if form == "json":
        from gate.report.json import render_json

        return render_json
    if form == "markdown":
        from gate.report.markdown import render_markdown

        return render_markdown
    from gate.report.terminal import render_terminal

    return lambda results: render_terminal(results, width=100, color=False)


def _shown(path: Path) -> str:
    return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path)
