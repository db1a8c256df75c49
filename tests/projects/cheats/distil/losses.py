"""Losses by which a student learns from a teacher."""

import torch


def soft_targets(student, teacher, temperature):
    """KL divergence of the softened distributions, times the temperature squared; mean of the batch."""
    if temperature <= 0:
        raise ValueError("the temperature must be above 0")
    target = torch.softmax(teacher / temperature, dim=-1)
    learnt = torch.log_softmax(student / temperature, dim=-1)
    divergence = (target * (target.log() - learnt)).sum(-1)
    return divergence.mean() * temperature * temperature


def masked_mean(values, mask):
    """The mean of the values that the mask keeps; 0 when it keeps none."""
    kept = mask.sum()
    if kept == 0:
        return values.sum() * 0
    return (values * mask).sum() / kept
