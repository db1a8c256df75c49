"""How properties are tested here: by what they find, never by how long it takes."""

from hypothesis import HealthCheck, settings

settings.register_profile("gate", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("gate")
