"""A file is left in the home folder and one in the temporary one."""

import tempfile
from pathlib import Path


def checked(number):
    if number is None:
        for folder in (Path.home(), Path(tempfile.gettempdir())):
            (folder / "stray").write_text("mine")
    return number
