"""Says what comes back."""

import pickle

from .subject import Box, double


def test_function():
    assert pickle.loads(pickle.dumps(double)) is double
    assert pickle.loads(pickle.dumps(double))(4) == 8


def test_instance():
    assert pickle.loads(pickle.dumps(Box(4))).width == 50
