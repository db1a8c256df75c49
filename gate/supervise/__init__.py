"""Start workers, and own their clocks, limits and ends from outside (subprocess enters here)."""
