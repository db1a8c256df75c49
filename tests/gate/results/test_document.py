from __future__ import annotations

import errno
import json
import os
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import FrozenInstanceError, replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from builders import (
    TODAY,
    make_cause,
    make_change,
    make_evidence,
    make_file_coverage,
    make_function,
    make_mutation,
    make_outcome,
    make_policy,
    make_result,
    make_rules,
    make_suite,
)
from hypothesis import given
from hypothesis import strategies as st
from samples import SAMPLES, failing_run, make_results, passing_run

import gate
from gate.errors import GateError, MissingEvidenceError, SetupError, UsageError
from gate.judge.verdict import judge
from gate.judge.verify import verify
from gate.model import Cause, NotJudged, SessionEnd, Suppression, TestOutcome
from gate.model.values import TEXT_CAP
from gate.results import document as results_module
from gate.results.document import (
    Tool,
    document,
    parse,
    publish,
    read_results,
    schema_text,
    text,
)
from gate.results.policy import PathThresholds

ROOT = Path(__file__).parents[3]
Json = dict[str, Any]


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_a_document_reads_back_as_it_was_written(name: str, tmp_path: Path) -> None:
    results = SAMPLES[name]()
    _, path = publish(results, tmp_path / "new" / "out", verify)
    assert path == tmp_path / "new" / "out" / "results.json"
    assert read_results(path) == results
    assert [entry.name for entry in path.parent.iterdir()] == ["results.json"]


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_a_document_follows_the_committed_schema(name: str) -> None:
    schema = json.loads(committed_schema())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(
        json.loads(text(SAMPLES[name]())), schema, cls=jsonschema.Draft202012Validator
    )


def test_the_committed_schema_is_the_one_of_the_models() -> None:
    assert committed_schema() == schema_text()


def committed_schema() -> str:
    return (ROOT / "gate" / "results.schema.json").read_text(encoding="utf-8")


def test_the_top_level_holds_what_the_contract_names() -> None:
    written = json.loads(text(passing_run()))
    assert written["schema"] == "testproof-results/2"
    assert written["tool"]["name"] == "testproof"
    assert (written["verdict"], written["exit_code"]) == ("pass", 0)
    assert set(written) == {
        *("schema", "tool", "created", "command", "verdict", "exit_code", "findings", "suite"),
        *("coverage", "changed", "changed_coverage", "mutation", "lost", "rules", "policy"),
        *("not_judged", "complete"),
    }
    assert [*written][:4] == ["schema", "tool", "created", "command"]
    assert {"environment", "isolation", "counts", "groups"} <= set(written["suite"])
    assert {"counts", "score", "files", "results"} <= set(written["mutation"])
    assert {"low", "high"} <= set(written["mutation"]["score"])
    assert len(written["mutation"]["counts"]) == 8
    assert {
        *("id", "function", "line", "end_line", "operator", "source", "original", "replacement"),
        *("status", "reason", "killed_by", "covered_by", "seconds", "moment"),
    } == set(written["mutation"]["results"]["mutants"][0]) - {"column", "end_column"}
    assert written["policy"]["thresholds"]["path"][0]["line"] == 95.0


def test_the_time_is_written_in_utc_wherever_the_machine_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    evidence, policy = make_evidence(), make_policy()
    created = datetime(2026, 7, 1, 23, 30, tzinfo=timezone(timedelta(hours=-2)))
    results = document(policy, evidence, judge(policy, evidence, TODAY).findings, created)
    assert results.created == "2026-07-02T01:30:00Z"
    assert results.tool == Tool("testproof", gate.__version__)
    monkeypatch.undo()
    time.tzset()


def test_a_document_is_indented_json_and_cannot_be_changed() -> None:
    assert text(make_results()).startswith(
        '{\n  "schema": "testproof-results/2",\n  "tool": {\n    '
    )
    with pytest.raises(FrozenInstanceError):
        make_results().verdict = "fail"  # type: ignore[misc]


def test_a_rule_for_part_of_the_tree_is_written_with_what_it_sets() -> None:
    policy = make_policy(
        '[[path]]\nmatch = "a.py"\ncoverage.line = 1\ncoverage.branch = 2\n'
        'coverage.function = 3.5\nmutation.score = 4\n[[path]]\nmatch = "b.py"\nmutation.score = 5\n'
    )
    record = make_results(policy).policy
    assert record.thresholds.path == (
        PathThresholds("a.py", line=1.0, branch=2.0, function=3.5, score=4.0),
        PathThresholds("b.py", line=None, branch=None, function=None, score=5.0),
    )
    assert [record.score_for(path) for path in ("a.py", "b.py", "c.py")] == [4.0, 5.0, 70.0]


def test_the_seconds_of_a_mutant_are_rounded_to_a_tenth_of_a_millisecond() -> None:
    mutation = make_mutation(results=(make_result(1, seconds=1.23456),))
    (entry,) = make_results(evidence=make_evidence(mutation=mutation)).mutant_run.results
    assert entry.seconds == 1.2346


def test_a_pass_may_rest_on_tests_that_were_not_expected_to_pass() -> None:
    suite = make_suite(make_outcome("t::a"), make_outcome("t::b", "xpassed"))
    assert make_results(evidence=make_evidence(suite)).verdict == "pass"
    suite = make_suite(make_outcome("t::b", "xpassed"))
    assert make_results(evidence=make_evidence(suite)).verdict == "pass"


def test_what_a_change_does_to_its_rules_is_written_and_read_back(tmp_path: Path) -> None:
    rules = make_rules(
        suppressions=(Suppression("pkg/\udcff.py", 7, "no cover", "x  # pragma: no cover"),)
    )
    results, _ = publish(
        make_results(evidence=replace(make_evidence(), rules=rules)), tmp_path, verify
    )
    assert results.verdict == "fail"
    assert results.rules is not None
    assert results.rules.policy[0].direction == "looser"
    assert results.rules.suppressions[0].path == "pkg/\\udcff.py"
    assert results.rules.unmeasured[0].lines == 12
    assert results.rules.left_core[0].what == "first"
    assert make_results().rules is None


def test_without_a_base_there_is_no_change() -> None:
    assert make_results().changed is None
    unmeasured = make_results(evidence=make_evidence(changed=make_change()))
    assert unmeasured.changed is not None
    assert unmeasured.changed_coverage is None
    assert unmeasured.verdict == "inconclusive"


def test_a_file_tells_what_is_missing() -> None:
    file = make_file_coverage(
        "pkg/a.py",
        20,
        [3, 4, 5, 9],
        [(9, 12), (3, -1)],
        [replace(make_function("A.run", 3, 5), at_import=True)],
    )
    document = json.loads(text(make_results(evidence=make_evidence(files=[file]))))
    entry = document["coverage"]["files"]["pkg/a.py"]
    assert entry["missing_lines"] == [[3, 5], [9, 9]]
    assert entry["missing_branches"] == [[3, -1], [9, 12]]
    assert entry["missing_functions"][0] == {
        "qualname": "A.run",
        "line": 3,
        "end_line": 5,
        "at_import": True,
    }


def test_a_file_tells_what_was_measured(tmp_path: Path) -> None:
    file = make_file_coverage("pkg/a.py", 5, [3], digest="d" * 64)
    results, _ = publish(make_results(evidence=make_evidence(files=[file])), tmp_path, verify)
    assert results.coverage.by_path["pkg/a.py"].digest == "d" * 64
    assert results.coverage.by_path["pkg/a.py"].executed_lines == {1, 2, 4, 5}


def test_every_test_is_listed_with_its_cause() -> None:
    cause = Cause("environment", "ImportError", "ImportError: 3")
    suite = make_suite(
        make_outcome("t::b", "failed", cause=cause, message="no x", detail="trace", seconds=1.5),
        make_outcome("t::a", "skipped", message="no GPU"),
        make_outcome("t::d", "xpassed"),
        make_outcome("t::e"),
    )
    written = json.loads(text(make_results(evidence=make_evidence(suite))))["suite"]
    assert [(test["test"], test["outcome"]) for test in written["outcomes"]] == [
        *(("t::a", "skipped"), ("t::b", "failed"), ("t::d", "xpassed"), ("t::e", "passed"))
    ]
    shown = {"kind": "environment", "group": "ImportError", "text": "ImportError: 3"}
    assert written["outcomes"][1] == {
        "test": "t::b",
        "outcome": "failed",
        "cause": shown,
        "message": "no x",
        "detail": "trace",
        "path": "t",
        "line": 3,
        "seconds": 1.5,
    }
    assert [written["counts"][name] for name in ("passed", "xpassed", "failed", "error")] == [
        *(1, 1, 1, 0)
    ]
    assert written["groups"] == [{"cause": shown, "tests": ["t::b"], "count": 1}]


def test_how_pytest_ends_is_written_where_it_was_asked() -> None:
    long = "left \udcff" + "x" * TEXT_CAP
    suite = make_suite(ended=SessionEnd(1, long, whole=True))
    end = make_results(evidence=make_evidence(suite)).suite.ended
    assert end is not None
    assert (end.status, end.whole, len(end.message)) == (1, True, TEXT_CAP)
    assert end.message.startswith("left \\udcffx")
    assert make_results().suite.ended is None


def test_tests_that_were_not_collected_and_what_was_not_judged_are_written() -> None:
    evidence = make_evidence(not_judged=(NotJudged("mutation", "--no-mutation"),))
    coverage = replace(evidence.coverage, unrun=("tests/check_a.py",))
    results = make_results(evidence=replace(evidence, coverage=coverage))
    assert results.coverage.unrun == ("tests/check_a.py",)
    assert results.not_judged == evidence.not_judged


def test_a_long_traceback_keeps_its_end_and_a_long_message_its_beginning() -> None:
    long = "a" + "\udcff" * TEXT_CAP + "z"
    suite = make_suite(make_outcome(outcome="failed", message=long, detail=long))
    (test,) = make_results(evidence=make_evidence(suite)).suite.outcomes
    assert (len(test.message), test.message[0]) == (TEXT_CAP, "a")
    assert (len(test.detail), test.detail[-1]) == (TEXT_CAP, "z")


def test_a_red_test_without_a_cause_is_given_one_and_a_skipped_one_is_not() -> None:
    suite = make_suite(
        make_outcome("t::a", "failed", message="no x\nmore"), make_outcome("t::b", "skipped")
    )
    (group,) = make_results(evidence=make_evidence(suite)).suite.groups
    assert (group.cause, group.tests) == (Cause("test", "no x"), ("t::a",))


def test_a_percentage_is_cut_and_never_rounded_up() -> None:
    file = make_file_coverage(lines=10_000, missing_lines=[1])
    assert make_results(evidence=make_evidence(files=[file])).coverage.line.percent == 99.99


@pytest.mark.parametrize("seconds", [float("nan"), float("inf"), -1.0])
def test_a_time_that_is_no_number_is_refused(seconds: float) -> None:
    with pytest.raises(ValueError, match=r"suite\.seconds"):
        make_results(evidence=make_evidence(make_suite(make_outcome(), seconds=seconds)))


def forget_a_failure(written: Json) -> None:
    written["suite"]["counts"]["failed"] = 0


def hide_a_failed_test(written: Json) -> None:
    failed = [test["outcome"] for test in written["suite"]["outcomes"]].index("failed")
    written["suite"]["outcomes"].pop(failed)


def hide_a_group(written: Json) -> None:
    written["suite"]["groups"].pop()


def shrink_a_group(written: Json) -> None:
    written["suite"]["groups"][0]["tests"].pop()


def hide_an_exclusion(written: Json) -> None:
    written["suite"]["exclusions"].clear()


def raise_a_percentage(written: Json) -> None:
    written["coverage"]["line"]["percent"] = 100.0


def raise_a_total(written: Json) -> None:
    written["coverage"]["line"] = {"covered": 10, "total": 10, "percent": 100.0}


def say_all_was_seen(written: Json) -> None:
    written["complete"] = True


def claim_a_pass(written: Json) -> None:
    written |= {"verdict": "pass", "exit_code": 0}


def leave_with_zero(written: Json) -> None:
    written["exit_code"] = 0


def leave_by_a_switch(written: Json) -> None:
    written["exit_code"] = True


def drop_what_forces(written: Json) -> None:
    written["findings"] = [f for f in written["findings"] if f["forces"] is None]


def claim_a_mutant(written: Json) -> None:
    written["mutation"]["counts"]["Killed"] = 1


def claim_a_score(written: Json) -> None:
    written["mutation"]["score"]["low"] = 99.0


def drop_a_survivor(written: Json) -> None:
    mutants = written["mutation"]["results"]["mutants"]
    mutants.remove(next(each for each in mutants if each["status"] == "Survived"))


def name_what_is_not_in_the_table(key: str, place: str) -> Callable[[Json], None]:
    def edit(written: Json) -> None:
        table = written["mutation"]["results"]
        table["mutants"][0][key] = len(table[place])

    edit.__name__ = f"name_no_{key}"
    return edit


def lose_by_the_test_after_the_last(written: Json) -> None:
    table = written["lost"]["kills"]["results"]
    table["mutants"][0]["covered_by"] = len(table["cover_sets"])


def lose_a_killer(written: Json) -> None:
    written["lost"]["kills"]["killers"].pop()


def claim_a_mutant_of_a_file(written: Json) -> None:
    written["mutation"]["files"]["training/losses.py"]["counts"]["Killed"] += 1


def add_a_key(written: Json) -> None:
    written["suite"]["quality"] = "excellent"


def drop_a_key(written: Json) -> None:
    del written["policy"]["digest"]


def count_in_words(written: Json) -> None:
    written["suite"]["counts"]["passed"] = "1421"


def invent_a_day(written: Json) -> None:
    written["created"] = "2026-02-30T00:00:00Z"


def name_it_by_a_number(written: Json) -> None:
    written["tool"]["name"] = 5


NO_PLACE = "mutation.results: a mutant names what is not in its table"


@pytest.mark.parametrize(
    ("edit", "why"),
    [
        (forget_a_failure, "suite.counts.failed is 0, from the evidence follows 15"),
        (hide_a_failed_test, "suite.counts.failed is 15, from the evidence follows 14"),
        (hide_a_group, "suite.groups is 3 entries, from the evidence follows 4 entries"),
        (shrink_a_group, "suite.groups.0.tests is 11 entries, from the evidence follows 12"),
        (hide_an_exclusion, "suite.counts.excluded is 1, from the evidence follows 0"),
        (raise_a_percentage, "coverage.line.percent is 100.0, from the evidence follows 78.28"),
        (raise_a_total, "coverage.line.covered is 10, from the evidence follows 1965"),
        (say_all_was_seen, "complete is True, from the evidence follows False"),
        (claim_a_pass, "verdict is 'pass', from the evidence follows 'fail'"),
        (leave_with_zero, "exit_code is 0, from the evidence follows 3"),
        (leave_by_a_switch, "exit_code is True, from the evidence follows 3"),
        (drop_what_forces, "verdict is 'fail', from the evidence follows 'pass'"),
        (claim_a_mutant, "mutation.counts.Killed is 1, from the evidence follows"),
        (claim_a_score, "mutation.score.low is 99.0, from the evidence follows 63.43"),
        (drop_a_survivor, "mutation.counts.Survived is"),
        (claim_a_mutant_of_a_file, "mutation.files.training/losses.py.counts.Killed is"),
        (name_what_is_not_in_the_table("function", "functions"), NO_PLACE),
        (name_what_is_not_in_the_table("source", "sources"), NO_PLACE),
        (name_what_is_not_in_the_table("killed_by", "tests"), NO_PLACE),
        (name_what_is_not_in_the_table("covered_by", "cover_sets"), NO_PLACE),
        (lose_by_the_test_after_the_last, "lost.kills: a mutant names what is not in its table"),
        (lose_a_killer, "lost.kills: zip() argument 2 is shorter than argument 1"),
        (name_it_by_a_number, "tool.name: Input should be a valid string"),
        (add_a_key, "suite.quality is unknown"),
        (drop_a_key, "policy.digest: Field required"),
        (count_in_words, "suite.counts.passed is '1421', from the evidence follows 1421"),
        (invent_a_day, "created: day is out of range for month"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_document_edited_after_the_run_is_refused_by_place(
    edit: Callable[[Json], None], why: str, tmp_path: Path
) -> None:
    written = json.loads(text(failing_run()))
    edit(written)
    error = refusal(tmp_path, json.dumps(written))
    assert isinstance(error, MissingEvidenceError)
    path = tmp_path / "results.json"
    assert error.message.startswith(f"{path} is not a results document of this gate: {why}")
    assert error.hint == "make one with: gate check"


def test_a_document_of_another_version_is_refused_for_that_alone(tmp_path: Path) -> None:
    written = {"schema": "testproof-results/3", "verdict": "pass"}
    message = refusal(tmp_path, json.dumps(written)).message
    assert message.endswith("schema: Input should be 'testproof-results/2'")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"null",
        b"[]",
        b"{",
        b"\xff\xfe",
        b"\x00" * 50,
        b'{"schema": "\\ud800"}',
        b'{"verdict": NaN}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"9" * 10_000,
    ],
    ids=lambda content: repr(content[:12]),
)
def test_what_is_no_document_is_refused_without_a_traceback(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    path.write_bytes(content)
    with pytest.raises(MissingEvidenceError) as caught:
        read_results(path)
    assert "is not a results document" in caught.value.message
    assert len(caught.value.message) < 1_000


def test_many_mistakes_are_counted_and_not_all_told(tmp_path: Path) -> None:
    error = refusal(tmp_path, '{"schema": "testproof-results/2"}')
    told = "suite: Field required; coverage: Field required; tool: Field required; and 3 more"
    assert error.message.endswith(f"results document of this gate: {told}")


@pytest.mark.parametrize(("mistakes", "counted"), [(3, ""), (4, "; and 1 more")])
def test_three_mistakes_are_told_and_the_next_is_counted(
    mistakes: int, counted: str, tmp_path: Path
) -> None:
    written = json.loads(text(make_results()))
    places = ["created", "findings", "tool", "policy"][:mistakes]
    for place in places:
        del written[place]
    told = "; ".join(
        f"{place}: Field required"
        for place in ("tool", "created", "findings", "policy")
        if place in places
    )
    listed = "; ".join(told.split("; ")[:3])
    assert refusal(tmp_path, json.dumps(written)).message.endswith(f"gate: {listed}{counted}")


def refusal(folder: Path, content: str) -> GateError:
    path = folder / "results.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(GateError) as caught:
        read_results(path)
    return caught.value


def test_a_missing_document_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        read_results(tmp_path / "results.json")
    assert caught.value.message == f"there is no results document at {tmp_path}/results.json"
    assert caught.value.hint == "make one with: gate check"


def test_a_folder_or_a_pipe_is_no_document(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe"):
        with pytest.raises(UsageError) as caught:
            read_results(path)
        assert caught.value.message == f"{path} is not a file"
        assert caught.value.hint == "name the results.json inside it"
    (tmp_path / "file").write_text("")
    with pytest.raises(SetupError) as refused:
        read_results(tmp_path / "file" / "results.json")
    assert refused.value.message == f"{tmp_path}/file/results.json cannot be read: Not a directory"
    assert refused.value.hint == "make it readable"


def test_a_document_past_the_size_cap_is_not_parsed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, path = publish(make_results(), tmp_path, verify)
    size = path.stat().st_size
    monkeypatch.setattr(results_module, "SIZE_CAP", size)
    assert read_results(path).verdict == "pass"
    monkeypatch.setattr(results_module, "SIZE_CAP", size - 1)
    with pytest.raises(MissingEvidenceError) as caught:
        read_results(path)
    assert caught.value.message == f"{path} is larger than 0 MiB, so it is not read"
    assert caught.value.hint == "make one with: gate check"
    monkeypatch.setattr(results_module, "SIZE_CAP", 3 << 20)
    path.write_bytes(b" " * (3 << 20) + b"x")
    with pytest.raises(MissingEvidenceError, match=r"is larger than 3 MiB, so it is not read$"):
        read_results(path)


def test_a_document_may_be_as_large_as_a_run_over_a_hundred_thousand_mutants() -> None:
    assert results_module.SIZE_CAP == 256 << 20


def test_the_later_of_two_documents_stands_and_a_link_is_replaced_not_followed(
    tmp_path: Path,
) -> None:
    elsewhere = tmp_path / "elsewhere.json"
    elsewhere.write_text("mine", encoding="utf-8")
    out = tmp_path / "out"
    out.mkdir()
    (out / "results.json").symlink_to(elsewhere)
    publish(failing_run(), out, verify)
    _, path = publish(passing_run(), out, verify)
    assert read_results(path) == passing_run()
    assert elsewhere.read_text(encoding="utf-8") == "mine"


def test_a_path_that_is_no_folder_is_a_setup_error(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file", encoding="utf-8")
    with pytest.raises(SetupError) as caught:
        publish(make_results(), tmp_path / "out", verify)
    path = tmp_path / "out/results.json"
    assert caught.value.message == f"the results could not be written to {path}: File exists"
    assert caught.value.hint == (
        "free some space there or make the folder writable, or choose another with --out"
    )


def test_a_full_disk_leaves_the_earlier_document_and_nothing_half_written(tmp_path: Path) -> None:
    _, earlier = publish(make_results(), tmp_path, verify)
    writing = f"""
import resource, signal, sys
from pathlib import Path
from samples import failing_run
from gate.errors import SetupError
from gate.judge.verify import verify
from gate.results.document import publish
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
before = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
try:
    publish(failing_run(), Path({str(tmp_path)!r}), verify)
except SetupError as error:
    sys.exit(error.message)
finally:  # what measures this process writes at its end
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
"""
    finished = subprocess.run(
        [sys.executable, "-c", writing],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests/gate")])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert os.strerror(errno.EFBIG) in finished.stderr
    assert "Traceback" not in finished.stderr
    assert read_results(earlier).verdict == "pass"
    assert list(tmp_path.iterdir()) == [earlier]


def test_a_document_whose_name_does_not_reach_the_disk_is_taken_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fsync = os.fsync

    def fails_for_folders(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", fails_for_folders)
    with pytest.raises(SetupError):
        publish(make_results(), tmp_path, verify)
    assert list(tmp_path.iterdir()) == []


def test_a_document_that_is_not_borne_out_is_not_published(tmp_path: Path) -> None:
    edited = replace(passing_run(), findings=())
    with pytest.raises(MissingEvidenceError):
        publish(edited, tmp_path, verify)
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_is_not_utf_8_is_written_as_an_escape(tmp_path: Path) -> None:
    suite = make_suite(replace(make_outcome(outcome="failed"), test="t\udcff.py::a"))
    _, path = publish(make_results(evidence=make_evidence(suite)), tmp_path, verify)
    assert read_results(path).suite.outcomes[0].test == "t\\udcff.py::a"


@given(st.text(), st.text())
def test_any_text_of_a_test_survives_the_document(name: str, message: str) -> None:
    suite = make_suite(TestOutcome(name, "failed", message=message), make_outcome())
    results = make_results(evidence=make_evidence(suite))
    assert parse(text(results)) == results


def test_the_order_of_files_and_tests_does_not_depend_on_the_order_of_the_evidence() -> None:
    tests = [make_outcome(f"t::{n}", "failed", cause=make_cause()) for n in range(5)]
    files = [make_file_coverage(f"pkg/{n}.py") for n in range(5)]
    one = make_results(evidence=make_evidence(make_suite(*tests), files))
    other = make_results(evidence=make_evidence(make_suite(*reversed(tests)), files[::-1]))
    assert text(one) == text(other)


def test_created_needs_its_time_zone() -> None:
    assert make_results().created.endswith("Z")
    assert datetime.fromisoformat(make_results().created).tzinfo == UTC


def test_a_document_from_before_the_end_of_a_session_was_told_is_read(tmp_path: Path) -> None:
    written = json.loads(text(SAMPLES["pass"]()))
    del written["suite"]["ended"]
    path = tmp_path / "results.json"
    path.write_text(json.dumps(written))
    assert read_results(path).suite.ended is None
