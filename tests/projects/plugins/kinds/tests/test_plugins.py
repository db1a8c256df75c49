"""Plugins and built-in fixtures: mocks, captured output, temporary folders, properties, coroutines."""

import asyncio
import logging
import os
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lib import documented


def test_mocks(mocker):
    mocker.patch("lib.documented.double", return_value=7)
    assert documented.double(1) == 7


def test_mocks_are_gone():
    assert documented.double(1) == 2


def test_captures_python(capsys):
    print("out")
    assert capsys.readouterr().out == "out\n"


def test_captures_descriptors(capfd):
    os.write(1, b"low")
    subprocess.run(["echo", "child"], check=True)
    assert capfd.readouterr().out == "lowchild\n"


def test_captures_logs(caplog):
    logging.getLogger("lib").warning("careful")
    assert caplog.messages == ["careful"]


def test_temporary_folder(tmp_path, tmp_path_factory):
    (tmp_path / "file").write_text("x")
    assert list(tmp_path.iterdir()) == [tmp_path / "file"]
    assert tmp_path_factory.mktemp("more").is_dir()


def test_changes_are_undone(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LIB_MODE", "test")
    monkeypatch.setattr(documented, "double", lambda number: 0)
    assert documented.double(3) == 0


def test_changes_were_undone():
    assert "LIB_MODE" not in os.environ
    assert documented.double(3) == 6


@given(st.integers())
def test_property_holds(number):
    assert documented.double(number) == number + number


@given(st.integers())
def test_property_does_not_hold(number):
    assert documented.double(number) < 1000


async def test_coroutine():
    await asyncio.sleep(0)
    assert documented.double(4) == 8


async def test_coroutine_fails():
    await asyncio.sleep(0)
    assert documented.double(4) == 9


@pytest.fixture
async def connection():
    yield "open"
    await asyncio.sleep(0)


async def test_asynchronous_fixture(connection):
    assert connection == "open"


@pytest.mark.timeout(5)
def test_with_a_limit_of_its_own(request):
    assert request.node.get_closest_marker("timeout").args == (5,)


def test_records(record_property, request):
    record_property("key", 1)
    assert request.config.getoption("doctestmodules")
