from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from gate.errors import ExitCode, MissingEvidenceError, SetupError, UsageError
from gate.model import ChangedFile
from gate.source.git import (
    ask,
    changed_lines,
    entries_at,
    file_at,
    head_state,
    is_tracked,
    listed_files,
    merge_base,
    python_files,
    read_blob,
    repository_root,
)

ODD_NAMES = ("sp ace.py", "new\nline.py", 'ta\tb "q" \\.py', "é—ü.py", "b/x b/y.py", "-dash.py")


class Repository:
    """A real git repository in a folder, with a commit on its branch `main`."""

    def __init__(self, root: Path, **files: str) -> None:
        self.root = root
        root.mkdir(parents=True, exist_ok=True)
        self.git("init", "--quiet", "--initial-branch=main")
        self.write("README", "a text\n")
        for name, text in files.items():
            self.write(f"{name}.py", text)
        self.commit("first")

    def git(self, *arguments: str) -> str:
        identity = ("-c", "user.name=n", "-c", "user.email=e@example.org")
        command = ["git", *identity, "-C", str(self.root), *arguments]
        return subprocess.run(command, check=True, capture_output=True).stdout.decode().strip()

    def write(self, path: str, text: str | bytes) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text if isinstance(text, bytes) else text.encode())

    def commit(self, message: str) -> str:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.git("rev-parse", "HEAD")

    def changed(self, base: str = "main") -> dict[str, ChangedFile]:
        return {file.path: file for file in changed_lines(self.root, base).files}

    def lines(self, path: str, base: str = "main") -> list[int]:
        return sorted(self.changed(base)[path].lines)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "repository", a="one = 1\ntwo = 2\nthree = 3\n")


def numbered(count: int) -> str:
    return "".join(f"name_{number} = {number}\n" for number in range(1, count + 1))


def test_the_root_is_found_from_any_folder_or_file_inside(repository: Repository) -> None:
    repository.write("src/deep/m.py", "x = 1\n")
    root = repository.root.resolve()
    assert repository_root(repository.root / "src" / "deep") == root
    assert repository_root(repository.root / "src" / "deep" / "m.py") == root


def test_a_folder_outside_any_repository_is_refused_with_a_hint(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="not in a git repository") as caught:
        repository_root(tmp_path)
    assert "git init" in caught.value.hint


def test_a_folder_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="There is no folder"):
        repository_root(tmp_path / "missing")


def test_a_bare_repository_is_refused(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "--quiet", "--bare", tmp_path], check=True)
    with pytest.raises(SetupError, match="no working tree"):
        repository_root(tmp_path)


def test_a_repository_without_a_commit_is_refused_with_a_hint(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    with pytest.raises(SetupError, match="no commit yet") as caught:
        repository_root(tmp_path)
    assert "git commit" in caught.value.hint


def test_a_missing_git_is_a_setup_error(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SetupError, match="no git on the PATH") as caught:
        repository_root(repository.root)
    assert caught.value.exit_code == ExitCode.USAGE
    assert "Install git" in caught.value.hint


def test_the_environment_of_a_git_hook_does_not_lead_astray(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    other = Repository(tmp_path / "other")
    head = repository.git("rev-parse", "HEAD")
    monkeypatch.setenv("GIT_DIR", str(other.root / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other.root / ".git" / "index"))
    assert head_state(repository.root) == (head, False)
    assert python_files(repository.root) == ("a.py",)


def test_python_files_are_tracked_or_untracked_but_not_ignored_or_gone(
    repository: Repository,
) -> None:
    repository.write("gone.py", "x = 1\n")
    repository.write(".gitignore", "ignored.py\n")
    repository.commit("more")
    (repository.root / "gone.py").unlink()
    repository.write("ignored.py", "x = 1\n")
    repository.write("pkg/new.py", "x = 1\n")
    repository.write("notes.txt", "no Python\n")
    assert python_files(repository.root) == ("a.py", "pkg/new.py")


def test_what_git_does_not_ignore_is_listed_deleted_or_not(repository: Repository) -> None:
    repository.write(".gitignore", "ignored*\n")
    repository.write("ignored", "x\n")
    repository.write("ignored_but_tracked", "x\n")
    repository.git("add", "--force", "ignored_but_tracked")
    repository.write("new\nline", "x\n")
    (repository.root / "link").symlink_to("a.py")
    (repository.root / "README").unlink()
    Repository(repository.root / "inner")
    listed = set(listed_files(repository.root))
    expected = {
        ".gitignore",
        "README",
        "a.py",
        "ignored_but_tracked",
        "inner/",
        "link",
        "new\nline",
    }
    assert listed == expected


@pytest.mark.parametrize("tracked", [True, False])
def test_odd_names_survive_the_listing(repository: Repository, tracked: bool) -> None:
    for name in ODD_NAMES:
        repository.write(name, "x = 1\n")
    if tracked:
        repository.commit("odd")
    assert python_files(repository.root) == tuple(sorted({"a.py", *ODD_NAMES}))


def test_a_name_that_is_no_utf_8_can_be_opened_again(repository: Repository) -> None:
    raw = os.fsencode(repository.root) + b"/caf\xe9.py"
    Path(os.fsdecode(raw)).write_bytes(b"x = 1\ny = 2\n")
    listed = [path for path in python_files(repository.root) if path != "a.py"]
    assert [(repository.root / path).read_bytes() for path in listed] == [b"x = 1\ny = 2\n"]
    assert repository.lines(listed[0]) == [1, 2]
    repository.commit("bytes")
    repository.write(listed[0], "x = 1\ny = 3\n")
    assert repository.lines(listed[0], base="HEAD") == [2]


def test_a_symbolic_link_is_never_a_second_name_or_a_way_out(
    repository: Repository, tmp_path: Path
) -> None:
    (tmp_path / "outside.py").write_text("x = 1\n")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "m.py").write_text("x = 1\n")
    (repository.root / "inside.py").symlink_to("a.py")
    (repository.root / "outside.py").symlink_to(tmp_path / "outside.py")
    (repository.root / "folder").symlink_to(tmp_path / "folder")
    (repository.root / "dangling.py").symlink_to("nowhere.py")
    assert python_files(repository.root) == ("a.py",)
    repository.commit("links")
    assert python_files(repository.root) == ("a.py",)


def test_a_submodule_is_not_ours(repository: Repository, tmp_path: Path) -> None:
    inner = Repository(tmp_path / "inner", theirs="x = 1\n")
    repository.git(
        "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(inner.root), "sub"
    )
    repository.commit("submodule")
    repository.write("sub/theirs.py", "x = 2\n")
    assert python_files(repository.root) == ("a.py",)
    assert "sub" not in repository.changed(base="HEAD~1")
    assert "sub/theirs.py" not in repository.changed(base="HEAD~1")


def test_an_embedded_repository_is_not_ours(repository: Repository) -> None:
    Repository(repository.root / "embedded", theirs="x = 1\n")
    assert python_files(repository.root) == ("a.py",)
    assert repository.changed() == {}


def test_the_base_may_be_a_branch_a_tag_or_a_sha(repository: Repository) -> None:
    sha = repository.git("rev-parse", "HEAD")
    repository.git("tag", "--annotate", "v1", "--message", "v1")
    repository.git("checkout", "--quiet", "-b", "work")
    repository.write("a.py", "one = 1\ntwo = 22\nthree = 3\n")
    head = repository.commit("edit")
    for base in ("main", "v1", sha, sha[:10]):
        changed = changed_lines(repository.root, base)
        assert (changed.base, changed.merge_base, changed.head) == (base, sha, head)
        assert not changed.dirty
        assert changed.files == (ChangedFile("a.py", frozenset({2})),)


def test_work_merged_into_the_base_since_is_not_ours(repository: Repository) -> None:
    fork = repository.git("rev-parse", "HEAD")
    repository.git("checkout", "--quiet", "-b", "work")
    repository.write("a.py", "one = 1\ntwo = 2\nthree = 33\n")
    repository.commit("ours")
    repository.git("checkout", "--quiet", "main")
    repository.write("theirs.py", "x = 1\n")
    repository.commit("theirs")
    repository.git("checkout", "--quiet", "work")
    changed = changed_lines(repository.root, "main")
    assert changed.merge_base == fork
    assert [(file.path, sorted(file.lines)) for file in changed.files] == [("a.py", [3])]


def test_edits_in_commits_index_and_working_tree_add_up_in_the_lines_on_disk(
    repository: Repository,
) -> None:
    repository.write("a.py", numbered(9))
    repository.commit("nine")
    lines = numbered(9).split("\n")
    lines[7] = "committed = True"
    repository.write("a.py", "\n".join(lines))
    repository.commit("edit")
    lines[4] = "staged = True"
    repository.write("a.py", "\n".join(lines))
    repository.git("add", "a.py")
    lines.insert(0, "unstaged = True")
    repository.write("a.py", "\n".join(lines))
    # Lines 8 and 5 of the commit and the index are lines 9 and 6 on disk.
    assert repository.lines("a.py", base="HEAD~1") == [1, 6, 9]


def test_an_untracked_file_is_changed_in_all_its_lines(repository: Repository) -> None:
    repository.write("new.py", "x = 1\n\n# end")
    repository.write("empty.py", "")
    repository.write("data.bin", b"\0\1\n\2")
    changed = repository.changed()
    assert changed["new.py"] == ChangedFile("new.py", frozenset({1, 2, 3}), "untracked")
    assert changed["empty.py"].lines == frozenset()
    assert changed["data.bin"] == ChangedFile("data.bin", frozenset(), "untracked")


def test_a_file_taken_out_of_the_index_alone_is_untracked_not_deleted(
    repository: Repository,
) -> None:
    repository.git("rm", "--quiet", "--cached", "a.py")
    assert repository.changed()["a.py"] == ChangedFile("a.py", frozenset({1, 2, 3}), "untracked")


def test_a_new_tracked_file_is_added_in_all_its_lines(repository: Repository) -> None:
    repository.write("new.py", "x = 1\ny = 2")
    repository.git("add", "new.py")
    assert repository.changed()["new.py"] == ChangedFile("new.py", frozenset({1, 2}), "added")


def test_a_renamed_file_counts_only_its_edited_lines(repository: Repository) -> None:
    repository.write("a.py", numbered(20))
    repository.commit("long")
    repository.git("mv", "a.py", "moved é.py")
    edited = numbered(20).replace("name_7 = 7\n", "name_7 = 77\n")
    repository.write("moved é.py", edited)
    repository.commit("move")
    changed = repository.changed(base="HEAD~1")
    assert changed == {
        "moved é.py": ChangedFile("moved é.py", frozenset({7}), "renamed", old_path="a.py")
    }


def test_text_renamed_to_code_is_new_in_all_its_lines(repository: Repository) -> None:
    repository.write("code.txt", numbered(20))
    repository.commit("text")
    repository.git("mv", "code.txt", "code.py")
    changed = repository.changed(base="HEAD")
    assert changed["code.py"] == ChangedFile("code.py", frozenset(range(1, 21)), "added")
    assert changed["code.txt"].status == "deleted"


def test_a_deleted_file_and_deleted_lines_have_no_lines(repository: Repository) -> None:
    repository.write("b.py", "x = 1\n")
    repository.commit("more")
    (repository.root / "b.py").unlink()
    repository.write("a.py", "one = 1\nthree = 3\n")
    assert repository.changed(base="HEAD") == {
        "a.py": ChangedFile("a.py", frozenset()),
        "b.py": ChangedFile("b.py", frozenset(), "deleted"),
    }


def test_a_change_of_mode_is_a_change_without_lines(repository: Repository) -> None:
    (repository.root / "a.py").chmod(0o755)
    assert repository.changed() == {"a.py": ChangedFile("a.py", frozenset())}


def test_a_link_has_no_lines_and_a_file_in_its_place_has_all(repository: Repository) -> None:
    (repository.root / "l.py").symlink_to("a.py")
    assert "l.py" not in repository.changed()
    repository.commit("link")
    assert repository.changed(base="HEAD~1")["l.py"] == ChangedFile("l.py", frozenset(), "added")
    (repository.root / "l.py").unlink()
    repository.write("l.py", "x = 1\ny = 2\n")
    assert repository.lines("l.py", base="HEAD") == [1, 2]
    (repository.root / "a.py").unlink()
    (repository.root / "a.py").symlink_to("README")
    assert repository.lines("a.py", base="HEAD") == []


@pytest.mark.parametrize("name", ODD_NAMES)
def test_odd_names_survive_the_diff(repository: Repository, name: str) -> None:
    repository.write(name, numbered(4))
    repository.commit("odd")
    repository.write(name, numbered(4).replace("name_3 = 3", "name_3 = 33"))
    assert repository.changed(base="HEAD") == {name: ChangedFile(name, frozenset({3}))}


def test_only_line_feeds_and_carriage_returns_end_a_line(repository: Repository) -> None:
    text = 'one = "\u2028 \x85 \x1c"\n\x0c\ntwo = "\x0b \x0c"\nthree = 3\n'
    repository.write("a.py", text)
    repository.commit("odd ends")
    repository.write("a.py", text.replace("three = 3", "three = 33"))
    assert repository.lines("a.py", base="HEAD") == [4]


def test_windows_line_ends_change_no_number(repository: Repository) -> None:
    repository.write("a.py", b"one = 1\r\ntwo = 2\r\nthree = 3\r\n")
    repository.commit("windows")
    repository.write("a.py", b"one = 1\r\ntwo = 22\r\nthree = 3\r\n")
    assert repository.lines("a.py", base="HEAD") == [2]


def test_lines_behind_lone_carriage_returns_are_counted_as_python_counts(
    repository: Repository,
) -> None:
    repository.write("a.py", b"one = 1\ntwo = 2\rthree = 3\nfour = 4\n")
    assert repository.lines("a.py") == [2, 3, 4]


def test_a_missing_end_of_the_last_line_shifts_nothing(repository: Repository) -> None:
    repository.write("a.py", "one = 1\ntwo = 2\nthree = 3")
    repository.commit("no end")
    repository.write("a.py", "one = 1\ntwo = 2\nthree = 33")
    assert repository.lines("a.py", base="HEAD") == [3]
    repository.write("a.py", "zero = 0\none = 1\ntwo = 2\nthree = 33\n")
    assert repository.lines("a.py", base="HEAD") == [1, 4]


def test_text_that_looks_like_a_diff_is_text(repository: Repository) -> None:
    repository.write("a.py", numbered(9))
    repository.commit("nine")
    lines = numbered(9).split("\n")
    lines[1:2] = ["++ b/other.py", "@@ -1 +90 @@", "diff --git a/x b/x", "-- a/x"]
    lines[8] = "later = True"
    repository.write("a.py", "\n".join(lines))
    assert set(repository.changed(base="HEAD")) == {"a.py"}
    assert repository.lines("a.py", base="HEAD") == [2, 3, 4, 5, 9]


def test_attributes_of_the_change_hide_nothing(repository: Repository) -> None:
    repository.write(".gitattributes", "*.py -diff\n")
    repository.write("a.py", "one = 1\ntwo = 22\nthree = 3\n")
    assert repository.lines("a.py") == [2]


@pytest.mark.parametrize(
    "attributes",
    [
        *("-diff", "binary", "-text", "text eol=crlf", "text=auto", "ident", "diff=python"),
        *(
            "whitespace=-trailing-space",
            "working-tree-encoding=latin-1",
            "merge=ours",
            "export-ignore",
        ),
    ],
)
def test_no_attribute_moves_or_hides_a_line(repository: Repository, attributes: str) -> None:
    repository.write(".gitattributes", f"*.py {attributes}\n")
    repository.write("a.py", "one = 1\ntwo = 2\nadded = 'é'\nthree = 3\n")
    assert repository.lines("a.py") == [3]


def test_white_space_alone_is_an_edit(repository: Repository) -> None:
    repository.write("a.py", "if one:\n    two = 2\n    three = 3\n")
    first = repository.commit("block")
    repository.git("config", "core.whitespace", "-blank-at-eol,-indent-with-non-tab")
    repository.write("a.py", "if one:\n    two = 2 \nthree = 3\n")
    assert repository.lines("a.py", first) == [2, 3]


def test_a_file_of_another_encoding_has_its_lines(repository: Repository) -> None:
    text = "# coding: latin-1\none = 'é'\ntwo = 'ü'\n"
    repository.write("a.py", text.encode("latin-1"))
    first = repository.commit("latin")
    repository.write("a.py", text.replace("ü", "ö").encode("latin-1"))
    assert repository.lines("a.py", first) == [3]


def test_a_file_with_nul_bytes_still_has_lines(repository: Repository) -> None:
    repository.write("a.py", b"one = 1\ntwo = '\0'\nthree = 3\n")
    assert repository.lines("a.py") == [2]


def test_a_merge_commit_and_a_conflict_count_what_is_on_disk(repository: Repository) -> None:
    repository.git("checkout", "--quiet", "-b", "left")
    repository.write("a.py", "one = 1\ntwo = 'left'\nthree = 3\n")
    repository.commit("left")
    repository.git("checkout", "--quiet", "-b", "right", "main")
    repository.write("a.py", "one = 1\ntwo = 'right'\nthree = 3\n")
    repository.commit("right")
    with pytest.raises(subprocess.CalledProcessError):
        repository.git("merge", "--quiet", "left")
    assert repository.lines("a.py") == [2, 3, 4, 5, 6]
    repository.write("a.py", "one = 1\ntwo = 'both'\nthree = 3\n")
    repository.commit("merged")
    assert repository.lines("a.py") == [2]


@pytest.mark.parametrize(
    "setting",
    [
        ("diff.noprefix", "true"),
        ("diff.mnemonicPrefix", "true"),
        ("diff.context", "9"),
        ("diff.interHunkContext", "50"),
        ("diff.renames", "false"),
        ("diff.external", "false"),
        ("color.ui", "always"),
        ("core.quotepath", "true"),
        ("core.fsmonitor", "false; exit 1"),
        ("diff.orderFile", "/nowhere"),
    ],
)
def test_the_configuration_of_user_and_repository_has_no_say(
    repository: Repository,
    setting: tuple[str, str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    repository.write("a.py", numbered(20))
    repository.commit("long")
    repository.git("mv", "a.py", "é.py")
    edited = numbered(20).replace("name_3 = 3\n", "x = 0\n").replace("name_9 = 9\n", "y = 0\n")
    repository.write("é.py", edited)
    expected = repository.changed(base="HEAD")
    assert sorted(expected["é.py"].lines) == [3, 9]
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    subprocess.run(["git", "config", "--global", *setting], check=True)
    repository.git("config", *setting)
    assert repository.changed(base="HEAD") == expected


def test_filters_and_ignored_files_of_the_user_have_no_say(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    repository.write(".gitattributes", "*.py filter=rot\n")
    repository.commit("attributes")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    for key, value in (("filter.rot.clean", "tr a-z b-za"), ("core.excludesFile", "~/ignored")):
        subprocess.run(["git", "config", "--global", key, value], check=True)
    (tmp_path / "ignored").write_text("mine.py\n")
    (tmp_path / "git").mkdir()
    (tmp_path / "git" / "ignore").write_text("mine.py\n")
    repository.write("mine.py", "x = 1\n")
    repository.write("a.py", "one = 1\ntwo = 2\nthree = 33\n")
    assert repository.lines("a.py", base="HEAD") == [3]
    assert python_files(repository.root) == ("a.py", "mine.py")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_checkout_that_belongs_to_somebody_else_is_read(repository: Repository) -> None:
    # As in a container whose checkout was made outside of it.
    for path in [repository.root, *repository.root.rglob("*")]:
        os.chown(path, 12345, 12345)
    assert repository_root(repository.root) == repository.root.resolve()


def test_an_unknown_base_names_its_neighbours_and_the_fetch(repository: Repository) -> None:
    repository.git("update-ref", "refs/remotes/origin/v2", "HEAD")
    repository.git("tag", "v1.0")
    for base, near in (("v2", "origin/v2"), ("maim", "main"), ("v1.1", "v1.0")):
        with pytest.raises(UsageError, match=base) as caught:
            changed_lines(repository.root, base)
        assert near in caught.value.hint
        assert "git fetch origin" in caught.value.hint


@pytest.mark.parametrize("base", ["", "--all", "-p", "a\0b", "nowhere", "0" * 40, "a..b"])
def test_a_base_that_is_no_commit_is_a_usage_error(repository: Repository, base: str) -> None:
    with pytest.raises(UsageError, match="no branch, tag or commit"):
        changed_lines(repository.root, base)


def test_unrelated_histories_in_a_full_clone_are_a_usage_error(repository: Repository) -> None:
    repository.git("checkout", "--quiet", "--orphan", "alone")
    repository.commit("alone")
    with pytest.raises(UsageError, match="no common history"):
        changed_lines(repository.root, "main")


def shallow_clone(repository: Repository, folder: Path) -> Repository:
    """Clone the tips of `main` and `work` without their common ancestor."""
    repository.git("checkout", "--quiet", "-b", "work")
    for branch in ("work", "main"):
        repository.git("checkout", "--quiet", branch)
        for number in range(2):
            repository.write(f"{branch}_{number}.py", "x = 1\n")
            repository.commit(f"{branch} {number}")
    source = f"file://{repository.root}"
    command = ["git", "clone", "--quiet", "--depth=1", "--no-single-branch", "--branch=work"]
    subprocess.run([*command, source, str(folder)], check=True, capture_output=True)
    clone = object.__new__(Repository)
    clone.root = folder
    return clone


def test_a_shallow_clone_without_the_merge_base_is_missing_evidence(
    repository: Repository, tmp_path: Path
) -> None:
    clone = shallow_clone(repository, tmp_path / "clone")
    with pytest.raises(MissingEvidenceError, match="shallow clone") as caught:
        changed_lines(clone.root, "origin/main")
    assert caught.value.exit_code == ExitCode.INCONCLUSIVE
    assert "git fetch --unshallow origin" in caught.value.hint
    assert "--deepen" in caught.value.hint
    clone.git("fetch", "--quiet", "--unshallow", "origin")
    assert set(clone.changed(base="origin/main")) == {"work_0.py", "work_1.py"}


def test_a_base_sha_that_a_shallow_clone_lacks_is_missing_evidence(
    repository: Repository, tmp_path: Path
) -> None:
    sha = repository.git("rev-parse", "HEAD")
    clone = shallow_clone(repository, tmp_path / "clone")
    clone.git("remote", "rename", "origin", "upstream")
    with pytest.raises(MissingEvidenceError, match=sha) as caught:
        changed_lines(clone.root, sha)
    assert "git fetch --unshallow upstream" in caught.value.hint
    with pytest.raises(UsageError, match="nowhere"):
        changed_lines(clone.root, "nowhere")


def test_a_virtual_environment_does_not_make_the_head_dirty(repository: Repository) -> None:
    for name in ("pyvenv.cfg", "bin/activate", "lib/site.py"):
        repository.write(f".venv/{name}", "")
    assert not changed_lines(repository.root, "main").dirty


def test_the_head_is_dirty_with_any_uncommitted_or_untracked_file(repository: Repository) -> None:
    head = repository.git("rev-parse", "HEAD")
    assert head_state(repository.root) == (head, False)
    repository.write("new.py", "x = 1\n")
    assert head_state(repository.root) == (head, True)
    assert changed_lines(repository.root, "main").dirty
    repository.commit("new")
    repository.write("a.py", "one = 1\n")
    assert head_state(repository.root)[1] is True


def test_a_file_is_read_as_it_was_at_a_revision(repository: Repository) -> None:
    repository.write("a.py", "now = 1\n")
    repository.write("sp [a]*ce\n.toml", b"\xff\r\n")
    repository.write(":(top)a.py", "magic = 1\n")
    (repository.root / "link.py").symlink_to("a.py")
    repository.commit("now")
    repository.write("a.py", "uncommitted = 1\n")
    assert file_at(repository.root, "HEAD", "a.py") == b"now = 1\n"
    assert file_at(repository.root, "main~1", "a.py") == b"one = 1\ntwo = 2\nthree = 3\n"
    assert file_at(repository.root, "HEAD", "sp [a]*ce\n.toml") == b"\xff\r\n"
    assert file_at(repository.root, "HEAD", ":(top)a.py") == b"magic = 1\n"


@pytest.mark.parametrize("path", ["missing.py", "folder", "link.py", "a.py/x", "*.py", "."])
def test_what_is_no_regular_file_at_a_revision_is_none(repository: Repository, path: str) -> None:
    repository.write("folder/b.py", "x = 1\n")
    (repository.root / "link.py").symlink_to("a.py")
    repository.commit("more")
    assert file_at(repository.root, "HEAD", path) is None


def test_entries_are_listed_with_mode_and_object_and_can_be_read(repository: Repository) -> None:
    repository.write("folder/é.py", "x = 1\n")
    (repository.root / "link.py").symlink_to("a.py")
    repository.commit("more")
    every = entries_at(repository.root, "HEAD")
    assert {path: mode for path, (mode, _) in every.items()} == {
        "README": "100644",
        "a.py": "100644",
        "folder/é.py": "100644",
        "link.py": "120000",
    }
    some = entries_at(repository.root, "HEAD", ("folder", "link.py", "gone"))
    assert {path: mode for path, (mode, _) in some.items()} == {
        "folder": "040000",
        "link.py": "120000",
    }
    assert read_blob(repository.root, every["folder/é.py"][1]) == b"x = 1\n"


def test_the_merge_base_is_where_the_work_started(repository: Repository) -> None:
    first = repository.git("rev-parse", "HEAD")
    repository.git("switch", "--quiet", "-c", "work")
    repository.commit("work")
    repository.git("switch", "--quiet", "main")
    repository.commit("meanwhile")
    repository.git("switch", "--quiet", "work")
    assert merge_base(repository.root, "main") == first


def test_a_file_at_an_unknown_revision_is_a_usage_error(repository: Repository) -> None:
    with pytest.raises(UsageError, match="nowhere"):
        file_at(repository.root, "nowhere", "a.py")


def test_reading_the_state_writes_nothing(repository: Repository) -> None:
    os.utime(repository.root / "a.py", (1, 1))
    index = (repository.root / ".git" / "index").read_bytes()
    head_state(repository.root)
    changed_lines(repository.root, "main")
    listed_files(repository.root)
    assert (repository.root / ".git" / "index").read_bytes() == index


def test_git_is_asked_and_says_so_when_it_has_no_answer(repository: Repository) -> None:
    assert ask(repository.root, "symbolic-ref", "--short", "HEAD") == "main"
    assert ask(repository.root, "symbolic-ref", "--quiet", "refs/remotes/origin/HEAD") is None


def test_what_git_tracks_is_known_by_its_path_or_by_what_is_below_it(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "r")
    for path in ("a/b.py", "[x].py"):
        repository.write(path, "")
    repository.commit("all")
    (repository.root / "a/new.py").touch()
    (repository.root / "x.py").touch()
    for path, tracked in {"a": True, "a/b.py": True, "a/new.py": False, "gone": False}.items():
        assert is_tracked(repository.root, (path,)) is tracked
    assert is_tracked(repository.root, ("gone", "a"))
    assert not is_tracked(repository.root, ("x.py",))
    assert not is_tracked(repository.root, ())


@pytest.mark.parametrize("folder", [".venv", "env", "tools/my env"])
def test_an_untracked_virtual_environment_is_no_part_of_the_project(
    repository: Repository, folder: str
) -> None:
    for name in ("pyvenv.cfg", "lib/site-packages/other.py", "bin/activate"):
        repository.write(f"{folder}/{name}", "x = 1\n")
    assert python_files(repository.root) == ("a.py",)
    assert not [path for path in listed_files(repository.root) if path.startswith(folder)]
    assert repository.changed() == {}


def test_what_is_tracked_beside_the_settings_of_an_environment_is_the_project_s(
    repository: Repository,
) -> None:
    repository.write("pkg/tracked.py", "x = 1\n")
    repository.commit("more")
    repository.write("pyvenv.cfg", "")
    repository.write("pkg/pyvenv.cfg", "")
    repository.write("new.py", "x = 1\n")
    assert python_files(repository.root) == ("a.py", "new.py", "pkg/tracked.py")
