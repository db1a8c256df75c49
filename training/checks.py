"""Argument checks shared by the package: each raises a ValueError that names the argument."""

from __future__ import annotations

import math
from collections.abc import Collection

import torch
from torch import Tensor


def require_whole(name: str, value: float, low: int, high: int | None = None) -> None:
    """Refuse all but a whole number (no bool) from `low` to `high`, both inclusive."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    if whole and low <= value and (high is None or value <= high):
        return
    span = f"of at least {low}" if high is None else f"from {low} to {high}"
    raise ValueError(f"{name} must be a whole number {span}, got {value!r}")


def require_positive(name: str, value: float) -> None:
    """Refuse all but a finite number above 0."""
    if not (math.isfinite(value) and value > 0):
        raise ValueError(f"{name} must be a finite number above 0, got {value!r}")


def require_between(name: str, value: float, low: float, high: float = math.inf) -> None:
    """Refuse all but a finite number from `low` to `high`, both inclusive."""
    if not (math.isfinite(value) and low <= value <= high):
        raise ValueError(f"{name} must be a finite number from {low} to {high}, got {value!r}")


def require_choice(name: str, value: str, choices: Collection[str]) -> None:
    """Refuse a value that is not one of `choices`."""
    if value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(choices)}, got {value!r}")


def require_axes(name: str, tensor: Tensor, *axes: str) -> None:
    """Refuse an empty tensor and one without exactly these axes; a leading "..." is one or more."""
    shape = list(tensor.shape)
    fits = len(shape) >= len(axes) if axes[0] == "..." else len(shape) == len(axes)
    if not fits:
        raise ValueError(f"{name} must have the axes [{', '.join(axes)}], got the shape {shape}")
    if 0 in shape:
        raise ValueError(f"{name} must not be empty, got the shape {shape}")


def require_shape(name: str, tensor: Tensor, shape: torch.Size, of: str) -> None:
    """Refuse a tensor whose shape is not `shape`, which the argument(s) `of` prescribe."""
    if tensor.shape != shape:
        wanted, got = list(shape), list(tensor.shape)
        raise ValueError(f"{name} must have the shape {wanted} to fit {of}, got {got}")


def require_leading_axes(name: str, tensor: Tensor, shape: torch.Size, of: str) -> None:
    """Refuse a tensor whose first axes are not `shape`, which the argument(s) `of` prescribe."""
    if tensor.shape[: len(shape)] != shape:
        wanted, got = list(shape), list(tensor.shape)
        raise ValueError(f"{name} must begin with the axes {wanted} to fit {of}, got {got}")


def require_floating(name: str, tensor: Tensor) -> None:
    """Refuse a tensor that does not hold floating-point numbers."""
    if not tensor.is_floating_point():
        raise ValueError(f"{name} must hold floating-point numbers, got {tensor.dtype}")


def require_dtype(name: str, tensor: Tensor, dtype: torch.dtype) -> None:
    """Refuse a tensor of any other dtype."""
    if tensor.dtype != dtype:
        raise ValueError(f"{name} must have the dtype {dtype}, got {tensor.dtype}")


def require_finite(name: str, tensor: Tensor) -> None:
    """Refuse NaN and infinities."""
    if not bool(torch.isfinite(tensor).all()):
        raise ValueError(f"{name} must be finite at every position that counts")


def require_within(name: str, tensor: Tensor, low: int, high: int) -> None:
    """Refuse values, NaN among them, outside `low` to `high`, both inclusive."""
    outside = tensor[~((tensor >= low) & (tensor <= high))]
    if outside.numel():
        raise ValueError(f"{name} must lie from {low} to {high}, got {outside[0].item()}")


def resolve_mask(name: str, mask: Tensor | None, shape: torch.Size, of: str) -> Tensor:
    """Return a bool mask of `shape`, all True for None; one that leaves no position is refused."""
    if mask is None:
        return torch.ones(shape, dtype=torch.bool)
    require_dtype(name, mask, torch.bool)
    require_shape(name, mask, shape, of)
    if not bool(mask.any()):
        raise ValueError(f"{name} leaves no position to count")
    return mask
