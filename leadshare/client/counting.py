"""Client: how many requests a visit to a lane has made, sign-ins included."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final


@dataclass(slots=True)
class Requests:
    """The requests of one visit: a destination may be visited by two at once."""

    made: int = 0


_CURRENT: Final[ContextVar[Requests | None]] = ContextVar("requests", default=None)


def count_from_now() -> Requests:
    """Return what counts the requests that this task, and those that it starts, make from now."""
    requests = Requests()
    _CURRENT.set(requests)
    return requests


def count_one() -> None:
    """Count a request that leaves, in the visit that makes it."""
    requests = _CURRENT.get()
    if requests is not None:
        requests.made += 1
