import torch

from distil.adapter import Adapter


def test_the_signal_goes_on_beside_the_detour():
    adapter = Adapter(2, 1)
    with torch.no_grad():
        adapter.down.weight.copy_(torch.tensor([[1.0, -1.0]]))
        adapter.up.weight.copy_(torch.tensor([[2.0], [3.0]]))
        adapter.down.bias.zero_()
        adapter.up.bias.zero_()
    through = adapter(torch.tensor([[3.0, 1.0], [1.0, 3.0]]))
    assert through.tolist() == [[7, 7], [1, 3]]


def test_the_detour_is_narrow():
    assert (Adapter(4, 2).down.out_features, Adapter(4, 2).up.in_features) == (2, 2)
