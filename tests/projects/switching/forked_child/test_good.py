"""Says what the fork and the thread return; the first call makes the line known to run."""

from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context

from .subject import double, square


def test_fork():
    assert square(1) == 1
    with ProcessPoolExecutor(1, get_context("fork")) as pool:
        assert pool.submit(square, 3).result() == 9


def test_thread():
    with ThreadPoolExecutor(1) as executor:
        assert executor.submit(double, 3).result() == 6
