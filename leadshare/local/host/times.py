"""Local host: how long the real host waits for what; tests ask for less."""

from dataclasses import dataclass, field
from typing import Any


def _time(default: float, text: str) -> Any:
    return field(default=default, metadata={"help": text})


@dataclass(frozen=True)
class Times:
    """In seconds, but for the scale; what is said here was measured on the real host."""

    message_lease: int = _time(600, "seconds for which a message that is worked on stays hidden")
    retry_scale: float = _time(1.0, "what the waits between tries of storage are multiplied by")
    lock_lease: int = _time(60, "seconds that a timer's lock outlives its host; storage: 15 to 60")
    lock_look: float = _time(60.0, "seconds between looks of a host that has no timer's lock")
    cold_wait: float = _time(0.0, "seconds that the first event waits where nothing ran")
    drain: float = _time(10.0, "seconds that what runs gets when the host stops")
    grace: float = _time(2.0, "seconds from a function's timeout to the end of its worker")
