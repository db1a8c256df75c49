"""The import hook: a loader that compiles by itself."""

import sys
from importlib.machinery import PathFinder, SourceFileLoader
from importlib.util import spec_from_file_location


class Loader(SourceFileLoader):
    def source_to_code(self, data, path, *, _optimize=-1):
        return compile(data, path, "exec")


class Finder:
    def find_spec(self, name, path=None, target=None):
        if name != "lib.hooked":
            return None
        origin = PathFinder.find_spec(name, path).origin
        return spec_from_file_location(name, origin, loader=Loader(name, origin))


sys.meta_path.insert(0, Finder())
