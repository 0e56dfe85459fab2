"""Local host: how long it waits before it asks storage again, as Microsoft's libraries do."""

import random
from collections.abc import Iterator
from itertools import count, repeat

JITTER = 0.2
SHORTEST_POLL = 0.1  # seconds
FIRST_RETRY = 0.8  # seconds
RETRIES = 5


def polls(longest: float) -> Iterator[float]:
    """Give the waits in seconds while a queue stays empty, from its last message on.

    RandomizedExponentialBackoffStrategy of Microsoft.Azure.WebJobs.Extensions.Storage 5.3: only
    what is added to the shortest wait is random, and once the longest is reached it stays.
    """
    yield SHORTEST_POLL
    for exponent in count():
        wait = SHORTEST_POLL + SHORTEST_POLL * 2**exponent * _jitter()
        if wait >= longest:
            break
        yield wait
    yield from repeat(longest)


def retries(scale: float = 1) -> Iterator[float]:
    """Give the waits in seconds between the tries of one request: 25 s, as often as six.

    RetryOptions of Azure.Core as Azure.Storage sets them.
    """
    for number in range(RETRIES):
        yield scale * FIRST_RETRY * 2**number * _jitter()


def _jitter() -> float:
    return random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311  # no secret
