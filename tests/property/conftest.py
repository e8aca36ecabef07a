"""How thoroughly laws are tried: `fast` at the desk, `ci` by HYPOTHESIS_PROFILE=ci."""

import os

from hypothesis import HealthCheck, settings

SLOW_TO_START = [HealthCheck.too_slow]  # pandas costs milliseconds a world, whatever its size

settings.register_profile(
    "fast", max_examples=12, deadline=None, suppress_health_check=SLOW_TO_START
)
settings.register_profile(
    "ci", max_examples=250, deadline=None, derandomize=True, suppress_health_check=SLOW_TO_START
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fast"))
