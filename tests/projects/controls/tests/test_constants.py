from importlib.machinery import SourceFileLoader

from lib.constants import LIMIT


def test_limit_where_imports_are_python_s_own():
    assert LIMIT
    assert SourceFileLoader.source_to_code.__module__.startswith(("importlib", "_frozen"))
