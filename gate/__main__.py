"""`python -m gate`."""

import sys

# `-m` puts the current folder first on the path, and that is the repository which is to be judged: its
# `json.py` must not be imported in the place of the standard library's.
if not sys.flags.safe_path:
    del sys.path[0]

from gate.cli import main

main()
