"""Says what shape they return; one is scripted here, and called once so that its line is known to run."""

import torch

from .subject import clipped, scaled, shifted


def test_scaled():
    assert scaled(torch.ones(2, requires_grad=True)).shape == (2,)


def test_shifted():
    assert shifted(torch.ones(2)).shape == (2,)


def test_clipped():
    assert clipped(torch.ones(0)).shape == (0,)
    assert torch.jit.script(clipped)(torch.ones(2)).shape == (2,)
