"""The house rules that a machine can hold: sizes, doors, the mirror, documents that are true."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from fnmatch import fnmatch
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from gate.errors import ExitCode, GateError

ROOT = Path(__file__).resolve().parent.parent

MODULE_LINES = 400
FUNCTION_LINES = 60
PARAMETERS = 6
VAGUE_NAMES = {"utils", "util", "helpers", "helper", "misc", "common"}

# Outside library (or standard one that starts processes) → the files it may enter by.
DOORS = {
    "click": ["gate/cli.py", "gate/commands/*.py", "gate/options.py"],
    "coverage": ["gate/measure/coverage.py", "gate/worker/*.py"],
    "iniconfig": ["gate/change/pytest_config.py"],
    "jinja2": ["gate/report/html.py"],
    "libcst": ["gate/mutate/*.py"],
    "mutmut": ["gate/mutate/operators.py"],
    "diff_cover": ["gate/measure/*.py", "gate/source/*.py"],
    "pydantic": ["gate/policy/*.py", "gate/results/*.py", "gate/model/values.py"],
    "pydantic_core": ["gate/policy/*.py", "gate/results/*.py", "gate/model/values.py"],
    "pytest": ["gate/worker/*.py"],
    "_pytest": ["gate/worker/rewriting.py"],
    "yaml": ["gate/doctor/workflows.py"],
    "rich": ["gate/report/terminal.py", "gate/progress.py"],
    "subprocess": [
        "gate/source/git.py",
        "gate/supervise/*.py",
        "gate/doctor/plain.py",
        "gate/measure/interpreters.py",
        "gate/github/history.py",
    ],
}
WORKER_LIBRARIES = {"_pytest", "coverage", "pytest"}
# What the worker looks up when it needs it: data of the interpreter, and what may be the project's own.
LIVE_MODULES = {"coverage", "errno", "logging", "pytest", "sys"}
# These do not look up functions of modules after the project's code has run in their process, or are loaded
# by file in Python processes that tests start.
UNKEPT = {
    "gate/worker/kept.py",
    "gate/worker/children.py",
    "gate/worker/keeper.py",
    "gate/worker/lent.py",
    "gate/worker/hook.py",
    "gate/worker/switch.py",
    "gate/worker/sources.py",
    "gate/worker/startup/sitecustomize.py",
}
# Started as a script of its own, so its neighbours are top-level modules to it.
SCRIPTS = {"gate/worker/keeper.py": {"kernel"}}

# Modules that need no test file of their own name, and the files that test them instead.
TESTED_ELSEWHERE = {
    # A table; its tests are below.
    "gate/errors.py": "tests/test_architecture.py",
    # Only real processes and the installed command show anything about these.
    "gate/cli.py": "tests/end_to_end/test_*.py",
    "gate/commands/*.py": "tests/end_to_end/test_*.py",
    "gate/options.py": "tests/end_to_end/test_*.py",
    "gate/pipeline.py": "tests/end_to_end/test_*.py",
    "gate/mutate/lost.py": "tests/end_to_end/test_lost_kills.py",
    "gate/supervise/*.py": "tests/end_to_end/test_*.py",
    "gate/worker/*.py": "tests/end_to_end/test_*.py",
    # One concept in more than one file: it is tested through its public module.
    "gate/policy/*.py": "tests/gate/policy/test_model.py",
    "gate/results/*.py": "tests/gate/results/test_document.py",
    # Nouns alone.
    "gate/source/patch.py": "tests/gate/source/test_git.py",
    # Rules that stand in one test file by what they are about, and the words that they share.
    "gate/judge/rules/*.py": "tests/gate/judge/test_*_rules.py",
    "gate/judge/change_words.py": "tests/gate/judge/test_base_rules.py",
    "gate/judge/gaps.py": "tests/gate/judge/test_changed_rules.py",
    "gate/judge/mutants.py": "tests/gate/judge/test_mutation_rules.py",
    "gate/judge/rule.py": "tests/gate/judge/test_rules.py",
    "gate/judge/scores.py": "tests/gate/judge/test_score_rules.py",
    "gate/judge/shortfalls.py": "tests/gate/judge/test_coverage_rules.py",
    "gate/model/change.py": "tests/gate/judge/test_base_rules.py",
    "gate/model/verdict.py": "tests/gate/judge/test_verdict.py",
}

# Written while the gate runs, so named in documents but not in the checkout.
OUTPUTS = {"results.json", ".gate/"}


def test_every_module_is_short_enough_to_read() -> None:
    long = [
        f"{path}: {lines} lines"
        for path in [*sources("gate"), *sources("training")]
        if (lines := len(text(path).splitlines())) > MODULE_LINES
    ]
    none(long, f"modules longer than {MODULE_LINES} lines; split them by concept")


def test_every_function_is_short_enough_to_read() -> None:
    long = [
        f"{path}:{node.lineno} {node.name}: {lines} lines"
        for path, node in functions("gate", "training")
        if (lines := (node.end_lineno or node.lineno) - node.lineno + 1) > FUNCTION_LINES
    ]
    none(long, f"functions longer than {FUNCTION_LINES} lines")


def test_no_function_takes_more_than_six_parameters() -> None:
    wide = [
        f"{path}:{node.lineno} {node.name}: {count} parameters"
        for path, node in functions("gate", "training")
        if (count := parameters(node)) > PARAMETERS
    ]
    none(wide, f"functions with more than {PARAMETERS} parameters; group them in a dataclass")


def test_no_module_is_named_after_nothing() -> None:
    vague = [
        path
        for path in tracked()
        if path.endswith(".py") and VAGUE_NAMES & set(PurePosixPath(path).with_suffix("").parts)
    ]
    none(vague, "modules or folders named utils, helpers, misc or common; name the noun or verb")


@pytest.mark.parametrize("package", ["gate", "training"])
def test_every_module_has_its_test_file(package: str) -> None:
    untested = []
    for path in sources(package):
        module = PurePosixPath(path)
        mirror = str("tests" / module.with_name(f"test_{module.stem}.py"))
        accepted = [mirror, *(to for of, to in TESTED_ELSEWHERE.items() if fnmatch(path, of))]
        if module.stem not in {"__init__", "__main__"} and not any(map(exists, accepted)):
            untested.append(f"{path}: there is no {' or '.join(accepted)}")
    none(untested, "modules without a test file")


def test_the_list_of_modules_tested_elsewhere_is_current() -> None:
    none([of for of in TESTED_ELSEWHERE if not exists(of)], "entries for no module")


def test_the_import_contracts_are_kept() -> None:
    command = "from importlinter.cli import lint_imports_command as run; run()"
    finished = subprocess.run(
        [sys.executable, "-c", command, "--no-logo", "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert "5 kept, 0 broken" in finished.stdout, finished.stdout


def test_every_outside_library_enters_by_its_door() -> None:
    strays = [
        f"{path}:{line} imports {library}"
        for path in sources("gate")
        for line, library in imports(path)
        if library not in {"gate", *SCRIPTS.get(path, ())}
        and (library in DOORS or library not in sys.stdlib_module_names)
        and not any(fnmatch(path, door) for door in DOORS.get(library, []))
    ]
    none(strays, "imports of outside libraries past their door (DOORS in this file)")


def test_the_worker_uses_the_standard_library_pytest_and_coverage_only() -> None:
    allowed = sys.stdlib_module_names | WORKER_LIBRARIES
    strays = [
        f"{path}:{line} imports {library}"
        for path in sources("gate/worker")
        for line, library in imports(path)
        if library not in allowed | SCRIPTS.get(path, set())
    ]
    none(strays, "the worker runs in the subject's interpreter, where nothing else is installed")


def test_what_a_worker_calls_was_kept_when_it_started() -> None:
    # What the project or a test replaces later (a clock, json, sockets) must not reach the worker itself.
    strays = [
        f"{path}:{node.lineno} {ast.unparse(node)}"
        for path in sources("gate/worker")
        if path not in UNKEPT
        for node in ast.walk(tree(path))
        if (isinstance(node, ast.Import) and not {a.name for a in node.names} <= LIVE_MODULES)
        or (isinstance(node, ast.Call) and ast.unparse(node.func) == "open")
    ]
    none(strays, "import names from gate/worker/kept.py, or by `from MODULE import NAME`")


def test_every_exit_code_has_one_meaning_and_none_is_a_crash() -> None:
    values = [code.value for code in ExitCode.__members__.values()]
    assert len(values) == len(set(values)), f"one code, two names: {ExitCode.__members__}"
    assert 1 not in values, "1 is Python's own crash code"


def test_no_error_exits_as_a_pass() -> None:
    import_all("gate")
    passing = [
        kind.__name__
        for kind in family(GateError)
        if kind.exit_code in {ExitCode.PASS, ExitCode.FAIL} or kind.exit_code not in ExitCode
    ]
    none(passing, "errors whose exit code is a verdict")


def test_one_document_lists_every_exit_code() -> None:
    codes = {str(code.value) for code in ExitCode}
    pages = ["README.md", *(path for path in tracked() if fnmatch(path, "docs/*.md"))]
    cells = {page: table_cells(text(page)) for page in pages if (ROOT / page).is_file()}
    assert any(codes <= found for found in cells.values()), (
        f"no table in README.md or docs/*.md lists all exit codes {sorted(codes, key=int)}; "
        f"missing: { {page: sorted(codes - found) for page, found in cells.items()} }"
    )


def test_every_path_named_in_design_exists() -> None:
    design = required("DESIGN.md")
    none(
        [name for name in [*tree_paths(design), *quoted_paths(design)] if not exists(name)],
        "DESIGN.md names paths that are not there",
    )


def test_every_policy_field_is_documented() -> None:
    page = required("docs/policy.md")
    schema = importlib.import_module("gate.policy.model").policy_schema()
    fields = sorted(set(schema_fields(schema, schema)))
    assert fields, "the policy schema has no fields"
    none([field for field in fields if not documented(field, page)], "not in docs/policy.md")


def test_written_documents_agree_with_the_code() -> None:
    written = {
        "gate/results.schema.json": importlib.import_module("gate.results.document").schema_text,
        "docs/rules.md": importlib.import_module("gate.judge.catalogue").rules_page,
    }
    stale = [path for path, write in written.items() if required(path) != write()]
    none(stale, "documents that the code would write otherwise now; run `make docs`")


def test_no_test_asserts_a_constant() -> None:
    empty = [
        f"{path}:{node.lineno}"
        for path in sources("tests")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Assert) and isinstance(node.test, ast.Constant)
    ]
    none(empty, "assertions that cannot fail, or always do")


def test_no_file_names_a_home_folder_or_a_package_registry() -> None:
    # Written in pieces, so that this file passes its own test.
    registries = ["py" + r"pi\.org", "python" + r"hosted\.org", r"download\.py" + r"torch\.org"]
    homes = [r"(?<![\w.])/" + home for home in (r"home/\w", r"Users/\w", r"root\b")]
    pattern = re.compile("|".join([*registries, *homes]))
    named = [
        f"{path}:{number} {match[0]}"
        for path in tracked()
        for number, line in enumerate(text(path).splitlines(), start=1)
        if (match := pattern.search(line))
    ]
    none(named, "files that name somebody's machine or a registry's host")


def test_a_test_of_a_subject_project_is_never_collected() -> None:
    # Without the folders that are known to hold tests: importing them takes most of a minute.
    others = (f"--ignore=tests/{name}" for name in ("benchmarks", "end_to_end", "gate", "training"))
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider"]
    finished = subprocess.run(
        [*command, *others],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "tests/test_architecture.py::" in finished.stdout, finished.stdout + finished.stderr
    assert "tests/projects/" not in finished.stdout


def none(offences: list[str], rule: str) -> None:
    assert not offences, "\n  ".join([f"{rule}:", *offences])


@cache
def tracked() -> tuple[str, ...]:
    """List the files of the checkout, new ones included, ignored ones not."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    assert listed.returncode == 0, f"needs a git checkout: {listed.stderr.decode()}"
    names = listed.stdout.decode(errors="surrogateescape").split("\0")
    return tuple(sorted({name for name in names if name and (ROOT / name).is_file()}))


def sources(folder: str) -> list[str]:
    """List the Python files below a folder; subject projects are nobody's source."""
    found = [
        path
        for path in tracked()
        if path.startswith(f"{folder}/")
        and path.endswith(".py")
        and not path.startswith("tests/projects/")
    ]
    assert found, f"no Python file in {folder}/"
    return found


@cache
def text(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8", errors="replace")


def required(path: str) -> str:
    assert (ROOT / path).is_file(), f"{path} is missing"
    return text(path)


@cache
def tree(path: str) -> ast.Module:
    return ast.parse(text(path), filename=path)


def functions(*folders: str) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for path in (path for folder in folders for path in sources(folder)):
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield path, node


def parameters(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Count the parameters a caller fills in; `self` and `cls` are not among them."""
    names = [a.arg for a in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
    return len(names) - (names[:1] in (["self"], ["cls"]))


def imports(path: str) -> Iterator[tuple[int, str]]:
    """Yield line and top-level name of each import, those inside functions included.

    A relative import that climbs out of its own package counts as one of `gate`.
    """
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name.partition(".")[0]) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.lineno, (node.module or "").partition(".")[0]
        elif isinstance(node, ast.ImportFrom) and node.level > 1:
            yield node.lineno, "gate"


def import_all(package: str) -> None:
    """Import every module of the judge, so that all subclasses of its errors exist."""
    for path in sources(package):
        module = PurePosixPath(path).with_suffix("")
        if module.name != "__main__" and "worker" not in module.parts:
            importlib.import_module(".".join(module.parts).removesuffix(".__init__"))


def family(kind: type[GateError]) -> Iterator[type[GateError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from family(child)


def table_cells(page: str) -> set[str]:
    rows = [line for line in page.splitlines() if line.lstrip().startswith("|")]
    return {cell.strip(" `*") for row in rows for cell in row.split("|")}


def tree_paths(page: str) -> Iterator[str]:
    """Yield the path at the start of each line of a drawn folder tree.

    A tree is a fenced block that begins with a folder; deeper lines are indented further.
    """
    for block in re.findall(r"^```\w*\n(.*?)^```", page, flags=re.MULTILINE | re.DOTALL):
        if not re.match(r"[\w.-]+/", block):
            continue
        folders: list[tuple[int, str]] = []
        for line in block.splitlines():
            match = re.match(r"([\s│├└─]*)([\w.-]+/|[\w.-]+\.\w+)(?=\s|$)", line)
            if match is None:
                continue
            indent, name = len(match[1]), match[2]
            folders = [(depth, folder) for depth, folder in folders if depth < indent]
            yield "".join(folder for _, folder in folders) + name
            if name.endswith("/"):
                folders.append((indent, name))


def quoted_paths(page: str) -> Iterator[str]:
    prose = re.sub(r"^```.*?^```", "", page, flags=re.MULTILINE | re.DOTALL)
    for quoted in re.findall(r"`([^`\s]+)`", prose):
        if re.fullmatch(r"[\w.*/-]+(/|\.(py|md|toml|json|yml|txt))", quoted):
            yield quoted


def exists(name: str) -> bool:
    """Find a path from the root, from gate/, or (a bare file name) anywhere."""
    if name in OUTPUTS:
        return True
    if name.endswith("/"):
        return (ROOT / name).is_dir() or (ROOT / "gate" / name).is_dir()
    patterns = [name, f"gate/{name}"] + ([] if "/" in name else [f"*/{name}"])
    return any(fnmatch(path, pattern) for path in tracked() for pattern in patterns)


def schema_fields(schema: Mapping[str, Any], node: Any, prefix: str = "") -> Iterator[str]:
    """Yield each leaf of the JSON schema as a dotted name: `coverage.changed.line`."""
    if "$ref" in node:
        node = schema["$defs"][node["$ref"].rpartition("/")[2]]
    branches = [*node.get("anyOf", []), *node.get("allOf", []), *node.get("oneOf", [])]
    branches += [node["items"]] if isinstance(node.get("items"), dict) else []
    below = [field for branch in branches for field in schema_fields(schema, branch, prefix)]
    for key, value in node.get("properties", {}).items():
        below += schema_fields(schema, value, f"{prefix}.{key}".lstrip("."))
    inner = [field for field in below if field != prefix]
    if inner:
        yield from inner
    elif prefix:
        yield prefix


def documented(field: str, page: str) -> bool:
    """Accept `a.b.c`, or `b.c` in a section naming the table [a], or `c` in one naming [a.b]."""
    if f"`{field}`" in page:
        return True
    parts = field.split(".")
    for section in re.split(r"^#", page, flags=re.MULTILINE):
        for cut in range(1, len(parts)):
            table, rest = ".".join(parts[:cut]), re.escape(".".join(parts[cut:]))
            if f"[{table}]" in section and re.search(rf"(?<![\w.]){rest}(?![\w.])", section):
                return True
    return False
