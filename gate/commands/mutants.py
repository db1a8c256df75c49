"""The commands about single mutants: show one, prove a test against it, write it into the working file."""

from __future__ import annotations

import functools
import sys
from pathlib import Path
from typing import Any

import click

from gate.errors import ExitCode, UsageError
from gate.options import color_option, environment_options, show_report
from gate.screen import When, colored, width

_results = click.option(
    "--results",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The results document to look in.  [default: those of the last runs in .gate]",
)


@click.command()
@click.argument("mutant", metavar="MUTANT|FILE:LINE")
@_results
@click.option("--run", "again", is_flag=True, help="Run its tests again and confirm the result.")
@environment_options
@color_option
def show(mutant: str, results: Path | None, again: bool, color: When, **options: Any) -> None:
    """Show one mutant, or those of a line.

    That is the change, what became of it, and the tests that ran it. MUTANT is an id or the beginning
    of one. With --run its tests run again, on the original and on the mutant; the exit code is 0 when
    they say what the results say.

    \b
    Example: gate show 3f2a9c --run
             gate show training/losses.py:42
    """
    from gate.report.terminal import render_line, render_mutant

    found = _look_up(mutant, _documents(results))
    if len(found.mutants) > 1 and again:
        raise UsageError(
            f"{len(found.mutants)} mutants change {mutant}, and --run is about one",
            "take the id of one of them",
        )
    in_color = colored(color)
    if len(found.mutants) > 1:
        show_report(render_line(found.mutants, width(), in_color))
        return
    (result,) = found.mutants
    show_report(render_mutant(found.results, result, width(), in_color))
    if again:
        _run_again(found, result, color, **options)


def _run_again(found: Any, before: Any, color: When, **options: Any) -> None:
    from gate.progress import progress_for
    from gate.report.terminal import render_proof
    from gate.reproduce import reproduce
    from gate.request import Request

    options["policy"] = options["policy"] or _policy_of(found.results)
    request = Request(start=Path.cwd(), targets=(before.mutant.path,), **options)
    with progress_for(color=color) as progress:
        result = reproduce(request, before, progress)
    show_report(render_proof(found.results, before, result, width(), colored(color)))
    sys.exit(ExitCode.PASS if result.status == before.status else ExitCode.INCONCLUSIVE)


@click.command()
@click.argument("mutants", nargs=-1, required=True, metavar="MUTANT...")
@_results
@environment_options
@color_option
def prove(mutants: tuple[str, ...], results: Path | None, color: When, **options: Any) -> None:
    """Run mutants against the tests as they are now.

    New and edited tests take part. MUTANT is an id, the beginning of one, or FILE:LINE. The exit code
    is 0 when all are killed, 3 when one survives, 5 when what becomes of one is not known. The results
    of the last run stay as they are.

    \b
    Example: gate prove 3f2a9c
    """
    from gate.progress import progress_for
    from gate.prove import exit_code
    from gate.prove import prove as run
    from gate.report.terminal import render_proved
    from gate.request import Request

    documents = _documents(results)
    found = [_look_up(mutant, documents) for mutant in mutants]
    options["policy"] = options["policy"] or _policy_of(found[0].results)
    with progress_for(color=color) as progress:
        proved = run(Request(start=Path.cwd(), **options), found, progress)
    show_report(render_proved(proved, width(), colored(color)))
    sys.exit(exit_code(proved))


@click.command()
@click.argument("mutant", required=False)
@_results
@click.option("--undo", is_flag=True, help="Put the file back, byte for byte.")
def apply(mutant: str | None, results: Path | None, undo: bool) -> None:
    """Write a mutant into the working file; --undo puts it back.

    There you can step through it with a debugger. A file with changes that are not committed is
    refused. While a mutant stands in a file, gate check and gate mutate refuse to run.

    \b
    Example: gate apply 3f2a9c
             gate apply --undo
    """
    from gate.mutate import applied
    from gate.mutate.campaign import make_again
    from gate.request import DEFAULT_OUT, ignored_folder

    if undo is (mutant is not None):
        raise UsageError("name a mutant, or --undo", "gate apply 3f2a9c, later gate apply --undo")
    root = _root()
    out = ignored_folder(root / DEFAULT_OUT)
    if mutant is None:
        put_back = applied.undo(root, out)
        click.echo(f"{put_back.path} is as it was before mutant {put_back.mutant}")
        return
    applied.refuse_second(out)
    found = _look_up(mutant, _documents(results))
    if len(found.mutants) > 1:
        raise UsageError(f"{len(found.mutants)} mutants change {mutant}", "take the id of one")
    (before,) = (result.mutant for result in found.mutants)
    (again,) = make_again(root, before.path, [before.id])
    state = applied.apply(root, out, again)
    click.echo(f"mutant {state.mutant} stands in {state.path}:{before.line}")
    click.echo("put it back with  gate apply --undo")


def _look_up(asked: str, documents: Any) -> Any:
    from gate.lookup import look_up

    return look_up(asked, documents, _root(), Path.cwd())


def _documents(results: Path | None) -> Any:
    from gate.lookup import ReadOnce
    from gate.request import DEFAULT_OUT
    from gate.results.document import read_results
    from gate.results.runs import documents

    if results is not None:
        return [(results, read_results(results))]
    return ReadOnce(documents(_root() / DEFAULT_OUT))


@functools.cache
def _root() -> Path:
    from gate.source.git import repository_root

    return repository_root(Path.cwd())


def _policy_of(results: Any) -> Path | None:
    """The policy file that results were judged by, where it is still there."""
    path = _root() / str(results.policy.origin)
    return path if path.is_file() else None
