"""Constants that others copy: by then, it is too late to change them here."""

LIMIT = 10
STEP = 2
