import pytest

from gate.measure.failures import classify, crashed, timed_out, uncollected
from gate.model import Cause


def test_failures_that_differ_in_numbers_and_addresses_are_one_group() -> None:
    first = classify("ValueError", "ValueError: bad shape (3, 4) at 0x7f00aa")
    second = classify("ValueError", "ValueError: bad shape (5, 12) at 0x7f11bb")
    assert first == second == Cause("test", "ValueError: bad shape (N, N) at …")


def test_failures_that_differ_in_folders_are_one_group() -> None:
    assert classify("OSError", "OSError: /tmp/a/b is bad") == classify(
        "OSError", "OSError: /x is bad"
    )


def test_assertions_are_one_group_whatever_they_compared() -> None:
    assert classify("AssertionError", "assert 1 == 2") == Cause("test", "AssertionError")
    assert classify("", "assert f(1)") == Cause("test", "AssertionError")


@pytest.mark.parametrize(
    ("raised", "message"),
    [
        ("ModuleNotFoundError", "ModuleNotFoundError: No module named 'onnx'"),
        ("PermissionError", "PermissionError: [Errno 13] Permission denied: '/x'"),
        ("socket.gaierror", "gaierror: whatever"),
        ("requests.exceptions.ConnectTimeout", "ConnectTimeout: h"),
        ("OSError", "OSError: [Errno 28] No space left on device"),
        ("RuntimeError", "RuntimeError: No CUDA GPUs are available"),
    ],
)
def test_what_the_machine_lacks_is_an_environment_failure(raised: str, message: str) -> None:
    assert classify(raised, message).kind == "environment"


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


def test_a_group_is_short() -> None:
    assert len(classify("ValueError", "x " * 500).group) == 140


def test_time_and_crashes_are_groups_of_their_own() -> None:
    assert timed_out("still running after 20 s") == Cause("timeout", "still running after 20 s")
    assert crashed("killed by SIGSEGV\nmore") == Cause("crash", "killed by SIGSEGV")
    assert crashed("") == Cause("crash", "the process ended")


def test_a_file_that_cannot_be_collected_is_grouped_by_the_last_line_of_its_error() -> None:
    message = "ImportError while importing\nE   ModuleNotFoundError: No module named 'x'"
    assert uncollected(message) == Cause("collection", "ModuleNotFoundError: No module named 'x'")
    assert uncollected("") == Cause("collection", "")
