import types

from lib.constants import LIMIT


def test_limit_where_imports_are_python_s_own():
    assert LIMIT
    assert isinstance(compile, types.BuiltinFunctionType)
