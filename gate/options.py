"""The options of every command that runs tests (click enters here too)."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

color_option = click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    show_default=True,
    metavar="WHEN",
    help="Colour: auto, always or never.",
)


def run_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of every command that runs tests."""
    options = [
        click.option("--base", metavar="REF", help="Also check what changed since REF."),
        click.option(
            "--policy",
            type=click.Path(path_type=Path),
            metavar="PATH",
            help="The policy file to judge by.",
        ),
        click.option(
            "--jobs",
            type=click.IntRange(min=1),
            default=os.cpu_count() or 1,
            show_default="cores",
            help="How many workers run tests at a time.",
        ),
        click.option(
            "--budget",
            metavar="DURATION",
            callback=_duration,
            help="Stop starting mutants after this time, such as 90s or 10m.",
        ),
        click.option(
            "--python",
            metavar="PATH",
            help="The interpreter that runs the tests.  [default: the project's environment]",
        ),
        click.option(
            "--out",
            type=click.Path(path_type=Path),
            metavar="DIR",
            help="Where results go.  [default: .gate]",
        ),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def environment_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that name the policy and the interpreter of a run."""
    policy = click.option(
        "--policy", type=click.Path(path_type=Path), metavar="PATH", help="The policy of that run."
    )
    python = click.option(
        "--python",
        metavar="PATH",
        help="The interpreter that runs the tests.  [default: the project's environment]",
    )
    return policy(python(command))


def show_report(report: str) -> None:
    """Write a report whose colour is decided already: click alone would take it out on the way to a pipe."""
    click.echo(report, nl=False, color=True)


def _duration(context: click.Context, option: click.Parameter, value: str | None) -> float | None:
    from gate.policy.values import parse_duration

    if value is None:
        return None
    try:
        return parse_duration(value)
    except ValueError:
        raise click.BadParameter(
            f"invalid duration {value!r} (try 90s, 10m, 1h30m)", context, option
        ) from None
