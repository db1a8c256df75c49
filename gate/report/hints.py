"""What test tells a survivor from the original, and the commands that show it and prove the test."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping

from gate.model import INTERPRETER_OPTION, MutantResult
from gate.report.words import one_line

_TOKEN = re.compile(r"\w+|\s+|<=|>=|==|!=|//|\*\*|<<|>>|.", re.DOTALL)
_LONGEST = 2_000
_EQUAL = "both sides of the comparison are equal"
_ONE_SIDE = "exactly one of the two conditions holds"
_NOT_ZERO = "the right side is not zero"
_NOT_ONE = "the right side is neither 1 nor -1"
_REMAINDER = "the division leaves a remainder"
_BY_CHANGE = {
    **dict.fromkeys([("<", "<="), ("<=", "<"), (">", ">="), (">=", ">")], _EQUAL),
    **dict.fromkeys([("and", "or"), ("or", "and")], _ONE_SIDE),
    **dict.fromkeys([("+", "-"), ("-", "+")], _NOT_ZERO),
    **dict.fromkeys([("*", "/"), ("/", "*")], _NOT_ONE),
    **dict.fromkeys([("//", "/"), ("/", "//")], _REMAINDER),
}
_BY_OPERATOR = {
    "number": "this exact number decides",
    "string": "this exact text decides",
    "argument": "the argument that is changed or left out decides",
    "assign": "the value assigned here is used",
    "augassign": "the value from before the assignment counts",
    "ternary": "the condition decides",
    "lambda": "what the function returns is used",
}


def how_to_kill(result: MutantResult) -> str:
    """Say in a sentence of our own words what a test that kills the mutant must do."""
    case = _BY_CHANGE.get(_differing(result.mutant.original, result.mutant.replacement))
    case = case or _BY_OPERATOR.get(result.mutant.operator)
    more = f", such as one in which {case}" if case else ""
    return f"Write a test for which the two versions differ{more}."


def python_option(environment: Mapping[str, str]) -> str:
    """Write what a command to copy needs to run the tests as a run did: ` --python …`, or nothing."""
    option = environment.get(INTERPRETER_OPTION, "")
    # What does not print is no text to copy.
    return (
        f" --python {shlex.quote(option)}" if option == one_line(option, len(option)) != "" else ""
    )


def show_command(result: MutantResult, option: str = "") -> str:
    """Write the command that runs the tests of a mutant again; `option` is what chooses the interpreter."""
    return f"gate show {shlex.quote(one_line(result.mutant.id))} --run{option}"


def prove_command(result: MutantResult, option: str = "") -> str:
    """Write the command that runs a mutant against the tests as they are now; `option` as above."""
    return f"gate prove {shlex.quote(one_line(result.mutant.id))}{option}"


def _differing(old: str, new: str) -> tuple[str, str]:
    """Give the tokens in which two texts differ, joined; nothing for texts that nobody reads."""
    if max(len(old), len(new)) > _LONGEST:
        return "", ""
    ours, theirs = _TOKEN.findall(old), _TOKEN.findall(new)
    start = _shared(ours, theirs)
    end = _shared(ours[start:][::-1], theirs[start:][::-1])
    differing = (ours[start : len(ours) - end], theirs[start : len(theirs) - end])
    return "".join(differing[0]).strip(), "".join(differing[1]).strip()


def _shared(ours: list[str], theirs: list[str]) -> int:
    """Count the leading tokens that two have in common."""
    pairs = enumerate(zip(ours, theirs, strict=False))
    return next((n for n, (a, b) in pairs if a != b), min(len(ours), len(theirs)))
