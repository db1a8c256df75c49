"""The commands: options in, one pipeline call, an exit code out (click enters here)."""

from __future__ import annotations

import errno
import functools
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from gate import __version__
from gate.commands.mutants import apply, prove, show
from gate.errors import ExitCode, GateError, InterruptedRunError, UsageError
from gate.options import color_option, run_options, show_report
from gate.screen import When, colored, width

# What the system says of a disk that takes no more: no bug, wherever it is met.
NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS})
CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


@click.group(context_settings=CONTEXT)
@click.version_option(__version__, prog_name="gate")
def cli() -> None:
    """Would these tests notice if this code were wrong?

    Exit codes: 0 PASS, 3 FAIL, 5 INCONCLUSIVE, 2 usage, policy or environment error, 70 a bug in gate,
    130 interrupted.
    """


for _command in (show, prove, apply):
    cli.add_command(_command)


@cli.command()
@run_options
@color_option
@click.option("--no-mutation", is_flag=True, help="Measure coverage only; mutants are not judged.")
@click.argument("paths", nargs=-1, metavar="[PATHS]...")
def check(paths: tuple[str, ...], no_mutation: bool, color: When, **options: Any) -> None:
    """Run tests, coverage and mutants, and give a verdict.

    With --base the changed lines are checked too, and only the mutants of functions that the change
    touches are run. PATHS narrow what is measured. What these options leave out is named in the
    first line of the report.

    \b
    Example: gate check --base origin/main
             gate check training --no-mutation --jobs 2
    """
    from gate.request import Request

    _decide(Request(start=Path.cwd(), paths=paths, mutation=not no_mutation, **options), color)


@cli.command()
@run_options
@click.option(
    "--engine",
    default="local",
    show_default=True,
    metavar="ENGINE",
    hidden=True,
)
@color_option
@click.option("--list", "listing", is_flag=True, help="List the mutants and run nothing.")
@click.argument("targets", nargs=-1, required=True, metavar="TARGET...")
def mutate(
    targets: tuple[str, ...], engine: str, listing: bool, color: When, **options: Any
) -> None:
    """Run the mutants of files, folders, functions or lines.

    A TARGET is a file, a folder, FILE::NAME for a function, method or class, or FILE:LINE.

    \b
    Example: gate mutate training/distill_kd.py
             gate mutate training/losses.py::kl_divergence --jobs 2
    """
    from gate.request import Request

    if engine != "local":
        raise UsageError(f"there is no engine {engine!r}", "the only engine so far is local")
    request = Request(start=Path.cwd(), targets=targets, **options)
    if listing:
        from gate.pipeline import list_mutants
        from gate.report.listing import render_listing

        click.echo(render_listing(list_mutants(request), width()), nl=False)
        return
    _decide(request, color)


@cli.command()
@click.argument("results", type=click.Path(path_type=Path), required=False)
@click.option(
    "--format",
    "form",
    type=click.Choice(
        [
            "terminal",
            "json",
            "markdown",
            "github",
            "sarif",
            "junit",
            "stryker",
            "html",
        ]
    ),
    default="terminal",
    show_default=True,
)
@click.option(
    "--audience",
    type=click.Choice(["summary", "comment", "agent"]),
    help="Who reads the Markdown: a step summary, a comment, or a coding agent.  [default: summary]",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write to FILE (atomically).",
)
@click.option(
    "--verbose", "-v", is_flag=True, help="Show how the run was isolated and measured, too."
)
@color_option
def report(
    results: Path | None,
    form: str,
    audience: str | None,
    output: Path | None,
    verbose: bool,
    color: When,
) -> None:
    """Show or convert the last results; no test is run. Results that were edited are refused.

    \b
    Example: gate report .gate/results.json --format markdown --output summary.md
             gate report --verbose
             gate report --format markdown --audience agent
             gate report --format html --output report.html
    """
    from gate.judge.verify import verify as check
    from gate.rendering import Look, render, write_whole
    from gate.results.document import read_results

    found = read_results(results or _newest_results())
    check(found)
    look = Look(width(), color == "always" if output else colored(color), verbose)
    text, notes = render(found, form, audience, look)
    for note in notes:
        click.echo(f"note: {note}", err=True)
    if output is None:
        # What a program reads is UTF-8, whatever the locale says.
        click.echo(text.encode("utf-8", "backslashreplace"), nl=False)
    else:
        write_whole(output, text)


@cli.command()
@click.argument("results", type=click.Path(path_type=Path), required=False)
@click.option(
    "--policy",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="Refuse results that were judged by another policy than this file.",
)
def verify(results: Path | None, policy: Path | None) -> None:
    """Verify that a results file supports its verdict; no test is run.

    The exit code is that of its verdict, or 5 if the evidence does not support the verdict: the file
    was edited, or it contradicts itself.

    \b
    Example: gate verify .gate/results.json --policy gate.toml
    """
    from gate.judge.verify import verify as check
    from gate.policy.search import load_policy
    from gate.report.verified import render_verified
    from gate.request import shown
    from gate.results.document import read_results

    where = results or _newest_results()
    found = read_results(where)
    check(found, None if policy is None else load_policy(Path.cwd(), policy))
    click.echo(render_verified(found, shown(where)), nl=False)
    sys.exit(found.exit_code)


@cli.command()
@click.option("--dry-run", is_flag=True, help="Show what would be written, and write nothing.")
@click.option("--no-run", is_flag=True, help="Do not run the suite: write the gate's own goals.")
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    default=os.cpu_count() or 1,
    show_default="cores",
    help="How many workers run tests at a time.",
)
@click.option("--python", metavar="PATH", help="The interpreter that runs the tests.")
@color_option
def init(dry_run: bool, no_run: bool, jobs: int, python: str | None, color: When) -> None:
    """Create a policy and CI workflows for this repository.

    The suite runs once, and mutants for a minute, so that the policy asks what the repository reaches
    today. No file is overwritten: when one of them is already there, none is written.

    \b
    Example: gate init --dry-run --no-run
             gate init
    """
    from gate.init.stage import Trying, plan_files, preview, refuse_existing, write_plan
    from gate.progress import progress_for

    if not dry_run:
        refuse_existing(Path.cwd())
    if no_run:
        plan = plan_files(Path.cwd())
    else:
        with progress_for(color=color) as progress:
            plan = plan_files(Path.cwd(), Trying(jobs, python, progress))
    for line in preview(plan) if dry_run else write_plan(plan):
        click.echo(line)


@cli.command()
@click.option(
    "--policy", type=click.Path(path_type=Path), metavar="PATH", help="The policy file to look at."
)
@click.option("--python", metavar="PATH", help="The interpreter that runs the tests.")
@color_option
def doctor(color: When, **options: Any) -> None:
    """Check the setup and suggest fixes.

    The suite is collected as a run does it; no test is run. The exit code is 0 when nothing keeps the
    gate from running, and 2 otherwise.

    \b
    Example: gate doctor --python .venv/bin/python
    """
    from gate.doctor.checks import can_run
    from gate.doctor.lines import check_rows, sum_up
    from gate.doctor.stage import examine
    from gate.report.terminal import render_rows
    from gate.request import Request

    in_color, checks = colored(color), []
    told = functools.partial(click.echo, err=True)
    for check in examine(Request(start=Path.cwd(), **options), told):
        checks.append(check)
        show_report(render_rows(check_rows(check), width(), in_color))
    show_report(render_rows(sum_up(checks), width(), in_color))
    sys.exit(ExitCode.PASS if can_run(checks) else ExitCode.USAGE)


@cli.command()
@click.argument("rule", required=False)
def explain(rule: str | None) -> None:
    """Explain a rule, or list all rules.

    \b
    Example: gate explain coverage.branch
    """
    from gate.judge.catalogue import explain_rule, list_rules

    click.echo(list_rules(width()) if rule is None else explain_rule(rule, width()))


def _decide(request: Any, color: When) -> None:
    """Run a check or a mutation run, show what came of it, and leave with its exit code."""
    from gate.pipeline import check as run
    from gate.progress import progress_for
    from gate.report.terminal import render_terminal
    from gate.request import shown

    with progress_for(color=color) as progress:
        results, path = run(request, progress)
    show_report(render_terminal(results, width(), colored(color), shown(path)))
    sys.exit(results.exit_code)


def _newest_results() -> Path:
    """The results document of the repository around, which is the current folder where there is none."""
    from gate.request import DEFAULT_OUT
    from gate.results.document import FILE_NAME
    from gate.source.git import repository_root

    try:
        root = repository_root(Path.cwd())
    except GateError:
        root = Path.cwd()
    return root / DEFAULT_OUT / FILE_NAME


def main() -> None:
    """Run the command line and leave with one of the exit codes of the contract."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run a command line and give its exit code."""
    return guarded(lambda: cli.main(list(arguments), prog_name="gate", standalone_mode=False))


def guarded(command: Callable[[], Any]) -> int:
    """Run a command that leaves by SystemExit or gives a code, and turn every way out into its exit code."""
    try:
        return int(command() or 0)
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
        case InterruptedRunError():
            click.echo(error.message, err=True)
            if error.hint:
                click.echo(f"  next: {error.hint}", err=True)
            return error.exit_code
        case click.ClickException():
            error.show()
            return ExitCode.USAGE
        case GateError():
            click.echo(f"error: {error.message}", err=True)
            if error.hint:
                click.echo(f"  next: {error.hint}", err=True)
            return error.exit_code
        case OSError() if error.errno in NO_ROOM:
            where = f": {error.filename}" if error.filename else ""
            click.echo(f"error: nothing can be written{where}: {error.strerror}", err=True)
            click.echo("  next: free some space on the disk, then run the gate again", err=True)
            return ExitCode.USAGE
    trace = "".join(traceback.format_exception(error))
    click.echo(f"{trace}\nThis is a bug in gate {__version__}; no verdict.", err=True)
    return ExitCode.BUG
