import json
import os
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.worker.messages import (
    CAP,
    HEADER,
    SHARED,
    VERSION,
    Channel,
    Decoder,
    FrameError,
    encode,
    read_context,
    shared_context,
)

FRAMES = st.lists(
    st.fixed_dictionaries({"kind": st.text()}, optional={"item": st.integers(), "said": st.text()})
)


@given(FRAMES, st.integers(1, 50))
def test_frames_survive_any_cut_of_the_stream(frames: list[dict[str, object]], size: int) -> None:
    stream = b"".join(map(encode, frames))
    decoder = Decoder()
    found = [
        frame
        for start in range(0, len(stream), size)
        for frame in decoder.feed(stream[start : start + size])
    ]
    assert found == frames
    assert decoder.pending == 0


def test_a_truncated_frame_stays_pending() -> None:
    decoder = Decoder()
    assert decoder.feed(encode({"kind": "end"})[:-1]) == []
    assert decoder.pending > 0


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (HEADER.pack(VERSION + 1, 2) + b"{}", "version 2"),
        (HEADER.pack(VERSION, CAP + 1), "over the cap"),
        (HEADER.pack(VERSION, 3) + b"{,}", "no JSON"),
        (HEADER.pack(VERSION, 2) + b"[]", "no object"),
        (HEADER.pack(VERSION, 2) + b"{}", "no object with a kind"),
        (HEADER.pack(VERSION, 2) + b"\xff\xfe", "no JSON"),
        (HEADER.pack(VERSION, 200_000) + b"[" * 200_000, "no JSON"),
    ],
)
def test_bytes_that_are_no_frame_are_refused(data: bytes, said: str) -> None:
    with pytest.raises(FrameError, match=said):
        Decoder().feed(data)


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_else(data: bytes) -> None:
    try:
        frames = Decoder().feed(data)
    except FrameError:
        return
    assert all(isinstance(frame["kind"], str) for frame in frames)


def test_a_frame_past_the_cap_is_not_sent() -> None:
    with pytest.raises(FrameError, match="over the cap"):
        encode({"kind": "x", "said": "a" * CAP})


def test_lone_surrogates_are_sent_as_escapes() -> None:
    (frame,) = Decoder().feed(encode({"kind": "\udc80"}))
    assert frame == {"kind": "\udc80"}
    assert json.dumps(frame)


def test_a_channel_carries_frames_and_descriptors() -> None:
    here, there = socket.socketpair()
    with here, there:
        reader, writer = os.pipe()
        socket.send_fds(here, [encode({"kind": "a"}) + encode({"kind": "b"})], [reader])
        os.close(reader)
        channel = Channel(there)
        assert channel.receive() == {"kind": "a"}
        assert channel.receive() == {"kind": "b"}
        os.write(writer, b"x")
        assert os.read(channel.descriptors[0], 1) == b"x"
        os.close(channel.descriptors.pop())
        os.close(writer)
        here.shutdown(socket.SHUT_WR)
        assert channel.receive() is None


def test_a_frame_that_is_held_goes_out_before_the_next() -> None:
    here, there = socket.socketpair()
    with here, there:
        there.setblocking(False)
        channel = Channel(here)
        channel.send("done", hold=True, item=1)
        with pytest.raises(BlockingIOError):
            there.recv(1)
        channel.send("end")
        assert Decoder().feed(there.recv(1000)) == [{"kind": "done", "item": 1}, {"kind": "end"}]


def test_a_fork_that_a_test_made_says_nothing() -> None:
    here, there = socket.socketpair()
    with here, there:
        channel = Channel(here)
        process = os.fork()
        if process == 0:
            channel.send("done", item=1)
            os._exit(0)
        assert os.waitpid(process, 0)[1] == 0
        channel.send("end")
        assert Decoder().feed(there.recv(1000)) == [{"kind": "end"}]


def test_frames_before_garbage_are_still_heard() -> None:
    frames = Decoder().frames(encode({"kind": "done"}) + b"garbage")
    assert next(frames) == {"kind": "done"}
    with pytest.raises(FrameError):
        next(frames)


def test_the_context_of_a_shared_fixture_names_it_and_the_test_it_is_set_up_in() -> None:
    within = shared_context(7, "t.py::a")
    assert read_context(within) == ("t.py::a", 7)
    assert read_context(shared_context(12, within)) == ("t.py::a", 12)
    assert read_context("t.py::a") == ("t.py::a", None)


@pytest.mark.parametrize("rest", ["", "x", f"x{SHARED}t.py::a", "-1", f"1.5{SHARED}t.py::a"])
def test_a_context_that_we_did_not_write_is_the_name_of_no_test(rest: str) -> None:
    assert read_context(f"{SHARED}{rest}") == (f"{SHARED}{rest}", None)
