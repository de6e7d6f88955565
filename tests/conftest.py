from hypothesis import HealthCheck, settings

# A property says what holds, not how fast: a busy machine is no counterexample.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")
