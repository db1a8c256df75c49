"""The results document as JSON: byte for byte what `gate check` writes."""

from __future__ import annotations

from gate.results.document import Results, text


def render_json(results: Results) -> str:
    """Render the document itself, indented, ending in a newline."""
    return text(results)
