"""Local host: work out when a timer fires next: NCRONTAB, seconds or not, or a TimeSpan."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from leadshare.local.host.settings.dotnet import to_timespan

MONTHS = "january february march april may june july august september october november december"
DAYS = "sunday monday tuesday wednesday thursday friday saturday"
FIELDS = (
    (0, 59, ""),
    (0, 59, ""),
    (0, 23, ""),
    (1, 31, ""),
    (1, 12, MONTHS),
    (0, 6, DAYS),
)
HORIZON = timedelta(days=366 * 8 + 1)  # the longest wait there is: 29 February, round 2100


@dataclass(frozen=True)
class Cron:
    """The values each field allows; a day must fit both its month and its week field."""

    seconds: frozenset[int]
    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]

    def after(self, moment: datetime) -> datetime:
        """Find the first time later than *moment* that fits, skipping what cannot."""
        time = moment.replace(microsecond=0) + timedelta(seconds=1)
        while time < moment + HORIZON:
            day = time.replace(hour=0, minute=0, second=0)
            if time.month not in self.months:
                time = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
            elif time.day not in self.days or time.isoweekday() % 7 not in self.weekdays:
                time = day + timedelta(days=1)
            elif time.hour not in self.hours:
                time = time.replace(minute=0, second=0) + timedelta(hours=1)
            elif time.minute not in self.minutes:
                time = time.replace(second=0) + timedelta(minutes=1)
            elif time.second not in self.seconds:
                time += timedelta(seconds=1)
            else:
                return time
        raise ValueError("the schedule never fires")

    @property
    def subminute(self) -> bool:
        """The host keeps no status for a timer that fires more than once in every minute."""
        rest = (self.minutes, self.hours, self.days, self.months, self.weekdays)
        every = all(
            len(v) == high - low + 1 for v, (low, high, _) in zip(rest, FIELDS[1:], strict=True)
        )
        return every and len(self.seconds) > 1


@dataclass(frozen=True)
class Interval:
    """A constant time from one run to the next."""

    every: timedelta

    def after(self, moment: datetime) -> datetime:
        """Count from *moment*."""
        return moment + self.every

    @property
    def subminute(self) -> bool:
        """Tell whether it fires more than once a minute."""
        return self.every < timedelta(minutes=1)


Schedule = Cron | Interval


def parse_schedule(expression: str) -> Schedule:
    """Read six fields, five fields (then the second is 0) or hh:mm:ss."""
    fields = expression.split()
    if len(fields) == len(FIELDS) - 1:
        fields = ["0", *fields]
    if len(fields) == len(FIELDS):
        return Cron(*(_field(text, *field) for text, field in zip(fields, FIELDS, strict=True)))
    return Interval(to_timespan(expression))


def _field(text: str, low: int, high: int, names: str) -> frozenset[int]:
    """Read a list of values, ranges and steps, as the library NCrontab does."""
    values: set[int] = set()
    for part in text.split(","):
        span, _, step = part.partition("/")
        first, dash, last = span.partition("-")
        if span == "*":
            start, end = low, high
        else:
            start = _value(first, low, names.split())
            end = _value(last, low, names.split()) if dash else high if step else start
        start, end = sorted((start, end))  # NCrontab turns a range that runs backwards
        if start < low or end > high:
            raise ValueError(f"{part!r} is not within {low}-{high}")
        values.update(range(start, end + 1, max(1, int(step or 1))))
    return frozenset(values)


def _value(text: str, low: int, names: Sequence[str]) -> int:
    """Read a number or the beginning of a name."""
    if text.isdecimal():
        return int(text)
    for number, name in enumerate(names, start=low):
        if text and name.startswith(text.lower()):
            return number
    raise ValueError(f"{text!r} is neither a number nor a name")
