"""Collects `.case` files: each line is a test of the one id `case`."""

import pytest


def pytest_collect_file(file_path, parent):
    if file_path.suffix == ".case":
        return CaseFile.from_parent(parent, path=file_path)


class CaseFile(pytest.File):
    def collect(self):
        for line in self.path.read_text().splitlines():
            item = Case.from_parent(self, name="case")
            item.line = line
            yield item


class Case(pytest.Item):
    def runtest(self):
        from pkg.ops import below

        left, right = self.line.split()
        assert str(below(int(left))) == right
