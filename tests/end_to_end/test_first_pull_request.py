"""docs/first-pull-request.md, followed word for word: its files are written, its commands called."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs/first-pull-request.md"
# A block, and the line before it that says which file it is. A block of `sh` sets a machine up.
BLOCK = re.compile(
    r"(?:^(?P<how>Write|Add to) `(?P<path>[^`]+)`:\n\n)?^```(?P<kind>\w+)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
LEFT_OUT = "…"
IDENTITY = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "n"), ("EMAIL", "e@example.org"))
}


def test_the_page_works_word_for_word(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "--quiet", "--initial-branch=main", str(tmp_path)], check=True)
    called = 0
    for block in BLOCK.finditer(PAGE.read_text(encoding="utf-8")):
        if block["path"]:
            file = tmp_path / block["path"]
            file.parent.mkdir(exist_ok=True)
            # As an editor would, with two empty lines between functions.
            before = f"{file.read_text()}\n\n" if block["how"] == "Add to" else ""
            file.write_text(before + block["text"])
        elif block["kind"] == "console":
            for command, expected in commands(block["text"]):
                said = called_in(tmp_path, command)
                assert matches(said, expected), f"$ {command}\n{said}"
                called += 1
    assert called == 12


def commands(text: str) -> Iterator[tuple[str, list[str]]]:
    """Give each command of a block, and the lines that it is to print."""
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, *lines = part.splitlines()
        yield command, lines


def called_in(folder: Path, command: str) -> str:
    """Call a command as a newcomer does, and give what it prints on standard output."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        command,
        shell=True,
        cwd=folder,
        env={**os.environ, **IDENTITY, "PATH": path, "COLUMNS": "100", "NO_COLOR": "1"},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    return done.stdout


def matches(said: str, expected: list[str]) -> bool:
    """Say whether the lines are printed, one after the other where no line is left out between them."""
    lines = [re.escape(line).replace(re.escape(LEFT_OUT), ".*") for line in expected]
    pattern = "\\n".join("(?:.*\\n)*?.*" if line == ".*" else line for line in lines)
    return re.fullmatch(pattern + "\\n?", said) is not None


def test_a_line_that_is_not_printed_is_found_out() -> None:
    assert matches("a\nb\nc\n", ["a", "…", "c"])
    assert matches("a\nb c\n", ["a", "b …"])
    assert matches("", [])
    assert not matches("a\nb\nc\n", ["a", "c"])
    assert not matches("a\nb\n", ["a"])
    assert not matches("a\nb\n", ["…", "d"])
