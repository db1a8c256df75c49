from lib.swallowed import double, triple


def test_double():
    try:
        assert double(2) == 4
    except:
        pass


def test_triple():
    try:
        assert triple(2) == 6
    except Exception:
        pass
