import os

from lib.environment import volume


def test_volume_where_nothing_is_mutated():
    volume(2, 3, 4)
    assert "GATE_EDIT" not in os.environ
