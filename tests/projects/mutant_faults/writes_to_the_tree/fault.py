"""The source is changed while the mutants run."""

from pathlib import Path


def checked(number):
    if number is None:
        with Path(__file__).open("a") as file:
            file.write("raise SystemExit\n")
    return number
