"""The frames on a worker's socket: length-prefixed JSON, versioned and capped.

A frame is one byte of version, four bytes of length (big endian), and that many bytes of JSON object.
"""

from __future__ import annotations

from collections.abc import Iterator
from struct import Struct
from typing import Any

from .kept import from_json, os, socket, to_json

VERSION = 1
CAP = 8 << 20
HEADER = Struct(">BI")

Frame = dict[str, Any]


# In the context of a shared fixture: before its number, and before the test that it is set up in.
SHARED = "\x1e"


class FrameError(ValueError):
    """Bytes that are no frame of this version."""


def encode(frame: Frame) -> bytes:
    """Pack one frame; raises FrameError past the cap of 8 MiB."""
    body = to_json(frame).encode("ascii")
    if len(body) > CAP:
        raise FrameError(f"a frame of {len(body)} bytes is over the cap of {CAP}")
    return HEADER.pack(VERSION, len(body)) + body


def shared_context(number: int, within: str) -> str:
    """Name the account of a shared fixture that is set up within a test, or within another fixture."""
    return f"{SHARED}{number}{SHARED}{within.rpartition(SHARED)[2]}"


def read_context(context: str) -> tuple[str, int | None]:
    """Tell the test of a context, and the number of the shared fixture that is set up in it, if any."""
    number, _, test = context.partition(SHARED)[2].partition(SHARED)
    # What is no number was not written by us: it is taken as the name of a test, which nobody has.
    return (test, int(number)) if number.isdecimal() else (context, None)


class Decoder:
    """Turn a stream of bytes back into frames, however it was cut."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    @property
    def pending(self) -> int:
        """Bytes of an unfinished frame; not zero at the end of the stream means truncation."""
        return len(self._buffer)

    def feed(self, data: bytes) -> list[Frame]:
        """Take bytes and return the frames they complete.

        Raises FrameError on another version, a length past the cap, or a body that is no JSON object.
        """
        return list(self.frames(data))

    def frames(self, data: bytes) -> Iterator[Frame]:
        """Take bytes and yield the frames they complete, those before a FrameError too."""
        self._buffer += data
        while (frame := self._next()) is not None:
            yield frame

    def _next(self) -> Frame | None:
        if len(self._buffer) < HEADER.size:
            return None
        version, length = HEADER.unpack_from(self._buffer)
        if version != VERSION:
            raise FrameError(f"version {version} where {VERSION} was expected")
        if length > CAP:
            raise FrameError(f"a frame of {length} bytes is over the cap of {CAP}")
        end = HEADER.size + length
        if len(self._buffer) < end:
            return None
        body = bytes(self._buffer[HEADER.size : end])
        del self._buffer[:end]
        return _object(body)


def _object(body: bytes) -> Frame:
    try:
        frame = from_json(body.decode())
    except (ValueError, RecursionError) as error:
        raise FrameError(f"a frame that is no JSON: {error}") from None
    if not isinstance(frame, dict) or not isinstance(frame.get("kind"), str):
        raise FrameError("a frame that is no object with a kind")
    return frame


class Channel:
    """A blocking socket that carries frames, with the descriptors sent beside them."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.descriptors: list[int] = []
        self._owner = os.getpid()
        self._held = b""
        self._decoder = Decoder()
        self._ready: list[Frame] = []

    def send(self, kind: str, *, hold: bool = False, **fields: Any) -> None:
        """Send one frame, waiting for room; with `hold` it goes out together with the next.

        A fork that a test made has nothing to say here.
        """
        if os.getpid() != self._owner:
            return
        self._held += encode({"kind": kind, **fields})
        if not hold:
            data, self._held = self._held, b""
            self.sock.sendall(data)

    def receive(self) -> Frame | None:
        """Wait for the next frame; None when the other side has closed.

        Raises FrameError when what arrives is no frame.
        """
        while not self._ready:
            data, descriptors, _, _ = socket.recv_fds(self.sock, 1 << 16, 8)
            self.descriptors += descriptors
            if not data:
                return None
            self._ready = self._decoder.feed(data)
        return self._ready.pop(0)
