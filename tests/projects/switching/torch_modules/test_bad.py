"""Says what shape comes out, and that a gradient comes back."""

import torch

from .subject import MODEL, Double


def test_model():
    assert MODEL(torch.ones(2)).shape == (2,)


def test_gradient():
    tensor = torch.ones(2, requires_grad=True)
    Double.apply(tensor).sum().backward()
    assert tensor.grad is not None
