"""The words of `addopts`, parted into those that choose tests and all others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from shlex import split

# Options that choose tests, by the name under which all their spellings are compared.
_FLAGS = {
    "-x": "-x", "--exitfirst": "-x",
    "--lf": "--lf", "--last-failed": "--lf",
    "--ff": "--ff", "--failed-first": "--ff",
    "--nf": "--nf", "--new-first": "--nf",
    "--sw": "--sw", "--stepwise": "--sw",
    "--sw-skip": "--sw-skip", "--stepwise-skip": "--sw-skip",
    "--sw-reset": "--sw-reset", "--stepwise-reset": "--sw-reset",
    "--co": "--co", "--collect-only": "--co", "--collectonly": "--co",
    "--setup-only": "--setup-only", "--setuponly": "--setup-only",
    "--setup-plan": "--setup-plan", "--setupplan": "--setup-plan",
    "--noconftest": "--noconftest",
    "--doctest-modules": "--doctest-modules",
    "--pyargs": "--pyargs",
}  # fmt: skip
_VALUED = {
    "-k": "-k",
    "-m": "-m",
    "--deselect": "--deselect",
    "--ignore": "--ignore",
    "--ignore-glob": "--ignore-glob",
    "--maxfail": "--maxfail",
    "--lfnf": "--lfnf", "--last-failed-no-failures": "--lfnf",
    "--doctest-glob": "--doctest-glob",
    "--confcutdir": "--confcutdir",
}  # fmt: skip
# Other options that take a word of their own, so that it is not read as a path.
_OTHERS = frozenset(
    split(
        "-c --config-file -p -W --pythonwarnings -o --override-ini -r -n --numprocesses "
        "--maxprocesses --dist --tb --color --durations --durations-min --verbosity --show-capture "
        "--capture --pastebin --junitxml --junit-xml --junitprefix --junit-prefix --log-level "
        "--log-format --log-date-format --log-cli-level --log-cli-format --log-cli-date-format "
        "--log-file --log-file-mode --log-file-level --log-file-format --log-file-date-format "
        "--log-auto-indent --log-disable --basetemp --rootdir --import-mode --assert "
        "--doctest-report --code-highlight --debug --timeout --timeout-method --session-timeout "
        "--cov --cov-report --cov-config --cov-fail-under --cov-context --reruns --reruns-delay "
        "--only-rerun --randomly-seed --random-order-bucket --hypothesis-profile --hypothesis-seed "
        "--asyncio-mode --html --css --ds --dc --benchmark-min-rounds --benchmark-max-time "
        "--snapshot-dir --mypy-ini-file --cov-precision --max-worker-restart --maxschedchunk --tx "
        "--rsyncdir "
    )
)
_SHORT_VALUED = frozenset("kmpWorcn")
# Where no test is chosen out: without the option more run.
MORE_TESTS = frozenset({"--doctest-modules", "--doctest-glob", "--pyargs"})
PATHS = "paths"

Exists = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Addopts:
    """`selection` maps each choosing option, and `PATHS`, to its values; `others` are the words left."""

    selection: dict[str, tuple[str, ...]]
    others: tuple[str, ...]


def part(words: Sequence[str], exists: Exists) -> Addopts:
    """Part the words of `addopts`; `exists` says whether a word is a path of the repository.

    A word after an unknown option is a path only where there is one of that name.
    """
    selection: dict[str, list[str]] = {}
    others: list[str] = []
    for name, value, spelled in _options(list(words), exists):
        if name:
            selection.setdefault(name, []).append(value)
        else:
            others += spelled
    return Addopts({name: tuple(values) for name, values in selection.items()}, tuple(others))


def join(addopts: Addopts) -> tuple[str, ...]:
    """Write the words of `addopts` again, those that choose tests last."""
    chosen: list[str] = []
    for name, values in addopts.selection.items():
        for value in values if name != PATHS else ():
            if name in _FLAGS:
                chosen.append(name)
            else:
                chosen += [f"{name}={value}"] if name.startswith("--") else [name, value]
    return (*addopts.others, *chosen, *addopts.selection.get(PATHS, ()))


def _options(words: list[str], exists: Exists) -> Iterator[tuple[str, str, list[str]]]:
    """Yield the name of each choosing option with its value, or no name and the words as spelled."""
    while words:
        word = words.pop(0)
        name, equals, value = word.partition("=")
        if word == "--":
            yield from ((PATHS, path, [path]) for path in words)
            return
        if not word.startswith("-") or word == "-":
            yield PATHS, word, [word]
        elif not word.startswith("--"):
            yield from _cluster(word, words)
        elif name in _VALUED:
            yield _VALUED[name], value if equals else _taken(words), []
        elif word in _FLAGS:
            yield _FLAGS[word], "", []
        else:
            follows = not equals and bool(words) and not words[0].startswith("-")
            takes = follows and (name in _OTHERS or not exists(words[0].partition("::")[0]))
            yield "", "", [word, words.pop(0)] if takes else [word]


def _cluster(word: str, words: list[str]) -> Iterator[tuple[str, str, list[str]]]:
    """Read short options that stand together, such as `-xvk EXPRESSION`."""
    for at, letter in enumerate(word[1:], start=1):
        if letter in _SHORT_VALUED:
            rest = word[at + 1 :].removeprefix("=")
            value = rest or _taken(words)
            option = f"-{letter}"
            yield _VALUED.get(option, ""), value, [option, value]
            return
        yield _FLAGS.get(f"-{letter}", ""), "", [f"-{letter}"]


def _taken(words: list[str]) -> str:
    return words.pop(0) if words else ""
