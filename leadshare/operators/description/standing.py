"""Operators: the answers that tell how everything stands."""

from __future__ import annotations

from leadshare.operators.description.values import COVERAGE, LACKING, Answer, Instant, Once


class Count(Answer):
    """How many there are, and how old the oldest is."""

    count: int
    oldest_seconds: int | None
    """None where nobody knows."""
    more: bool = LACKING
    """Told where there are more than were counted."""


class WaitingCount(Count):
    """How many leads wait for a call."""

    over_target: int = LACKING
    """For longer than the target; told where a clock is configured."""


class Lane(Answer):
    """How the stream of a destination's deliveries stands."""

    breaker: str
    """`closed` or `open`."""
    failures: int
    """Failing calls in a row."""
    unwritten: int
    """Rounds in a row of whose outcomes some could not be written down."""
    disabled: str
    """Why it is disabled, if it is; a person enables it again."""
    paused_at: Once
    """Since when a person has it paused, if one has."""
    rests_until: Once
    """Until when nothing leaves, if it rests."""
    leased: bool
    """Whether somebody works on it now."""
    accepted_at: Once
    """When the destination took something last."""
    proven_at: Once
    """When a record was read back last."""
    proven_seconds: int | None
    """How long ago that is."""


class DestinationHealth(Answer):
    """How a destination stands, in short."""

    configured: bool
    due: Count
    look_ups: Count
    parked: Count
    lane: Lane


class Proof(Answer):
    """The last proof that a POST arrives."""

    state: str
    """`on` or `off`."""
    reason: str
    """Why it is off."""
    proven_at: Once
    proven_seconds: int | None
    failures: int


class MarketplaceTable(Answer):
    """How far one of Microsoft's tables has been read."""

    configured: bool
    begun_at: Once
    done_at: Once
    unfinished: bool
    since: Once
    watermark: Once
    rows: int
    newest: Once
    fault: str


class BookRead(Answer):
    """How far one of Microsoft's books has been read."""

    told_at: Once
    """When its last file was made."""
    waits: bool
    """Whether the first execution of its report is yet to come, and nothing is wrong."""
    fault: str
    """Why it could not be read the last time."""
    failing_at: Once
    """Since when it cannot, look by look."""
    look_at: Once
    """When it is looked at next."""
    late: bool
    """Whether a person is to look: it fails for a day and a half, or no file was made for three."""


class BooksRead(Answer):
    """Microsoft's books."""

    state: str
    """`on` or `off`."""
    reason: str
    """Why they are off."""
    read: dict[str, BookRead]
    """Each, where they are on: `visits`, `orders`, `revenue`."""


class Health(Answer):
    """How things stand."""

    configuration: str
    """`ok`, or what is wrong with it."""
    build: str
    time: Instant
    last_lead: Once
    last_test_lead: Once
    last_test_lead_framed: str
    proof: Proof
    queues: dict[str, Count]
    quarantine: Count
    unrouted: Count
    waiting: WaitingCount
    marketplace_tables: dict[str, MarketplaceTable]
    books: BooksRead
    destinations: dict[str, DestinationHealth]


class Budget(Answer):
    """What may leave now, and of how much; empty where there is no limit."""

    calls: int = LACKING
    seconds: float = LACKING
    daily: int | None = LACKING
    resets: str = LACKING
    pace: float = LACKING
    left_now: int = LACKING
    today: int = LACKING


class Backlog(Answer):
    """What waits at a destination."""

    sales_ready: Count
    others: Count
    look_ups: Count
    parked: Count


class Finding(Answer):
    """One thing that a preflight found, and a person must mend."""

    problem: str
    field: str
    value: str
    leads: int
    """How many recent leads it would have failed."""


class Preflight(Answer):
    """The last preflight."""

    at: Once
    findings: list[Finding]


class Asked(Answer):
    """How a destination is asked what became of leads."""

    asked: Once
    """When it was asked last."""
    fault: str
    """Why it cannot be asked, if so."""
    swept: Once
    """When all that is open was asked about last."""


class Destination(Answer):
    """How a destination stands."""

    destination: str
    budget: Budget
    lane: Lane
    backlog: Backlog
    errors_last_day: dict[str, int]
    preflight: Preflight
    outcomes: Asked


class Destinations(Answer):
    """How each destination stands, and who gets which leads."""

    destinations: list[Destination]
    coverage: list[COVERAGE]
