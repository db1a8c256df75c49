import pytest

from gate.measure.failures import classify, crashed, timed_out, uncollected
from gate.model import Cause


@pytest.mark.parametrize(
    ("one", "other", "shared"),
    [
        ("bad shape (3, 4) at 0x7f00aa", "bad shape (5, 12) at 0x7F11BB", "bad shape (N, N) at …"),
        ("a loss of 2.5e-07", "a loss of 31e+4", "a loss of N"),
        ("/tmp/a/b is bad", "/x is bad", "/… is bad"),
    ],
)
def test_failures_that_differ_in_numbers_addresses_or_folders_are_one_group(
    one: str, other: str, shared: str
) -> None:
    causes = {classify("ValueError", f"ValueError: {message}") for message in (one, other)}
    assert causes == {Cause("test", f"ValueError: {shared}")}


@pytest.mark.parametrize(
    ("raised", "message"),
    [
        ("AssertionError", "assert 1 == 2"),
        ("AssertionError", "AssertionError: the two differ"),
        ("", "assert f(1)"),
    ],
)
def test_assertions_are_one_group_whatever_they_compared(raised: str, message: str) -> None:
    assert classify(raised, message) == Cause("test", "AssertionError")


@pytest.mark.parametrize(
    ("raised", "message"),
    [
        ("ModuleNotFoundError", "No module named 'onnx'"),
        ("PermissionError", "Permission denied"),
        ("socket.gaierror", "whatever"),
        ("requests.exceptions.ConnectTimeout", "h"),
        ("OSError", "No space left on device"),
        ("OSError", "Too many open files"),
        ("OSError", "Network is unreachable"),
        ("OSError", "Name or service not known"),
        ("OSError", "Temporary failure in name resolution"),
        ("RuntimeError", "No CUDA GPUs are available"),
        ("RuntimeError", "no CUDA-capable device is detected"),
        ("subprocess.CalledProcessError", "sh: ffmpeg: command not found"),
    ],
)
def test_what_the_machine_lacks_is_an_environment_failure(raised: str, message: str) -> None:
    kind = raised.rpartition(".")[2]
    expected = Cause("environment", f"{kind}: {message}")
    assert classify(raised, f"{raised}: {message}") == expected


def test_the_type_is_named_without_its_module_and_only_once() -> None:
    cause = classify("torch.OutOfMemoryError", "torch.OutOfMemoryError: too big")
    assert cause == Cause("test", "OutOfMemoryError: too big")


def test_a_missing_fixture_is_grouped_by_its_name_not_its_place() -> None:
    message = (
        "file /r/t.py, line 26\n  def test_err(nofix): pass\nE       fixture 'nofix' not found"
    )
    assert (
        classify("FixtureLookupError", message).group
        == "FixtureLookupError: fixture 'nofix' not found"
    )


def test_an_empty_message_still_has_a_group() -> None:
    assert classify("", "") == Cause("test", "failure")


def test_a_group_is_cut_after_140_characters() -> None:
    long = "x" * 500
    assert classify("ValueError", long).group == f"ValueError: {long[:128]}"
    assert crashed(long).group == uncollected(long).group == long[:140]


def test_time_and_crashes_are_groups_of_their_own() -> None:
    assert timed_out("still running after 20 s") == Cause("timeout", "still running after 20 s")
    assert crashed("killed by SIGSEGV\nmore") == Cause("crash", "killed by SIGSEGV")
    assert crashed("") == Cause("crash", "the process ended")


def test_a_file_that_cannot_be_collected_is_grouped_by_the_last_line_of_its_error() -> None:
    message = "ImportError while importing\nE   ModuleNotFoundError: No module named 'x'"
    assert uncollected(message) == Cause("collection", "ModuleNotFoundError: No module named 'x'")
    assert uncollected("") == Cause("collection", "")


def test_a_message_is_shown_as_it_was_and_only_its_group_is_blanked() -> None:
    cause = classify("t.RuffError", "t.RuffError: B008 Do not call (C408) at 0x7f12")
    assert cause.group == "RuffError: BN Do not call (CN) at …"
    assert cause.text == "t.RuffError: B008 Do not call (C408) at 0x7f12"
    cause = uncollected("E   OSError: [Errno 2] no file: '/r/t/3'")
    assert (cause.group, cause.text) == (
        "OSError: [Errno N] no file: '/…'",
        "OSError: [Errno 2] no file: '/r/t/3'",
    )
    assert classify("", "assert 3 == 4").text == "assert 3 == 4"
    assert len(classify("ValueError", "x" * 500).text) == 140


@pytest.mark.parametrize(
    ("message", "group"),
    [
        ("AssertionError: 1 != 2", "AssertionError"),
        ("pkg.Odd: 3", "failure: pkg.Odd: N"),
        ("pkg.OddError: 3", "OddError: N"),
        ("Timeout: 3", "failure: Timeout: N"),
    ],
)
def test_a_type_that_no_report_names_is_taken_from_the_message(message: str, group: str) -> None:
    assert classify("", message).group == group
