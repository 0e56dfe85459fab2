"""How often fuzzers try: the same few examples each time, or many new ones where that is asked for.

pytest --hypothesis-profile=long --timeout=0 tests/laws/test_fuzz.py    looks for what nobody knows
"""

from __future__ import annotations

from hypothesis import HealthCheck, settings

PROFILE = "leadshare"
LONG = "long"

# Machines are shared and slow at times: how long an example takes says nothing. The same examples
# come every time and everywhere, so that what fails in CI fails here.
settings.register_profile(PROFILE, deadline=None, derandomize=True)
settings.register_profile(
    LONG, deadline=None, max_examples=20_000, suppress_health_check=[*HealthCheck]
)


def often(times: float) -> settings:
    """Return the settings of a test that tries so many times what others do."""
    default = settings().max_examples
    return settings(max_examples=int(default * times))
