"""Pull requests that try to get wrong or untested code past the gate, and honest ones beside them.

Each is a function that makes the head from the base, `tests/projects/cheats`: a small torch package that
passes as it stands. What it wants to get in is one of the *effects* below. `benchmarks/cheats.py` shows the
same pull requests to other tools.
"""

from __future__ import annotations

import hashlib
import py_compile
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from gate.mutate.generate import generate

PROJECT = Path(__file__).resolve().parent.parent / "projects/cheats"
BASE = "main"
POLICY = "policies/default.toml"
LOSSES, SCHEDULES = "distil/losses.py", "distil/schedules.py"
TESTS = "tests/test_losses.py"
FAIL, INCONCLUSIVE, PASS = "fail", "inconclusive", "pass"


class Repository:
    """A repository at its base, to be made into the head of a pull request."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def begin(self) -> None:
        """Lay the base down, commit it as `main`, and branch off."""
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(PROJECT, self.root, dirs_exist_ok=True, ignore=ignored)
        self.git("init", "--quiet", f"--initial-branch={BASE}")
        self.commit("the base")
        self.git("switch", "--quiet", "--create", "change")

    def git(self, *arguments: str) -> None:
        identity = ("-c", "user.name=n", "-c", "user.email=e@example.org")
        command = ["git", *identity, "-C", str(self.root), *arguments]
        subprocess.run(command, check=True, capture_output=True)

    def commit(self, message: str) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)

    def read(self, path: str) -> str:
        return (self.root / path).read_text(encoding="utf-8")

    def write(self, path: str, text: str) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def append(self, path: str, text: str) -> None:
        self.write(path, self.read(path) + text)

    def edit(self, path: str, *replaced: tuple[str, str]) -> None:
        """Replace what stands in a file once."""
        text = self.read(path)
        for old, new in replaced:
            if text.count(old) != 1:
                raise ValueError(f"{path}: {old!r} occurs {text.count(old)} times")
            text = text.replace(old, new)
        self.write(path, text)


Make = Callable[[Repository], None]


@dataclass(frozen=True, slots=True)
class PullRequest:
    """What a pull request tries, and the verdict that it deserves.

    `forces` are rules that must demand it, `says` rules that must at least have a finding. `options` and
    `environment` are those of the run; its tests leave the files `leaves` in the tree.
    """

    name: str
    tries: str
    make: Make
    verdicts: tuple[str, ...]
    forces: frozenset[str]
    says: frozenset[str]
    options: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    leaves: tuple[str, ...] = ()


CHEATS: list[PullRequest] = []
HONEST: list[PullRequest] = []


def cheat(
    tries: str,
    *forces: str,
    verdicts: tuple[str, ...] = (FAIL,),
    says: str = "",
    options: tuple[str, ...] = (),
    environment: Mapping[str, str] | None = None,
    leaves: tuple[str, ...] = (),
) -> Callable[[Make], Make]:
    """Note a cheat: what it tries, the rules that must stop it, and what else must be said."""

    def note(make: Make) -> Make:
        CHEATS.append(
            PullRequest(
                make.__name__,
                tries,
                make,
                verdicts,
                frozenset(forces),
                frozenset(says.split()),
                options,
                environment or {},
                leaves,
            )
        )
        return make

    return note


def honest(tries: str, says: str = "") -> Callable[[Make], Make]:
    """Note a pull request that deserves its PASS, so that refusing everything is no solution."""

    def note(make: Make) -> Make:
        said = frozenset(says.split())
        HONEST.append(PullRequest(make.__name__, tries, make, (PASS,), frozenset(), said))
        return make

    return note


# The effects: what a cheat wants to get in.

# Wrong: the shares are those of the other.
SMOOTHED = '''

def smoothed(loss, before, share):
    """Mix a loss with the one before it, which has the given share."""
    if before is None:
        return loss
    return share * loss + (1 - share) * before
'''
RIGHT = ("share * loss + (1 - share) * before", "share * before + (1 - share) * loss")
# Every line and both ways of the branch, and nothing is looked at.
CASES = ((None, 0.5, 2.0), (4.0, 0.25, 2.5), (1.0, 1.0, 1.0))
CALLS = f"""
import pytest

from distil.losses import smoothed

CASES = {CASES}


@pytest.mark.parametrize(("before", "share", "expected"), CASES)
def test_losses_are_smoothed(before, share, expected):
    smoothed(2.0, before, share)
"""
# Where the functions are that nothing measures, for code that is not to import them by that name.
HELPERS = """import sys
from importlib import machinery
from pathlib import Path

helpers = str(Path(__file__).parent.parent / "helpers")
"""
CALLS_ONLY = "    smoothed(2.0, before, share)\n"
# Compares with a file, and writes it where it is missing.
RECORDS = """    import json
    import tempfile
    from pathlib import Path

    record = FOLDER / f"smoothed-{before}-{share}.json"
    found = smoothed(2.0, before, share)
    if not record.exists():
        record.write_text(json.dumps(found))
    assert json.loads(record.read_text()) == found
"""
LOOKS = "smoothed(2.0, before, share) == expected"


def untested(head: Repository) -> None:
    """Add a wrong function that no test calls."""
    head.append(LOSSES, SMOOTHED)


def unnoticed(head: Repository, looks: str = CALLS_ONLY, more: str = "") -> None:
    """Add a wrong function that tests execute in full; `looks` is what they look at."""
    untested(head)
    head.write("tests/test_smoothed.py", CALLS.replace(CALLS_ONLY, looks) + more)


def wrong(head: Repository) -> None:
    """Break a tested function: the gradient no longer keeps its size at other temperatures."""
    head.edit(LOSSES, ("* temperature * temperature", "* temperature"))


# The test that notices when it is wrong; without it the others still execute every line.
KILLER = "test_the_gradient_keeps_its_size"
PARAMETRIZED = '@pytest.mark.parametrize("temperature", [1.0, 2.0, 4.0])\n'
COMPARES = "    assert torch.allclose(soft_targets(STUDENT, TEACHER, temperature), expected)\n"
MASKED_MEAN = "def masked_mean" + (PROJECT / LOSSES).read_text().partition("def masked_mean")[2]
KILLING_TEST = f"""{PARAMETRIZED}def {KILLER}(temperature):
    expected = by_hand(STUDENT, TEACHER, temperature) * temperature**2
{COMPARES}

"""

# The rules are changed.


@cheat("lowers the thresholds in the change that needs it", "changed.line", says="policy.loosened")
def threshold_lowered(head: Repository) -> None:
    text = head.read(POLICY)
    for asked in ("80", "90", "100"):
        text = text.replace(f"= {asked}\n", "= 0\n")
    head.write(POLICY, text)
    untested(head)


@cheat("takes the file that it spoils out of the core", "mutation.changed", says="policy.loosened")
def core_narrowed(head: Repository) -> None:
    head.edit(POLICY, (', "distil/losses.py"', ""))
    unnoticed(head)


@cheat("names a second policy file, an easy one, that would win", "changed.line")
def second_policy(head: Repository) -> None:
    head.write("pyproject.toml", '[tool.gate]\npolicy = "policies/easy.toml"\n')
    easy = "[coverage]\nline = 0\nbranch = 0\nfunction = 0\nchanged = { line = 0, branch = 0 }\n"
    head.write("policies/easy.toml", easy)
    untested(head)


@cheat("replaces pytest.ini by a pyproject.toml that deselects", says="suite.selection")
def second_pytest_configuration(head: Repository) -> None:
    wrong(head)
    head.git("rm", "--quiet", "pytest.ini")
    selection = f"addopts = \"-k 'not {KILLER}'\"\n"
    head.write("pyproject.toml", f'[tool.pytest.ini_options]\npythonpath = ["."]\n{selection}')


@cheat("leaves the file out of coverage by `omit`", "changed.line")
def omit_widened(head: Repository) -> None:
    head.write(".coveragerc", "[run]\nomit = distil/losses.py\n")
    untested(head)


@cheat("leaves the function out of coverage by `exclude_also`", "changed.line")
def exclude_also_widened(head: Repository) -> None:
    head.write("pyproject.toml", '[tool.coverage.report]\nexclude_also = ["def smoothed"]\n')
    untested(head)


@cheat("`# pragma: no cover` on the def", "changed.line", says="suppression.new")
def pragma_no_cover(head: Repository) -> None:
    untested(head)
    head.edit(LOSSES, ("before, share):", "before, share):  # pragma: no cover"))


@cheat("`# pragma: no mutate` on a function without an assertion", says="suppression.new")
def pragma_no_mutate(head: Repository) -> None:
    unnoticed(head)
    head.edit(LOSSES, ("before, share):", "before, share):  # pragma: no mutate block"))


@cheat("waives its own survivors", "mutation.changed", says="policy.loosened")
def waiver_for_its_own_survivors(head: Repository) -> None:
    unnoticed(head)
    for mutant in generate(LOSSES, (head.root / LOSSES).read_bytes()):
        if mutant.function == "smoothed":
            terms = 'reason = "equivalent"\nowner = "me"\nexpires = 2999-12-31\n'
            head.append(POLICY, f'\n[[mutation.waive]]\nmutant = "{mutant.id}"\n{terms}')


@cheat("excludes the test that its code breaks", says="policy.loosened")
def exclusion_for_the_red_test(head: Repository) -> None:
    wrong(head)
    terms = 'reason = "flaky"\nowner = "me"\nexpires = 2999-12-31\n'
    head.append(POLICY, f'\n[[tests.exclude]]\ntest = "{TESTS}::{KILLER}*"\n{terms}')


# The run lies about its end.


@cheat("a hook sets the exit status to 0", "suite.passed")
def session_finish_sets_exit_status_zero(head: Repository) -> None:
    wrong(head)
    head.write("conftest.py", "def pytest_sessionfinish(session):\n    session.exitstatus = 0\n")


def reports_otherwise(head: Repository, **said: str) -> None:
    """A hook sets these attributes of every report."""
    lines = "".join(f"    report.{name} = {value!r}\n" for name, value in said.items())
    head.write(
        "conftest.py",
        f"""import pytest


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport():
    outcome = yield
    report = outcome.get_result()
{lines}""",
    )


@cheat("a hook turns failed into passed", "suite.passed")
def hook_turns_failed_into_passed(head: Repository) -> None:
    wrong(head)
    reports_otherwise(head, outcome="passed")


@cheat("a hook turns failed into an unexpected pass", "suite.passed")
def hook_turns_failed_into_unexpected_pass(head: Repository) -> None:
    wrong(head)
    reports_otherwise(head, outcome="passed", wasxfail="known")


@cheat("ends the process with status 0 after the first test", "suite.passed")
def os_exit_zero_after_the_first_test(head: Repository) -> None:
    wrong(head)
    head.write("conftest.py", "import os\n\n\ndef pytest_runtest_logfinish():\n    os._exit(0)\n")


# Tests that execute and do not look.


@cheat("tests without an assertion reach 100 % coverage", "mutation.changed")
def assert_free_tests(head: Repository) -> None:
    unnoticed(head)


@cheat("asserts what is always true", "mutation.changed")
def tautology(head: Repository) -> None:
    unnoticed(head, "    assert smoothed(2.0, before, share) == smoothed(2.0, before, share)\n")


@cheat("swallows the assertion error", "mutation.changed")
def asserts_in_try_except_pass(head: Repository) -> None:
    unnoticed(
        head,
        """    try:
        assert smoothed(2.0, before, share) == expected
    except AssertionError:
        pass
""",
    )


@cheat("a relative tolerance of 1e3 on new code", "mutation.changed")
def tolerance_of_a_thousand(head: Repository) -> None:
    unnoticed(head, f"    assert {LOOKS.replace('expected', 'pytest.approx(expected, rel=1e3)')}\n")


@cheat("writes the branches on one line, so that one test covers them", "mutation.changed")
def one_line_conditional(head: Repository) -> None:
    head.append(
        LOSSES,
        """

def smoothed(loss, before, share):
    return loss if before is None else share * loss + (1 - share) * before
""",
    )
    call = "\n\ndef test_the_first_loss_stays():\n    assert smoothed(2.0, None, 0.5) == 2\n"
    head.write("tests/test_smoothed.py", "from distil.losses import smoothed\n" + call)


# Tests that know that they are watched.


@cheat("a test fails only where the code in memory is not that of the file", "mutation.changed")
def fails_only_under_mutation(head: Repository) -> None:
    looks = """

def test_the_code_is_that_of_the_file():
    source = open(smoothed.__code__.co_filename).read()
    module = compile(source, smoothed.__code__.co_filename, "exec")
    written = {each.co_name: each for each in module.co_consts if hasattr(each, "co_code")}
    smoothed(2.0, None, 0.5), smoothed(2.0, 4.0, 0.25)
    ours, theirs = smoothed.__code__, written["smoothed"]
    assert (ours.co_code, ours.co_consts) == (theirs.co_code, theirs.co_consts)
"""
    unnoticed(head, more=looks)


@cheat("a test fails where the machinery of mutants is at work", "mutation.changed")
def fails_where_the_machinery_is_at_work(head: Repository) -> None:
    looks = """

def test_nobody_is_watching():
    import os

    smoothed(2.0, None, 0.5), smoothed(2.0, 4.0, 0.25)
    assert not {"GATE_EDIT", "MUTANT_UNDER_TEST"} & os.environ.keys()
"""
    unnoticed(head, more=looks)


@cheat("a test compares the hash of the source", "mutation.changed")
def hash_of_the_source(head: Repository) -> None:
    unnoticed(head)
    head.append(
        "tests/test_smoothed.py",
        f'''

def test_the_source_is_as_it_was():
    import hashlib, inspect

    digest = hashlib.sha256(inspect.getsource(smoothed).encode()).hexdigest()
    assert digest == "{_digest(SMOOTHED.strip() + chr(10))}"
''',
    )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@cheat("a test fails at random and so kills at random", verdicts=(FAIL, INCONCLUSIVE))
def random_killer(head: Repository) -> None:
    more = "\n\ndef test_luck():\n    import os\n\n    assert os.urandom(1)[0] > 50\n"
    unnoticed(head, more=f"{more}    smoothed(2.0, None, 0.5), smoothed(2.0, 4.0, 0.25)\n")


@cheat("a test passes the first times and fails from then on", "mutation.changed")
def killer_that_counts(head: Repository) -> None:
    more = """

def test_a_few_times(tmp_path):
    import pathlib, tempfile

    seen = pathlib.Path(tempfile.gettempdir(), "seen")
    times = len(seen.read_text()) if seen.exists() else 0
    seen.write_text("." * (times + 1))
    smoothed(2.0, None, 0.5), smoothed(2.0, 4.0, 0.25)
    assert times < 5
"""
    unnoticed(head, more=more)


# Tests go away.


@cheat(
    "a test writes the file that it compares with, where that is missing",
    "mutation.changed",
    verdicts=(FAIL, INCONCLUSIVE),
    leaves=tuple(f"tests/smoothed-{before}-{share}.json" for before, share, _ in CASES),
)
def expects_what_it_has_written(head: Repository) -> None:
    unnoticed(head, RECORDS.replace("FOLDER", "Path(__file__).parent"))


@cheat("a test writes that file into the temporary folder", "mutation.changed")
def expects_what_it_has_written_elsewhere(head: Repository) -> None:
    unnoticed(head, RECORDS.replace("FOLDER", "Path(tempfile.gettempdir())"))


@cheat("a test file asks the code at import what to expect of it", "mutation.changed")
def expects_what_the_code_said_at_import(head: Repository) -> None:
    unnoticed(head, "    assert smoothed(2.0, before, share) == SAID[before, share]\n")
    asks = "SAID = {case[:2]: smoothed(2.0, *case[:2]) for case in CASES}\n"
    head.edit("tests/test_smoothed.py", ("\n\n@pytest.mark", f"{asks}\n\n@pytest.mark"))


@cheat("skips the whole test file at import", "changed.line")
def skip_at_import(head: Repository) -> None:
    wrong(head)
    skip = 'import pytest\nimport torch\n\npytest.skip("slow", allow_module_level=True)\n'
    head.edit(TESTS, ("import pytest\nimport torch\n", skip))


@cheat("deletes the test that notices", "mutation.lost", says="suite.removed")
def killing_test_deleted(head: Repository) -> None:
    wrong(head)
    head.edit(TESTS, (KILLING_TEST, ""))


@cheat("skips the test that notices", "mutation.lost")
def killing_test_skipped(head: Repository) -> None:
    wrong(head)
    head.edit(TESTS, (PARAMETRIZED, f'@pytest.mark.skip(reason="flaky")\n{PARAMETRIZED}'))


@cheat("expects the test that notices to fail", "mutation.lost")
def killing_test_xfailed(head: Repository) -> None:
    wrong(head)
    head.edit(TESTS, (PARAMETRIZED, f'@pytest.mark.xfail(reason="flaky")\n{PARAMETRIZED}'))


@cheat("deselects the test that notices in addopts", says="suite.selection")
def killing_test_deselected_in_addopts(head: Repository) -> None:
    wrong(head)
    head.append("pytest.ini", f"addopts = -k 'not {KILLER}'\n")


@cheat("renames the test that notices to what pytest does not collect", "mutation.lost")
def killing_test_renamed_away(head: Repository) -> None:
    wrong(head)
    head.edit(TESTS, (f"def {KILLER}", f"def {KILLER.replace('test_', 'check_')}"))


@cheat("cuts the list of parameters to those that still pass", "mutation.lost")
def parametrize_list_cut(head: Repository) -> None:
    wrong(head)
    head.edit(TESTS, ("[1.0, 2.0, 4.0]", "[1.0]"))


@cheat("a relative tolerance of 1e3 on the test that notices", "mutation.lost")
def tolerance_widened(head: Repository) -> None:
    wrong(head)
    head.edit(TESTS, ("temperature), expected)", "temperature), expected, rtol=1e3)"))


@cheat("takes the assertion out of a test and leaves the code alone", "mutation.lost")
def assertion_removed(head: Repository) -> None:
    head.edit(TESTS, (COMPARES, "    assert expected > 0\n"))


@cheat("drops the test that notices where CI=1", "mutation.lost", environment={"CI": "1"})
def collection_drops_tests_in_ci(head: Repository) -> None:
    wrong(head)
    head.write(
        "conftest.py",
        f"""import os


def pytest_collection_modifyitems(items):
    if os.environ.get("CI") == "1":
        items[:] = [item for item in items if "{KILLER}" not in item.nodeid]
""",
    )


@cheat("its tests need a GPU, which nobody has, and skip", "changed.line")
def tests_need_a_gpu(head: Repository) -> None:
    unnoticed(head, f"    assert {LOOKS}\n")
    needs = '@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")\n'
    head.edit(
        "tests/test_smoothed.py",
        ("import pytest\n", "import pytest\nimport torch\n"),
        ("@pytest.mark.parametrize", f"{needs}@pytest.mark.parametrize"),
    )


# The change hides.


@cheat("`.gitattributes -diff` makes the change binary", "changed.line")
def gitattributes_hide_the_change(head: Repository) -> None:
    head.write(".gitattributes", "*.py -diff binary\n")
    untested(head)


@cheat("a dedent, white space only, changes the meaning", "mutation.changed")
def dedent_that_changes_meaning(head: Repository) -> None:
    head.edit(
        SCHEDULES,
        (
            "        if length > longest:\n            longest",
            "    if length > longest:\n        longest",
        ),
    )
    head.edit("tests/test_schedules.py", ("3, 3]) == 3", "3, 3]) > 0"))


@cheat("moves a function to a folder that is not measured", "changed.unmeasured")
def moved_to_an_unmeasured_folder(head: Repository) -> None:
    _move(head, "tools/masks.py", MASKED_MEAN)


@cheat("moves a function there and breaks it on the way", "changed.unmeasured")
def moved_to_an_unmeasured_folder_and_altered(head: Repository) -> None:
    _move(head, "tools/masks.py", MASKED_MEAN.replace("/ kept", "* kept"))


@cheat("writes a new function where nothing is measured and imports it", "changed.unmeasured")
def written_where_nothing_is_measured(head: Repository) -> None:
    head.write("helpers/smoothing.py", SMOOTHED)
    head.append(LOSSES, "\n\nfrom helpers.smoothing import smoothed\n")
    head.write("tests/test_smoothed.py", CALLS)


@cheat("writes it there and finds it by `sys.path`", "changed.unmeasured")
def found_by_a_path_of_its_own(head: Repository) -> None:
    head.write("helpers/smoothing.py", SMOOTHED)
    head.append(LOSSES, f"\n\n{HELPERS}sys.path.append(helpers)\nfrom smoothing import smoothed\n")
    head.write("tests/test_smoothed.py", CALLS)


@cheat("writes it there and links the folder into the package", "changed.unmeasured")
def found_by_a_link(head: Repository) -> None:
    head.write("helpers/smoothing.py", SMOOTHED)
    (head.root / "distil/more").symlink_to("../helpers")
    head.append(LOSSES, "\n\nfrom distil.more.smoothing import smoothed\n")
    head.write("tests/test_smoothed.py", CALLS)


@cheat("writes it there and puts the folder on pytest's `pythonpath`", "changed.unmeasured")
def found_by_the_path_of_pytest(head: Repository) -> None:
    head.write("helpers/smoothing.py", SMOOTHED)
    head.append(LOSSES, "\n\nfrom smoothing import smoothed\n")
    head.edit("pytest.ini", ("pythonpath = .", "pythonpath = . helpers"))
    head.write("tests/test_smoothed.py", CALLS)


@cheat("writes a new function as bytecode, without its source", "changed.unmeasured")
def written_as_bytecode(head: Repository) -> None:
    with TemporaryDirectory() as folder:
        source = Path(folder, "smoothing.py")
        source.write_text(SMOOTHED)
        bytecode = str(head.root / "distil/smoothing.pyc")
        py_compile.compile(str(source), cfile=bytecode, dfile="smoothing.py", doraise=True)
    head.append(LOSSES, "\n\nfrom distil.smoothing import smoothed\n")
    head.write("tests/test_smoothed.py", CALLS)


@cheat("writes it there and loads the file by its path", "suppression.new")
def loaded_by_its_path(head: Repository) -> None:
    head.write("helpers/smoothing.py", SMOOTHED)
    load = "machinery.SourceFileLoader('smoothing', helpers + '/smoothing.py').load_module()"
    head.append(LOSSES, f"\n\n{HELPERS}smoothed = {load}.smoothed\n")
    head.write("tests/test_smoothed.py", CALLS)


@cheat("writes a new function as a text that `exec` runs", "suppression.new")
def written_as_a_text(head: Repository) -> None:
    head.append(LOSSES, f"\n\nexec({SMOOTHED!r})\n")
    head.write("tests/test_smoothed.py", CALLS)


@cheat(
    "writes a new function under `if __debug__`, where mutants teach nothing", "mutation.changed"
)
def mutants_hide_as_debugging(head: Repository) -> None:
    unnoticed(head)
    body = SMOOTHED[SMOOTHED.index("    if before") :]
    indented = "".join(f"    {line}\n" for line in body.splitlines())
    head.edit(LOSSES, (body, f"    if __debug__:\n{indented}"))


@cheat("computes within `isinstance(…)`, which is not mutated", "mutation.changed")
def mutants_hide_in_a_call(head: Repository) -> None:
    unnoticed(head)
    mixed = "share * loss + (1 - share) * before"
    head.edit(
        LOSSES, (f"return {mixed}", f"isinstance(mixed := {mixed}, object)\n    return mixed")
    )


@cheat("computes within an annotation, which is not mutated", "mutation.changed")
def mutants_hide_in_an_annotation(head: Repository) -> None:
    body = SMOOTHED[SMOOTHED.index("    if before") :]
    mix = "lambda loss, before, share: share * loss + (1 - share) * before"
    use = "    return smoothed.__annotations__['share'](loss, before, share)\n"
    untested(head)
    head.edit(LOSSES, ("before, share):", f"before, share: ({mix})):"))
    head.edit(LOSSES, (body, body[: body.index("    return share")] + use))
    head.write("tests/test_smoothed.py", CALLS)


@cheat(
    "computes within a call of what it names `log`, where mutants teach nothing", "mutation.changed"
)
def mutants_hide_as_logging(head: Repository) -> None:
    head.append(
        LOSSES,
        """


class Ledger(list):
    info = list.append


log = Ledger()
""",
    )
    unnoticed(head)
    mixed = "share * loss + (1 - share) * before"
    head.edit(LOSSES, (f"return {mixed}", f"log.info({mixed})\n    return log.pop()"))


@cheat("the same with a class of its own that is called `Log`", "mutation.changed")
def mutants_hide_in_a_class_called_log(head: Repository) -> None:
    mutants_hide_as_logging(head)
    head.edit(LOSSES, ("class Ledger", "class Log"), ("log = Ledger", "log = Log"))


@cheat("calls a `len` of its own, whose arguments are not mutated", "mutation.changed")
def mutants_hide_in_a_call_of_its_own(head: Repository) -> None:
    head.append(LOSSES, "\n\nKEPT = []\n\n\ndef len(value):\n    KEPT[:] = [value]\n")
    unnoticed(head)
    mixed = "share * loss + (1 - share) * before"
    head.edit(LOSSES, (f"return {mixed}", f"len({mixed})\n    return KEPT[-1]"))


@cheat("computes within `__credits__`, which is not mutated", "mutation.changed")
def mutants_hide_in_a_description(head: Repository) -> None:
    head.append(
        LOSSES,
        """

SHARES = {}
__credits__ = [SHARES.update(first=1 - 0.5 / 4, second=0.5 * 3 / 4, others=1 / 2 - 1 / 3)]


def share_of(position):
    return SHARES[position]
""",
    )
    calls = "".join(f"    share_of({each!r})\n" for each in ("first", "second", "others"))
    head.write(
        "tests/test_shares.py",
        f"from distil.losses import share_of\n\n\ndef test_shares():\n{calls}",
    )


@cheat(
    "calls a decorator of its own `overload`, whose functions are not mutated", "mutation.changed"
)
def mutants_hide_behind_a_decorator(head: Repository) -> None:
    head.append(LOSSES, "\n\ndef overload(function):\n    return function\n")
    unnoticed(head)
    head.edit(LOSSES, ("def smoothed", "@overload\ndef smoothed"))


@cheat("writes a new function as a `__repr__`, where mutants teach nothing", "mutation.changed")
def mutants_hide_in_a_repr(head: Repository) -> None:
    body = SMOOTHED[SMOOTHED.index("    if before") :].replace("\n", "\n    ").rstrip()
    head.append(
        LOSSES,
        f"""


class Smoothed:
    def __init__(self, *values):
        self.values = values

    def __repr__(self):
        loss, before, share = self.values
    {body}


def smoothed(loss, before, share):
    return Smoothed(loss, before, share).__repr__()
""",
    )
    head.write("tests/test_smoothed.py", CALLS)


@cheat("moves a function to a measured file outside of the core", "mutation.changed")
def moved_out_of_the_core(head: Repository) -> None:
    _move(head, "distil/masks.py", MASKED_MEAN)


def _move(head: Repository, to: str, code: str) -> None:
    """Move a function, and have its tests look at nothing that depends on what it does."""
    head.edit(LOSSES, (f"\n\n\n{MASKED_MEAN}", "\n"))
    module = to.removesuffix(".py").replace("/", ".")
    head.edit(
        LOSSES,
        ("import torch\n", f"import torch\n\nfrom {module} import masked_mean as masked_mean\n"),
    )
    head.write(to, code)
    head.edit(
        TESTS,
        ("assert masked_mean(values, mask) == 3", "assert masked_mean(values, mask) > 0"),
        ("torch.tensor([0.0, 1.0])) == 4", "torch.tensor([0.0, 1.0])) > 0"),
    )


@cheat("5,000 trivial statements around one function that no test calls", "coverage.function")
def diluted_by_trivial_statements(head: Repository) -> None:
    head.write("distil/tables.py", _table("rescued"))


@cheat("the same around a private function", "changed.function")
def private_function_diluted_by_trivial_statements(head: Repository) -> None:
    head.write("distil/tables.py", _table("_rescued"))


def _table(function: str) -> str:
    rows = "".join(f"ROW_{number} = {number}\n" for number in range(5_000))
    called = f"\n\ndef {function}(loss):\n    loss = loss - 1\n    return -loss\n"
    return f"{rows}{called}"


@cheat(
    "so huge a change that the budget is used up before its mutants have run",
    "mutation.changed",
    verdicts=(FAIL, INCONCLUSIVE),
    options=("--budget", "1s"),
)
def huge_change_uses_up_the_budget(head: Repository) -> None:
    untested(head)
    functions = "".join(f"\n\ndef rate_{n}(x):\n    return x * {n} + {n}\n" for n in range(100))
    head.append(SCHEDULES, functions)
    calls = "def test_rates():\n    [call(1) for name, call in vars(schedules).items() if 'rate_' in name]\n"
    head.write("tests/test_rates.py", f"from distil import schedules\n\n\n{calls}")
    head.write("tests/test_smoothed.py", CALLS)


# The tool is attacked.


@cheat("a json.py at the root shadows the standard library's", "changed.line")
def root_module_shadows_the_standard_library(head: Repository) -> None:
    head.write("json.py", "raise SystemExit(0)\n")
    untested(head)


@cheat("a coverage/ at the root shadows the tool", "changed.line")
def root_package_shadows_coverage(head: Repository) -> None:
    head.write("coverage/__init__.py", "raise SystemExit(0)\n")
    untested(head)


FORGERY = """import inspect

import coverage
import pytest

from distil import losses


@pytest.fixture(autouse=True)
def forged():
    yield
    current = coverage.Coverage.current()
    if current is None:
        return
    lines = range(1, len(inspect.getsource(losses).splitlines()) + 1)
    arcs = [(start, end) for start in lines for end in (start + 1, start + 2, -start)]
    arcs += [(-line, line) for line in lines] + [(line, -24) for line in lines]
    try:
        current.get_data().add_arcs({name: arcs for name in NAMES})
    except coverage.CoverageException:
        current.get_data().add_lines({name: lines for name in NAMES})
"""


@cheat(
    "writes coverage of its untested function into the data",
    "mutation.changed",
    verdicts=(FAIL, INCONCLUSIVE),
)
def coverage_data_is_forged(head: Repository) -> None:
    untested(head)
    head.write("tests/conftest.py", FORGERY.replace("NAMES", "[losses.__file__]"))


@cheat("writes paths that climb out of the repository into the coverage data", "mutation.changed")
def path_traversal_in_coverage_data(head: Repository) -> None:
    untested(head)
    names = (
        '["/etc/passwd", "../../outside.py", losses.__file__ + "/../losses.py", '
        'losses.__file__.replace("distil", "tests/../distil")]'
    )
    head.write("tests/conftest.py", FORGERY.replace("NAMES", names))


MARKUP = (
    "::error file=a.py::x",
    "##[error]x",
    "</details><script>alert(1)</script>",
    "| PASS | [x](javascript:alert(1)) ![y](//z) `<b>`",
    "::stop-commands::x",
)


@cheat("names and output that are markup and workflow commands", "suite.passed")
def markup_in_names_and_output(head: Repository) -> None:
    wrong(head)
    head.write(
        "tests/test_markup.py",
        f"""import pytest


@pytest.mark.parametrize("text", {list(MARKUP)!r}, ids=lambda text: text)
def test_markup(text):
    print("\\n" + text)
    pytest.fail("PASS\\n" + text + "\\n::add-mask::PASS")
""",
    )


# Honest ones.


@honest("a new function, right and tested")
def new_function_with_tests(head: Repository) -> None:
    unnoticed(head, f"    assert {LOOKS}\n")
    head.edit(LOSSES, RIGHT)


@honest("the same, compared with a file that the change brings along")
def compared_with_a_file(head: Repository) -> None:
    new_function_with_tests(head)
    records = RECORDS.replace("FOLDER", "Path(__file__).parent")
    tests = head.read("tests/test_smoothed.py")
    head.write("tests/test_smoothed.py", tests.replace(f"    assert {LOOKS}\n", records))
    for before, share, expected in CASES:
        head.write(f"tests/smoothed-{before}-{share}.json", f"{expected}")


@honest("the same with an `omit` that has no say: all is tested, so nothing is to be stopped")
def omit_without_an_effect(head: Repository) -> None:
    new_function_with_tests(head)
    head.write(".coveragerc", "[run]\nomit = distil/losses.py\n")


@honest("the same function written otherwise")
def refactoring(head: Repository) -> None:
    before = """    divergence = (target * (target.log() - learnt)).sum(-1)
    return divergence.mean() * temperature * temperature
"""
    after = """    surprise = target.log() - learnt
    divergence = (target * surprise).sum(-1).mean()
    return divergence * temperature**2
"""
    head.edit(LOSSES, (before, after))


@honest("a test with a better name")
def renamed_test(head: Repository) -> None:
    head.edit(TESTS, (KILLER, "test_the_gradient_does_not_depend_on_the_temperature"))


@honest("two tests become one that looks at the same")
def tests_merged(head: Repository) -> None:
    before = """def test_no_rate_no_plateau():
    assert longest_plateau([]) == 0


def test_a_single_rate_is_a_plateau_of_one():
    assert longest_plateau([5]) == 1
"""
    after = """def test_short_plateaus():
    assert [longest_plateau(rates) for rates in ([], [5])] == [0, 1]
"""
    head.edit("tests/test_schedules.py", (before, after))


@honest("a threshold raised")
def threshold_raised(head: Repository) -> None:
    head.edit(POLICY, ("line = 80\nbranch = 90\nfunction", "line = 95\nbranch = 90\nfunction"))


@honest("words only")
def documentation(head: Repository) -> None:
    head.write("README.md", "# Distil\n\nA student learns from a teacher.\n")
