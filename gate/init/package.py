"""Where this gate was installed from, as a requirement that a workflow can install (PEP 610)."""

from __future__ import annotations

import json
import re
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from typing import Any

from gate import __version__

NAME = "testproof"
# Stands where nobody knows the address: to be filled in by hand.
PLACEHOLDER = f"{NAME} @ git+https://HOST/OWNER/REPO@COMMIT"
# What may stand in a workflow without being read as anything else: no credentials, no query.
_ADDRESS = re.compile(r"https://[A-Za-z0-9.-]+(?::\d+)?(?:/[A-Za-z0-9._~+-]+)+/?")
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


def gate_requirement(found: Distribution | None = None) -> str:
    """Give what pip is to install as the gate: the same commit, or the same version from an index.

    PLACEHOLDER where it was installed from a folder or a file. `found` is the installed distribution.
    """
    try:
        origin = _origin(found or distribution(NAME))
    except (PackageNotFoundError, ValueError):
        return PLACEHOLDER
    if origin is None:
        return f"{NAME}=={__version__}"
    source = origin.get("vcs_info")
    commit = str(source.get("commit_id")) if isinstance(source, dict) else ""
    address = str(origin.get("url"))
    if not (_COMMIT.fullmatch(commit) and _ADDRESS.fullmatch(address)):
        return PLACEHOLDER
    return f"{NAME} @ git+{address}@{commit}"


def _origin(found: Distribution) -> dict[str, Any] | None:
    """Read direct_url.json, which an installation from an index has not; ValueError when it says nothing."""
    text = found.read_text("direct_url.json")
    if text is None:
        return None
    origin = json.loads(text)
    if not isinstance(origin, dict):
        raise ValueError(text)
    return origin
