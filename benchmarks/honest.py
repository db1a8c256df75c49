"""Honest pull requests out of the history of public projects: what the gate says to each.

    python benchmarks/honest.py [SUBJECT...] [--changes N] [--work DIR]

The newest N changes of a subject's default branch that touch a Python file of it or of its tests, each gated
as a pull request: the working tree is the change, the base its first parent. Its whole package is the core.
Prints a table, and what forced each verdict that is no PASS.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

from subjects import (
    Subject,
    chosen,
    complete,
    copy,
    environment,
    exclusions,
    interpreter,
    parser,
    run,
    say,
    work_folder,
)

HEAD = "| Subject | Change | Verdict | By | Mutants | Seconds |\n|---|---|---|---|---|---|"
# What these projects meet as they stand, so that a verdict is about the change.
COVERAGE = "[coverage]\nline = 80\nbranch = 80\nfunction = 50\n"


@dataclass(frozen=True, slots=True)
class Judged:
    """What the gate said of one change; `document` is empty where it gave no verdict."""

    subject: str
    change: str
    title: str
    code: int
    seconds: float
    document: dict[str, Any]
    output: str

    @property
    def verdict(self) -> str:
        """The verdict, or the exit code of a run without one."""
        return str(self.document.get("verdict", f"exit {self.code}")).upper()

    @property
    def forcing(self) -> list[dict[str, Any]]:
        """The findings that forced it."""
        return [each for each in self.document.get("findings", []) if each["forces"]]


def main() -> int:
    """Gate the changes of every subject, and print what was said."""
    begun = parser(str(__doc__))
    begun.add_argument("--changes", type=int, default=17, help="of each subject (default: 17)")
    begun.add_argument("--skip", type=int, default=0, help="leave out the newest so many")
    arguments = begun.parse_args()
    judged: list[Judged] = []
    say(HEAD)
    with work_folder(arguments.work) as work:
        for subject in chosen(arguments.subjects):
            for each in changes(subject, work, arguments.changes, arguments.skip):
                judged.append(each)
                say(row(each))
    for line in reasons(judged):
        say(line)
    return 1 if any(not each.document for each in judged) else 0


def changes(subject: Subject, work: Path, wanted: int, skip: int) -> Iterator[Judged]:
    """Gate the newest changes of a subject, the newest first."""
    python = interpreter(subject, work)
    root = copy(subject, work / subject.name / "honest")
    policy = work / subject.name / "honest.toml"
    policy.write_text(policy_text(subject), encoding="utf-8")
    selected = ["--first-parent", "--format=%H %s", f"--max-count={wanted}", f"--skip={skip}"]
    touching = ["--", *(f"{path}/*.py" for path in (package(subject), *folders(subject)))]
    log = run(["git", "log", *selected, *touching], root, check=True).stdout
    for line in log.splitlines():
        commit, _, title = line.partition(" ")
        yield gated(subject, root, commit, title, (python, policy))


def gated(subject: Subject, root: Path, commit: str, title: str, using: tuple[str, Path]) -> Judged:
    """Check one change against its first parent."""
    python, policy = using
    run(["git", "checkout", "--quiet", "--force", "--detach", commit], root, check=True)
    run(["git", "clean", "--quiet", "--force", "-d", "-x"], root, check=True)
    complete(subject, root)
    out = root.parent / "results" / commit[:12]
    command = [str(Path(sys.executable).with_name("gate")), "check", "--base", f"{commit}^1"]
    command += ["--policy", str(policy), "--python", python, "--out", str(out)]
    begun = monotonic()
    ended = run(command, root, environment(subject, root))
    seconds = monotonic() - begun
    results = out / "results.json"
    document = json.loads(results.read_text("utf-8")) if results.exists() else {}
    return Judged(subject.name, commit, title, ended.returncode, seconds, document, ended.stdout)


def package(subject: Subject) -> str:
    """Name the folder of the subject's files."""
    return str(Path(subject.files[0]).parent)


def folders(subject: Subject) -> list[str]:
    """Name the folders of its tests."""
    return sorted(
        {str(Path(path).parent) if path.endswith(".py") else path for path in subject.tests}
    )


def policy_text(subject: Subject) -> str:
    """Write a policy that gates the whole package, with totals that it meets as it stands."""
    # A folder is measured with all that is in it, tests too.
    inside = any(Path(path).is_relative_to(package(subject)) for path in subject.tests)
    measured = json.dumps(subject.files if inside else [package(subject)])
    suite = f"[source]\ninclude = {measured}\n[tests]\npaths = {json.dumps(subject.tests)}\n"
    return f"{suite}{COVERAGE}[mutation]\ncore = {measured}\n" + "\n".join(
        [*exclusions(subject), ""]
    )


def row(judged: Judged) -> str:
    """Write a line of the table."""
    mutation = judged.document.get("mutation") or {"counts": {}}
    counts = mutation["counts"]
    mutants = ", ".join(f"{count:,} {status}" for status, count in sorted(counts.items()) if count)
    rules = ", ".join(sorted({f"`{each['rule']}`" for each in judged.forcing}))
    cells = (
        judged.subject,
        f"{judged.change[:9]} {judged.title}".replace("|", "\\|"),
        judged.verdict,
        rules,
        mutants,
        f"{judged.seconds:.0f}",
    )
    return f"| {' | '.join(cells)} |"


def reasons(judged: Sequence[Judged]) -> Iterator[str]:
    """Tell the verdicts apart, then say what forced each that is no PASS."""
    yield ""
    for verdict, count in sorted(Counter(each.verdict for each in judged).items()):
        yield f"{verdict}: {count} of {len(judged)}"
    for each in judged:
        if each.verdict != "PASS":
            yield f"\n### {each.subject} {each.change[:9]}: {each.title}\n"
            yield from (f"- `{found['rule']}` {found['message']}" for found in each.forcing)
            if not each.document:
                yield f"```text\n{each.output[-1500:]}\n```"


if __name__ == "__main__":
    sys.exit(main())
