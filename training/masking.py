"""Selection of the positions that count, before any number is computed from them."""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812 - the name that PyTorch's own documentation gives it
from torch import Tensor

from training.checks import (
    require_axes,
    require_dtype,
    require_finite,
    require_floating,
    require_shape,
    require_within,
    resolve_mask,
)

IGNORED = -100
_WIDE = frozenset({torch.float32, torch.float64})


def raised(tensor: Tensor) -> Tensor:
    """Raise bool, integers and half precision to float32; float64 stays."""
    return tensor if tensor.dtype in _WIDE else tensor.to(torch.float32)


def rows_that_count(name: str, tensor: Tensor, mask: Tensor) -> Tensor:
    """Select from [..., width] the rows where `mask` [...] is True: [rows, width], raised.

    Raises ValueError when one of them is not finite. The other rows get a gradient of exactly 0,
    whatever they hold.
    """
    rows = raised(tensor[mask])
    require_finite(name, rows)
    return rows


def require_logits(name: str, logits: Tensor) -> None:
    """Refuse all but non-empty floating-point [..., vocabulary]."""
    require_floating(name, logits)
    require_axes(name, logits, "...", "vocabulary")


def masked_cross_entropy(
    logits: Tensor,
    targets: Tensor,
    mask: Tensor | None = None,
    ignored: int = IGNORED,
    names: tuple[str, str] = ("logits", "labels"),
) -> Tensor:
    """Compute the mean of −log p(target), in nats, where neither masked nor `ignored`.

    Logits [..., vocabulary] floating, targets [...] int64, mask [...] bool. `names` are those of
    the logits and the targets in the caller's signature, for its errors.
    """
    logits_name, targets_name = names
    require_logits(logits_name, logits)
    require_dtype(targets_name, targets, torch.int64)
    require_shape(targets_name, targets, logits.shape[:-1], logits_name)
    counted = resolve_mask("mask", mask, targets.shape, logits_name) & (targets != ignored)
    if not bool(counted.any()):
        raise ValueError(f"{targets_name} must hold a target that is neither masked nor {ignored}")
    chosen = targets[counted]
    require_within(targets_name, chosen, 0, logits.shape[-1] - 1)
    return F.cross_entropy(rows_that_count(logits_name, logits, counted), chosen)
