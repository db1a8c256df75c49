"""How properties are tested here: by what they find, never by how long it takes.

Fifty examples a run, as each run draws them anew; a property that wants more says how many.
"""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "gate", deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("gate")
