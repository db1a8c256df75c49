"""Which mutants teach nothing, each with the rule and the reason; docs/mutants.md explains the rules.

Code is compared as it compiles, one statement at a time, never run.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from gate.model import Mutant
from gate.mutate.contexts import Context, Contexts
from gate.mutate.fingerprints import Fingerprint, fingerprint
from gate.mutate.names import read_names
from gate.mutate.regions import Regions
from gate.mutate.text import Text, read_text
from gate.mutate.wording import struck_out, wording_rules
from gate.source.code import parse

# A longer statement (a table of constants, say) would be compiled once for each of its parts.
_LONG = 2_000
_REASONS = {
    "typing": "changes only what a type checker reads",
    "log": "changes only what is logged",
    "warning": "changes only the text of a warning",
    "message": "changes only the text of an exception, or of a command's help",
    "equivalent": "compiles to the same code as the original",
}


def mark_noise(
    mutants: Sequence[Mutant], source: bytes, rules: Collection[str]
) -> tuple[Mutant, ...]:
    """Set `ignored` of those mutants of one file that fall under one of the rules.

    A mutant that does not compile is left as it is. Raises SourceError as `generate` does.
    """
    if not mutants:
        return ()
    text = read_text(mutants[0].path, source)
    tree = parse(mutants[0].path, text.data.decode())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # each piece of their code is compiled again
        marking = _Marking(text, tree, rules)
        return tuple(replace(mutant, ignored=marking.reason(mutant)) for mutant in mutants)


class _Marking:
    """One pass over the mutants of a file, which remembers what it has compiled."""

    def __init__(self, text: Text, tree: ast.Module, rules: Collection[str]) -> None:
        self._text = text
        self._rules = rules
        self._regions = Regions(text, tree, rules)
        self._contexts = Contexts(text, tree)
        self._names = read_names(tree)
        self._compiled: dict[Context, tuple[str, Fingerprint] | None] = {}
        self._worded: dict[Context, dict[str, str]] = {}
        self._seen: dict[tuple[object, ...], str] = {}

    def reason(self, mutant: Mutant) -> str:
        """Say which rule a mutant falls under and why, as `rule: reason`; empty for a real one."""
        return (
            self._regions.pragma(mutant)
            or self._wording(mutant)
            or self._sameness(mutant)
            or self._regions.idle(mutant)
        )

    def _wording(self, mutant: Mutant) -> str:
        context = self._contexts.around(mutant)
        if context is None or context.end - context.start > _LONG:
            return ""
        for rule, original in self._struck_out(context).items():
            before, _ = self._original(context) or ("", ())
            code = context.code(self._text, before, mutant)
            if struck_out(code, rule, self._names) == original:
                return f"{rule}: {_REASONS[rule]}"
        return ""

    def _struck_out(self, context: Context) -> dict[str, str]:
        """Give the original without its wording, for each rule that finds any in it."""
        if context not in self._worded:
            compiled = self._original(context)
            code = context.code(self._text, compiled[0]) if compiled else ""
            found = wording_rules(ast.parse(code), self._names)
            chosen = [rule for rule in found if rule in self._rules]
            self._worded[context] = {r: struck_out(code, r, self._names) for r in chosen}
        return self._worded[context]

    def _sameness(self, mutant: Mutant) -> str:
        """Compare what the mutant compiles to with the original and with the mutants before it."""
        for context in self._narrow_first(mutant):
            original = self._original(context)
            if original is None:
                continue
            before, written = original
            mutated = fingerprint(context.code(self._text, before, mutant))
            if mutated is None:
                return ""
            if mutated == written and "equivalent" in self._rules:
                return f"equivalent: {_REASONS['equivalent']}"
            first = self._seen.setdefault((mutant.function, context, mutated), mutant.id)
            if first != mutant.id and "duplicate" in self._rules:
                return f"duplicate: the same change as {first}"
            return ""
        return ""

    def _narrow_first(self, mutant: Mutant) -> Iterator[Context]:
        context = self._contexts.around(mutant)
        if context is None:
            return
        if context.end - context.start > _LONG:
            befores = ("def _():\n _ = (", "async def _():\n _ = (")
            yield Context(mutant.start, mutant.end, befores, ")")
        yield context

    def _original(self, context: Context) -> tuple[str, Fingerprint] | None:
        """Compile a piece as it was written: after which of its beginnings it does, and to what."""
        if context not in self._compiled:
            tried = (
                (before, fingerprint(context.code(self._text, before)))
                for before in context.befores
            )
            self._compiled[context] = next(
                ((before, found) for before, found in tried if found is not None), None
            )
        return self._compiled[context]
