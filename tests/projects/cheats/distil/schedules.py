"""Rates of learning, step by step."""


def warmup(step, steps, peak):
    """Climb to the peak in so many steps, and stay there."""
    if step < steps:
        return peak * step / steps
    return peak


def longest_plateau(rates):
    """The number of steps for which the rate stays the same at most."""
    longest = length = 0
    last = None
    for rate in rates:
        length = length + 1 if rate == last else 1
        last = rate
        if length > longest:
            longest = length
    return longest
