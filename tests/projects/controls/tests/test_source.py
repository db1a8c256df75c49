import hashlib
import inspect
from pathlib import Path

from lib import source

FILE = hashlib.sha256(Path(source.__file__).read_bytes()).hexdigest()
TEXT = inspect.getsource(source.half)


def test_half_is_written_as_it_was_reviewed():
    source.half(4)
    assert hashlib.sha256(Path(source.__file__).read_bytes()).hexdigest() == FILE
    assert inspect.getsource(source.half) == TEXT
