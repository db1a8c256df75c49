"""Here to hold the standard streams since they were collected, and to capture what is written to them."""

import os
import sys

import pytest

HELD = sys.stdout


@pytest.mark.parametrize("stream", [sys.stdout, sys.stderr], ids=["out", "err"])
def test_a_stream_of_the_collection_can_be_written_to(stream):
    print("written", file=stream, flush=True)


def test_the_stream_is_still_that_of_the_collection():
    assert sys.stdout is HELD


def test_what_is_printed_is_captured(capsys):
    print("printed")
    assert capsys.readouterr().out == "printed\n"


@pytest.mark.parametrize("text", ["first", "second"])
def test_what_a_process_writes_is_captured_apart(capfd, text):
    os.write(1, text.encode())
    os.system("echo more")
    assert capfd.readouterr().out == text + "more\n"
