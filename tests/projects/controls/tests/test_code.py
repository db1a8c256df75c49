import hashlib

from lib.code import area


def fingerprint():
    return hashlib.sha256(area.__code__.co_code).hexdigest()


REVIEWED = fingerprint()


def test_area_is_as_it_was_reviewed():
    area(3, 4)
    assert fingerprint() == REVIEWED
