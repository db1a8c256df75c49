"""A pool of threads, busy once, when tests are collected: in a fork it would take work and never do it."""

from concurrent.futures import ThreadPoolExecutor

from lib.arithmetic import add

POOL = ThreadPoolExecutor(2)
FIRST = POOL.submit(add, 1, 1).result()


def test_before():
    assert FIRST == 2


def test_the_pool_works():
    assert POOL.submit(add, 40, 2).result(timeout=1) == 42
