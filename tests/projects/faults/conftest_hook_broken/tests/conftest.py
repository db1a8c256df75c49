"""A hook that raises while tests are collected: pytest calls it an internal error, exit code 3."""


def pytest_collection_modifyitems(items):
    raise RuntimeError("a bug of the project's own plugin")
