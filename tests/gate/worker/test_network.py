from __future__ import annotations

import errno
import os
import socket
import subprocess
import sys
from urllib.error import URLError

import pytest

from gate.worker.network import was_missed, why_not

SAY = """
import ctypes, encodings.idna, os, socket, sys
from gate.worker.network import leave
for user in sys.argv[1:]:
    os.setgroups([])
    os.setgid(int(user))
    os.setuid(int(user))
    # As after an exec: what is below /proc/self is this user's.
    ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)
held = leave()
print(held or "left")
print(os.getuid(), os.geteuid(), os.getgid())
with socket.create_server(("127.0.0.1", 0)) as server:
    socket.create_connection(server.getsockname()).close()
    print("loopback")
try:
    socket.create_connection(("192.0.2.1", 9), timeout=5)
except OSError as error:
    print(error.errno)
"""


@pytest.fixture
def leaving() -> None:
    """Skip where a process may not leave the network."""
    if run()[0] != "left":
        pytest.skip("this system does not let a process leave the network")


def run(*user: str) -> list[str]:
    """What a process says that leaves the network, as another user when one is named."""
    return said_by(SAY, *user)


def said_by(code: str, *arguments: str) -> list[str]:
    paths = os.pathsep.join(sys.path)
    finished = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout.splitlines()


@pytest.mark.usefixtures("leaving")
def test_what_has_left_the_network_reaches_itself_and_nothing_else() -> None:
    said = run()
    assert said[0] == "left"
    assert said[2:] == ["loopback", str(errno.ENETUNREACH)]


@pytest.mark.usefixtures("leaving")
def test_it_is_still_the_same_user() -> None:
    assert run()[1] == f"{os.getuid()} {os.geteuid()} {os.getgid()}"


@pytest.mark.usefixtures("leaving")
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become a user without rights")
def test_a_user_without_rights_leaves_the_network_or_is_told_why_not() -> None:
    said = run("65534")
    if said[0] == "left":
        assert said[2:] == ["loopback", str(errno.ENETUNREACH)]
    else:
        assert said[0].startswith("refused by this system")
    assert said[1] == "65534 65534 65534"


ASK = """
import os
from gate.worker.network import why_not
def here():
    return os.readlink("/proc/self/ns/net") if os.path.exists("/proc/self/ns/net") else ""
before = here()
print(why_not() == why_not(), here() == before)
"""


def test_asking_changes_nothing_for_who_asks() -> None:
    assert said_by(ASK) == ["True True"]


def test_a_system_that_has_none_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert why_not() == "darwin has no network namespaces"


def raised(error: BaseException, by: BaseException | None = None) -> BaseException:
    try:
        try:
            raise error
        except BaseException:
            if by is None:
                raise
            raise by  # noqa: B904 - what raised it is to be found without being named
    except BaseException as outer:  # noqa: BLE001
        return outer


UNREACHABLE = OSError(errno.ENETUNREACH, "Network is unreachable")
UNNAMED = socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")


@pytest.mark.parametrize(
    ("error", "missed"),
    [
        (UNREACHABLE, True),
        (UNNAMED, True),
        (raised(UNNAMED, URLError(UNNAMED)), True),
        (raised(UNREACHABLE, ValueError("no answer")), True),
        (OSError(errno.ENOENT, "No such file"), False),
        (ConnectionRefusedError(errno.ECONNREFUSED, "refused"), False),
        (raised(KeyError("a"), AssertionError("b")), False),
        (None, False),
    ],
)
def test_only_what_tells_of_a_missing_network_is_taken_for_it(
    error: BaseException | None, missed: bool
) -> None:
    assert was_missed(error) is missed


def test_a_circle_of_exceptions_ends() -> None:
    one, other = ValueError(), ValueError()
    one.__context__, other.__context__ = other, one
    assert not was_missed(one)
