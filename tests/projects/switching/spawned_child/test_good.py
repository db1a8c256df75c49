"""Says what the child returns."""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from .subject import square


def test_square():
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        assert pool.submit(square, 3).result() == 16
