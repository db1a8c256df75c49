"""Its assertions are rewritten, as `register_assert_rewrite` asks."""

LIMIT = 10


def below(a):
    return a < LIMIT


def check(a):
    assert below(a)
    return a
