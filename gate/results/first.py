"""A document of the first version, `testproof-results/1`, in the shape of today's.

What follows from other parts is taken over as it was said, so that a contradiction is still found.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

Json = dict[str, Any]

FIRST = "testproof-results/1"
SECOND = "testproof-results/2"
_GREEN = ("passed", "xpassed")
_NO_SCORE = {"detected": 0, "unresolved": 0, "valid": 0, "low": None, "high": None}


def upgraded(first: Json) -> Json:
    """Give a document of the first version in today's shape; raises ValueError where it is none."""
    try:
        return _upgraded(first)
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise ValueError(f"it is not in the shape of {FIRST}: {error!r}") from error


def _upgraded(first: Json) -> Json:
    changed = first["changed"]
    taken = ("tool", "created", "command", "verdict", "exit_code", "findings", "policy")
    return {
        "schema": SECOND,
        **{name: first[name] for name in taken},
        "complete": first["coverage"]["complete"],
        "suite": _suite(first),
        "coverage": _coverage(first["coverage"]),
        "changed": None if changed is None else _change(changed),
        "changed_coverage": _coverage(changed) if changed and changed["measured"] else None,
        "mutation": _mutation(first["mutation"]) if first["mutation"]["ran"] else None,
        "lost": None if first["lost"] is None else _lost(first["lost"]),
        "rules": first.get("rules"),
        "not_judged": first.get("not_judged", []),
    }


def _suite(first: Json) -> Json:
    suite = first["suite"]
    taken = ("counts", "problems", "order", "seconds")
    return {
        **{name: suite[name] for name in taken},
        "outcomes": sorted([*suite["not_passed"], *_green(suite)], key=lambda test: test["test"]),
        "exclusions": suite["excluded"],
        "environment": first["environment"],
        "isolation": first["isolation"],
        "ended": suite.get("ended"),
        "groups": [_group(group) for group in suite["groups"]],
    }


def _green(suite: Json) -> Iterable[Json]:
    """The doubtful by name, and the others by a number each, as the first version did not name them."""
    empty = {"seconds": 0.0, "message": "", "detail": "", "path": "", "line": None, "cause": None}
    yield from ({**empty, **test} for test in suite["doubtful"])
    doubtful = Counter(test["outcome"] for test in suite["doubtful"])
    for outcome in _GREEN:
        for number in range(suite["counts"][outcome] - doubtful[outcome]):
            yield {**empty, "test": f"{outcome} {number}", "outcome": outcome}


def _group(group: Json) -> Json:
    cause = {name: group[name] for name in ("kind", "group", "text")}
    return {"cause": cause, "tests": group["tests"], "count": group["count"]}


def _coverage(coverage: Json) -> Json:
    return {
        **{name: coverage[name] for name in ("line", "branch", "function", "problems")},
        "unrun": coverage.get("unrun", []),
        "files": {path: _file(path, file) for path, file in coverage["files"].items()},
    }


def _file(path: str, file: Json) -> Json:
    functions = [
        {"qualname": each["function"], "at_import": False}
        | {name: value for name, value in each.items() if name != "function"}
        for each in file["missing_functions"]
    ]
    taken = ("line", "branch", "function", "missing_lines", "missing_branches", "unreadable")
    return {
        "path": path,
        **{name: file[name] for name in taken},
        "executed_lines": file.get("covered_lines", []),
        "missing_functions": functions,
        "digest": file.get("digest", ""),
    }


def _change(changed: Json) -> Json:
    taken = {name: changed[name] for name in ("base", "merge_base", "head", "dirty")}
    return {**taken, "files": changed["change"]}


def _mutation(mutation: Json) -> Json:
    taken = ("changed", "seconds", "remembered", "controls", "core", "counts", "problems", "notes")
    return {
        **{name: mutation[name] for name in taken},
        "results": _table(mutation["mutants"], mutation["tests"]),
        "score": mutation["score"] or _NO_SCORE,
        "files": {
            path: {"counts": file["counts"], "score": file["score"] or _NO_SCORE}
            for path, file in mutation["files"].items()
        },
    }


def _lost(lost: Json) -> Json:
    taken = ("touched", "asked", "gone", "seconds", "problems", "notes")
    return {
        **{name: lost[name] for name in taken},
        "kills": {
            "results": _table(lost["kills"], lost["tests"]),
            "killers": [kill["killer"] for kill in lost["kills"]],
        },
        "tests": lost["changes"],
        "unresolved": _table(lost["unresolved"], lost["tests"]),
    }


def _table(mutants: list[Json], tests: list[str]) -> Json:
    """Write mutants, each of which names all that it needs, as a table of today."""
    covers = [tuple(tests[number] for number in mutant["covered_by"]) for mutant in mutants]
    killers = [mutant["killed_by"] for mutant in mutants if mutant["killed_by"] is not None]
    position = _positions(sorted({test for cover in covers for test in cover} | set(killers)))
    functions = _positions((mutant["path"], mutant["function"]) for mutant in mutants)
    sets = _positions(tuple(position[test] for test in cover) for cover in covers)
    sources = _positions(mutant["source"] for mutant in mutants)
    return {
        "mutants": [
            {
                **{name: value for name, value in mutant.items() if name not in _NOT_IN_ROWS},
                "function": functions[mutant["path"], mutant["function"]],
                "source": sources[mutant["source"]],
                "moment": "call",
                "killed_by": None if mutant["killed_by"] is None else position[mutant["killed_by"]],
                "covered_by": sets[tuple(position[test] for test in cover)],
            }
            for mutant, cover in zip(mutants, covers, strict=True)
        ],
        "functions": [{"path": path, "qualname": name} for path, name in functions],
        "tests": list(position),
        "cover_sets": list(sets),
        "sources": list(sources),
    }


_NOT_IN_ROWS = frozenset({"path", "killer"})


def _positions(values: Iterable[Any]) -> Mapping[Any, int]:
    return {value: number for number, value in enumerate(dict.fromkeys(values))}
