"""Calls the function of the second copy."""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path


def load():
    spec = spec_from_file_location("copied_subject", Path(__file__).with_name("subject.py"))
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


EARLY = load()


def test_early():
    assert EARLY.shifted(5)


def test_late():
    assert load().shifted(0)
