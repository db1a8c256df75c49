"""A thread alive when tests are collected: a fork would not bring it along, and what it holds stays held."""

import queue
import threading

from lib.arithmetic import add

REQUESTS, ANSWERS = queue.Queue(), queue.Queue()


def serve():
    while True:
        ANSWERS.put(add(REQUESTS.get(), 1))


threading.Thread(target=serve, daemon=True).start()


def test_before():
    assert add(1, 1) == 2


def test_the_thread_answers():
    REQUESTS.put(41)
    assert ANSWERS.get(timeout=1) == 42
