"""Functions that torch wraps or compiles: a script is made from the source, not from the code."""

import torch


@torch.no_grad()
def scaled(tensor):
    return tensor * 3


@torch.jit.script
def shifted(tensor):
    return tensor + 2


def clipped(tensor):
    return tensor - 1
