"""Says what comes out, and what gradient comes back."""

import torch

from .subject import MODEL, Double


def test_model():
    assert MODEL(torch.ones(2)).tolist() == [4, 4]


def test_gradient():
    tensor = torch.ones(2, requires_grad=True)
    result = Double.apply(tensor)
    result.sum().backward()
    assert result.tolist() == [2, 2]
    assert tensor.grad.tolist() == [4, 4]
