"""Compare the mutants of `gate.mutate.generate` with those that mutmut 3.8 makes of the same files.

    python benchmarks/parity_generate.py FILE...

A mutant is the function it is in and the statement as mutated, as `ast.dump` shows it; how often each
occurs counts. Prints a row for each file, then what only one side has, by reason.
"""

from __future__ import annotations

import ast
import os
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import libcst as cst
from libcst.metadata import MetadataWrapper, ParentNodeProvider, PositionProvider
from mutmut.configuration import config
from mutmut.mutation.file_mutation import NEVER_MUTATE_FUNCTION_NAMES, Mutation, create_mutations
from mutmut.mutation.trampoline_templates import mangle_function_name

from gate.model import Mutant
from gate.mutate.contexts import Contexts
from gate.mutate.generate import generate
from gate.mutate.text import Text, read_text

Key = tuple[str, str]
BODY = cst.IndentedBlock([cst.SimpleStatementLine([cst.Expr(cst.Call(cst.Name("_")))])])
ANY_CASE = cst.MatchCase(cst.MatchAs(), BODY)
STATEMENTS = (
    cst.BaseSmallStatement,
    cst.BaseCompoundStatement,
    cst.MatchCase,
    cst.ExceptHandler,
    cst.ExceptStarHandler,
)


@dataclass(frozen=True, slots=True)
class Theirs:
    """One mutant of mutmut's: its key, the name of its function, and the line of what it changes."""

    key: Key
    name: str
    line: int


def main() -> None:
    """Compare the files named on the command line."""
    warnings.simplefilter("ignore")
    say(f"{'mutmut':>8}{'ours':>8}{'common':>8}{'missing':>9}{'seconds':>9}  file")
    missing: Counter[str] = Counter()
    added: Counter[str] = Counter()
    sources = {name: Path(name).read_bytes() for name in sys.argv[1:]}
    settle_mutmut()
    for name, source in sources.items():
        started = time.perf_counter()
        mutants = generate(name, source)
        seconds = time.perf_counter() - started
        theirs = mutmut_keys(source.decode())
        ours = our_keys(read_text(name, source), mutants)
        common = theirs & Counter({key: len(found) for key, found in ours.items()})
        missing += Counter(absent(key) for key in (theirs - common).elements())
        for key, found in ours.items():
            added += Counter(reason(mutant) for mutant in found[common[key] :])
        gone = theirs.total() - common.total()
        row = f"{theirs.total():8}{len(mutants):8}{common.total():8}{gone:9}{seconds:9.2f}"
        say(f"{row}  {name}")
    for title, counter in (("only mutmut", missing), ("only ours", added)):
        for why, count in counter.most_common():
            say(f"{title:>12}: {count:6}  {why}")


def say(line: str) -> None:
    """Print a line."""
    sys.stdout.write(f"{line}\n")


def settle_mutmut() -> None:
    """Give mutmut the configuration that it insists on, in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "setup.cfg").write_text("[mutmut]\nsource_paths=.\n")
        before = os.getcwd()
        os.chdir(folder)
        config()
        os.chdir(before)


def mutmut_keys(code: str) -> Counter[Key]:
    """Key each of mutmut's mutants inside top-level functions and methods."""
    return Counter(each.key for each in mutmut_mutants(code))


def mutmut_mutants(code: str) -> Iterator[Theirs]:
    """Yield mutmut's mutants inside top-level functions and methods, named as it names them."""
    module, mutations, _, _ = create_mutations("m.py", code)
    wrapper = MetadataWrapper(module, unsafe_skip_copy=True)
    parents = wrapper.resolve(ParentNodeProvider)
    lines = wrapper.resolve(PositionProvider)
    numbers: Counter[cst.FunctionDef] = Counter()
    for mutation in mutations:
        function = mutation.contained_by_top_level_function
        if not isinstance(function, cst.FunctionDef):
            continue
        holder = parents.get(parents[function])
        class_name = holder.name.value if isinstance(holder, cst.ClassDef) else ""
        if isinstance(mutation.original_node, cst.Match):
            gone = dropped(mutation)
            shown = f"case on line {lines[gone].start.line}"
        else:
            statement: cst.CSTNode = mutation.original_node
            while not isinstance(statement, STATEMENTS):
                statement = parents[statement]
            shown = mutated(statement, mutation)
        numbers[function] += 1
        name = function.name.value
        mangled = mangle_function_name(name=name, class_name=class_name or None)
        place = lines.get(mutation.original_node)
        yield Theirs(
            key=(f"{class_name}.{name}" if class_name else name, shown),
            name=f"{mangled}__mutmut_{numbers[function]}",
            line=place.start.line if place else lines[function].start.line,
        )


def dropped(mutation: Mutation) -> cst.MatchCase:
    """Find the case that a mutant leaves out."""
    kept = {id(case) for case in cst.ensure_type(mutation.mutated_node, cst.Match).cases}
    match = cst.ensure_type(mutation.original_node, cst.Match)
    return next(case for case in match.cases if id(case) not in kept)


def mutated(statement: cst.CSTNode, mutation: Mutation) -> str:
    """Show one statement, its body left out, after the replacement in its tree."""
    if statement is mutation.original_node:
        changed = mutation.mutated_node
    else:
        changed = alone(statement).deep_replace(mutation.original_node, mutation.mutated_node)
    if isinstance(changed, cst.BaseSmallStatement):
        changed = cst.SimpleStatementLine([changed])
    elif isinstance(changed, cst.MatchCase):
        changed = cst.Match(cst.Name("_"), [changed])
    elif isinstance(changed, cst.ExceptHandler):
        changed = cst.Try(BODY, [changed])
    try:
        return ast.dump(ast.parse(cst.Module([changed]).code).body[0])
    except SyntaxError:
        return "does not parse"


def alone(node: cst.CSTNode) -> cst.CSTNode:
    """Put a call for the body of a compound statement and drop what follows it."""
    match node:
        case cst.Match():
            return node.with_changes(cases=[ANY_CASE], leading_lines=[])
        case cst.If() | cst.For() | cst.While():
            return node.with_changes(body=BODY, orelse=None, leading_lines=[])
        case cst.BaseCompoundStatement() | cst.ExceptHandler() | cst.MatchCase():
            return node.with_changes(body=BODY, leading_lines=[])
    return node


def our_keys(text: Text, mutants: tuple[Mutant, ...]) -> dict[Key, list[Mutant]]:
    """Key each of our mutants."""
    contexts = Contexts(text, ast.parse(text.data.decode()))
    keys: dict[Key, list[Mutant]] = {}
    for mutant in mutants:
        unit = mutant.unit.qualname if mutant.unit else mutant.function
        keys.setdefault((unit, shown(text, contexts, mutant)), []).append(mutant)
    return keys


def shown(text: Text, contexts: Contexts, mutant: Mutant) -> str:
    """Show the mutated statement, its body left out."""
    if mutant.operator == "match-case":
        return f"case on line {mutant.line}"
    piece = contexts.piece(mutant)
    if piece is None:
        raise AssertionError(mutant)
    before = piece.befores[0]
    try:
        statement = ast.parse(piece.code(text, before, mutant)).body[0]
    except SyntaxError:
        return "does not parse"
    if before.startswith("def") and isinstance(statement, ast.FunctionDef):
        statement = statement.body[0]
    return ast.dump(statement)


def absent(key: Key) -> str:
    """Say why a mutant of mutmut's is not among ours."""
    statement = key[1]
    if statement.startswith("Expr(value=Constant(value='"):
        return "a string that stands alone"
    if statement.startswith("Import"):
        return "an import"
    return f"unexplained: {key[0]}: {statement[:300]}"


def reason(mutant: Mutant) -> str:
    """Say why one of ours is not among mutmut's."""
    reasons = {
        "runs at import": mutant.moment == "import",
        "a default that is no simple value": mutant.moment == "default",
        "in a function that mutmut never mutates": bool(
            NEVER_MUTATE_FUNCTION_NAMES & set(mutant.function.split("."))
        ),
        "in a function below `if`, `try` or a nested class": bool(
            mutant.unit and (len(mutant.unit.headers) > 1 or "if 1:" in mutant.unit.headers)
        ),
    }
    return next((name for name, holds in reasons.items() if holds), "in a decorated function")


if __name__ == "__main__":
    main()
