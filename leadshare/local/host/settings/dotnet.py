"""Local host: read text as .NET reads the values of its options."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

T = TypeVar("T")
Reader = Callable[[str], Any]

INT_MAX = 2**31 - 1
TIMESPAN_MAX = timedelta(days=10675199, hours=2, minutes=48, seconds=5, microseconds=477580)
DOUBLE = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.IGNORECASE | re.ASCII)
DAYS, HOURS, MINUTES, SECONDS, FRACTION = (rf"(?P<{name}>\d+)" for name in "dhmsf")
# In the order in which TimeSpan.Parse tries them: 24:00:00 is no time of a day, so it is 24 days.
TIMESPANS = tuple(
    re.compile(f"(?P<minus>-?){shape}", re.ASCII)
    for shape in (
        DAYS,
        f"{HOURS}:{MINUTES}",
        f"{HOURS}:{MINUTES}:{SECONDS}",
        rf"{DAYS}\.{HOURS}:{MINUTES}",
        rf"{HOURS}:{MINUTES}:\.{FRACTION}",
        f"{DAYS}:{HOURS}:{MINUTES}",
        rf"{HOURS}:{MINUTES}:{SECONDS}\.{FRACTION}",
        rf"{DAYS}\.{HOURS}:{MINUTES}:{SECONDS}",
        rf"{DAYS}\.{HOURS}:{MINUTES}:\.{FRACTION}",
        f"{DAYS}:{HOURS}:{MINUTES}:{SECONDS}",
        rf"{DAYS}[.:]{HOURS}:{MINUTES}:{SECONDS}\.{FRACTION}",
    )
)
LIMITS = {"d": TIMESPAN_MAX.days, "h": 23, "m": 59, "s": 59}


def to_timespan(text: str) -> timedelta:
    """Read a TimeSpan: days, hh:mm, hh:mm:ss, d.hh:mm:ss.fffffff and the like."""
    for shape in TIMESPANS:
        match = shape.fullmatch(text.strip())
        if match is None:
            continue
        parts = match.groupdict()
        numbers = {name: int(parts.get(name) or 0) for name in LIMITS}
        if all(numbers[name] <= limit for name, limit in LIMITS.items()):
            return _timedelta(numbers, parts.get("f") or "0", negative=bool(parts["minus"]))
    raise ValueError(f"{text!r} is no TimeSpan such as 00:05:00 or 1.00:00:00")


def _timedelta(numbers: dict[str, int], fraction: str, *, negative: bool) -> timedelta:
    span = timedelta(
        days=numbers["d"],
        hours=numbers["h"],
        minutes=numbers["m"],
        seconds=numbers["s"] + float(f"0.{fraction}"),
    )
    return -span if negative else span


def to_int(text: str) -> int:
    """Read an Int32; hexadecimal after 0x, &h or #."""
    digits = text.strip().lower()
    prefix = next((mark for mark in ("0x", "&h", "#") if digits.startswith(mark)), "")
    number = "[0-9a-f]+" if prefix else "[+-]?[0-9]+"
    rest = digits.removeprefix(prefix)
    if re.fullmatch(number, rest) is None or abs(int(rest, 16 if prefix else 10)) > INT_MAX:
        raise ValueError(f"{text!r} is no whole number of 32 bits")
    return int(rest, 16 if prefix else 10)


def to_bool(text: str) -> bool:
    """Read a Boolean."""
    word = text.strip().lower()
    if word not in {"true", "false"}:
        raise ValueError(f"{text!r} is neither true nor false")
    return word == "true"


def to_double(text: str) -> float:
    """Read a Double."""
    if DOUBLE.fullmatch(text.strip()) is None:
        raise ValueError(f"{text!r} is no number")
    return float(text)


def one_of(*names: str) -> Callable[[str], str]:
    """Make a reader of an enumeration: a name in any case, or its number."""

    def read(text: str) -> str:
        word = text.strip().lower()
        for number, name in enumerate(names):
            if word in {name.lower(), str(number)}:
                return name
        raise ValueError(f"{text!r} is none of {', '.join(names)}")

    return read


def within(read: Callable[[str], T], low: T, high: T, expected: str) -> Callable[[str], T]:
    """Make a reader that refuses what is under *low* or over *high*."""

    def read_within(text: str) -> T:
        value = read(text)
        if not low <= value <= high:  # type: ignore[operator]  # numbers and times have an order
            raise ValueError(f"{text!r} is not {expected}")
        return value

    return read_within


def nullable(read: Callable[[str], T]) -> Callable[[str], T | None]:
    """Make a reader for which nothing is a value too."""

    def read_if_any(text: str) -> T | None:
        return read(text) if text else None

    return read_if_any
