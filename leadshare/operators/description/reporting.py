"""Operators: the answers that tell what was counted."""

from __future__ import annotations

from typing import Annotated

from pydantic import WithJsonSchema

from leadshare.operators.description.values import LACKING, Answer

Day = Annotated[str, WithJsonSchema({"type": "string", "format": "date"})]
"""A day of the zone."""


class Times(Answer):
    """How long something took, in seconds, within 4.5 %."""

    median: float
    p90: float


class Amounts(Answer):
    """Sums by currency, exactly: None where it is of fewer than five, and persons are not shown."""

    won: dict[str, str | None]
    """Of leads that are won."""
    opportunity: dict[str, str | None]
    """Of leads that are an opportunity now."""


class Then(Answer):
    """Of the leads whose first touch was in the period: how many came so far until now."""

    sales_ready: int | None
    called: int | None
    """Of those that became sales-ready."""
    opportunity: int | None
    won: int | None
    lost: int | None


class Rates(Answer):
    """The same, as a share of those leads, for `called` of those that became sales-ready."""

    sales_ready: float | None
    called: float | None
    opportunity: float | None
    won: float | None
    lost: float | None


class BooksCounted(Answer):
    """What Microsoft's books tell; its clicks are no leads."""

    visits: int | None
    clicks: int | None
    """On any of the four buttons that follow."""
    get_it_now: int | None
    contact_me: int | None
    test_drive: int | None
    free_trial: int | None
    consents: int | None
    orders: int | None
    """Of whole months; None of days and weeks, and where the dimension is none of theirs."""
    revenue: dict[str, str | None] | None
    """Likewise, what was billed, by currency, exactly."""


class Figures(Answer):
    """What was counted; a number is None where it is too small to be told."""

    touches: int | None
    repeats: int | None
    tests: int | None
    internals: int | None
    blanks: int | None
    no_contacts: int | None
    contacts: int | None
    leads: int | None
    sales_ready: int | None
    called: int | None
    opportunities: int | None
    won: int | None
    lost: int | None
    unrouted: int | None
    delivered: int | None
    parked: int | None
    departed: int | None
    called_in: Times | None
    """From sales-ready to the first sign of a person."""
    accepted_in: Times | None
    """From a touch until who follows leads up had accepted its lead."""
    amounts: Amounts
    then: Then
    rates: Rates
    books: BooksCounted | None = LACKING
    """Told where Microsoft's books are read; None of a value that they do not know."""


class Target(Answer):
    """What a campaign is to bring, and what of it was reached."""

    target: int
    reached: int | str | None
    """Of revenue the exact sum; None where it is of fewer than five, and persons are not shown."""
    share: float | None


class Campaign(Answer):
    """A campaign of the publisher's."""

    name: str
    first: str
    """Its first day; empty where it has always been."""
    last: str
    """Its last day; empty where it does not end."""
    whole: bool
    """Whether the period begins with it: targets are the whole campaign's."""
    currency: str
    """The currency of the target of revenue."""
    targets: dict[str, Target]
    """By what is to be reached: `leads`, `sales_ready`, `won`, `revenue`."""


class Row(Figures):
    """What was counted of one value of the dimension."""

    value: str
    campaign: Campaign = LACKING
    """Told of the publisher's own campaigns, by campaign."""


class Before(Answer):
    """As many days before."""

    first: Day
    last: Day
    total: Figures


class PeriodTold(Before):
    """One day, week or month."""

    rows: list[Row] = LACKING
    """Told where a dimension is asked for."""


class BooksStand(Answer):
    """How far Microsoft's books are to be believed."""

    warning: str
    """What Microsoft says of comparing them with leads."""
    told_at: dict[str, str | None]
    """When each was told last."""
    faults: dict[str, str]
    """Why one could not be read the last time."""
    known_from: dict[str, str | None]
    """The day, or the month, from which on each was told; what was before is told as nothing."""
    late_from: str | None
    """The day from which on visits may still be missing."""
    months: list[str]
    """The months that orders and revenue are of."""
    unmatched: list[str]
    """Titles that no listing has, or that several have."""


class ReportTold(Answer):
    """What was counted."""

    zone: str
    """By whose days."""
    first: Day
    last: Day
    by: str
    every: str
    summed: str
    """The day on which all days but the last two were summed; empty where they never were."""
    counts_are: str
    """What numbers are of."""
    rates_are: str
    """What rates are of."""
    total: Figures
    rows: list[Row] = LACKING
    """Told where a dimension is asked for."""
    before: Before
    books: BooksStand = LACKING
    """Told where they are read."""
    periods: list[PeriodTold] = LACKING
    """Told where `every` is asked for."""


class Recounted(Answer):
    """What counting anew has come to."""

    dry_run: bool
    leads: int
    """Leads that were counted."""
    wrong: int
    """Those that were counted otherwise, or not yet."""
    days: int
    """Days that came to something else, of sixteen parts each."""
    next: str = LACKING
    """Where to go on, as `after`; lacking once all is counted."""
