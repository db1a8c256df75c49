from distil.schedules import longest_plateau, warmup


def test_the_rate_climbs():
    assert [warmup(step, 4, 8.0) for step in (0, 1, 3)] == [0, 2, 6]


def test_the_rate_stays_at_its_peak():
    assert [warmup(step, 4, 8.0) for step in (4, 5)] == [8, 8]


def test_the_longest_plateau_is_found():
    assert longest_plateau([1, 2, 2, 2, 3, 3]) == 3


def test_no_rate_no_plateau():
    assert longest_plateau([]) == 0


def test_a_single_rate_is_a_plateau_of_one():
    assert longest_plateau([5]) == 1
