import os

from hypothesis import HealthCheck, settings

# Before anything starts CDK: cfn-lint checks every template in a test of its own, and `cdk synth` has CDK's checks.
os.environ["CDK_VALIDATION"] = "false"

# A property says what holds, not how fast: a busy machine is no counterexample.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")
