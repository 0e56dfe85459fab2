"""Operators: what they ask for: models of the queries of lists."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Final, Literal, TypeVar

from pydantic import (
    BeforeValidator,
    StringConstraints,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
)

from leadshare.deliveries.delivery import State
from leadshare.errors import BadRequest
from leadshare.operators.models.base import (
    CODE,
    NOT_GIVEN,
    WHO,
    Asked,
    Code,
    Expected,
    Time,
    Who,
    understand,
)
from leadshare.operators.models.short_ids import LeadRef, TouchRef
from leadshare.operators.persons import BY
from leadshare.partner_center.referral import Kind
from leadshare.playbook import Stage, Storefront

PAGE: Final = 50
LARGEST_PAGE: Final = 200
"""Entries of a list: unless told, and at most."""

LONGEST: Final = 1024
"""Bytes of a value; the longest is the token of the next page."""

KEY: Final = "code"
"""The platform's own name in a query: a function's key."""

_NUMBER: Final = re.compile("[1-9][0-9]{0,2}")


def _to_size(value: object) -> int:
    """Return the page size that a query tells."""
    text = str(value)
    if not _NUMBER.fullmatch(text) or int(text) > LARGEST_PAGE:
        raise ValueError(f"a whole number from 1 to {LARGEST_PAGE}")
    return int(text)


class Nothing(Asked):
    """A request that has no query."""


class Persons(Asked):
    """What shows persons, too, to whom they may be shown."""

    persons: Annotated[Literal["true"] | None, Expected("true")] = None
    """Show persons too; needs the header `x-leadshare-privacy-key`."""


class Opening(Asked):
    """What is said by whoever opens something that tells of a person."""

    by: Annotated[Who, Expected(f"{WHO}, in the header {BY}")]


class Lead(Asked):
    """A request about one lead."""

    lead: LeadRef
    """Its id, or the beginning of it."""


class Touch(Asked):
    """A request about one touch in quarantine."""

    touch: TouchRef
    """Its id, or the beginning of it."""


class Erasure(Asked):
    """A request about one erasure."""

    order: Annotated[
        str,
        StringConstraints(strict=True, pattern=r"^[0-9a-z]{1,64}$"),
        Expected("the id of an order, as it was told"),
    ]
    """The order's id, whole."""


class Page(Asked):
    """What all lists can be asked for."""

    limit: Annotated[
        int,
        BeforeValidator(_to_size),
        WithJsonSchema({"type": "integer", "minimum": 1, "maximum": LARGEST_PAGE}),
    ] = PAGE
    """How many entries."""
    after: str = ""
    """Those behind a page: what that gave as `next`."""

    @property
    def part(self) -> tuple[int, str]:
        """How many entries, and behind which."""
        return self.limit, self.after

    def where(self, *names: str) -> dict[str, str]:
        """Return those filters among *names* that are given."""
        given = {name: getattr(self, name) for name in names}
        return {name: str(value) for name, value in given.items() if value}


class Leads(Page, Persons):
    """Leads, newest first; those that nobody follows up, or that wait for a call, oldest first."""

    storefront: Annotated[Storefront | None, NOT_GIVEN] = None
    """Only of this storefront."""
    listing: Annotated[
        str | None,
        StringConstraints(max_length=200),
        NOT_GIVEN,
        Expected("at most 200 characters"),
    ] = None
    """Only of this listing: `publisher.offer`."""
    stage: Annotated[Stage | None, NOT_GIVEN] = None
    """Only of this stage."""
    since: Annotated[Time | None, NOT_GIVEN] = None
    """Only what was seen then or later; of leads that nobody takes, since when that is so."""
    unrouted: Annotated[Literal["true"] | None, Expected("true")] = None
    """Only such that nobody takes."""
    notice_only: Annotated[Literal["true"] | None, Expected("true")] = None
    """Only such that only notices tell of."""
    waiting: Annotated[Literal["true"] | None, Expected("true")] = None
    """Only such that wait for a call."""

    @field_validator("notice_only", "waiting")
    @classmethod
    def _one_of_them(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value and (info.data.get("unrouted") or info.data.get("notice_only")):
            raise ValueError("one of unrouted, notice_only and waiting")
        return value

    @property
    def routing(self) -> str:
        """Which leads that nobody follows up are asked for, if any are."""
        return next(iter(self.where("unrouted", "notice_only")), "")


class Deliveries(Page, Persons):
    """Deliveries in one state; parked is what operators look for."""

    state: State = State.PARKED
    """In which state."""
    reason: Annotated[Code | None, NOT_GIVEN, CODE] = None
    """Only for this reason."""
    destination: Annotated[Code | None, NOT_GIVEN, CODE] = None
    """Only there."""


class Quarantine(Page):
    """Touches that could not be classified."""

    reason: Annotated[Code | None, NOT_GIVEN, CODE] = None
    """Only for this reason."""


class Referrals(Page):
    """Referrals, which are no leads."""

    kind: Annotated[Kind | None, NOT_GIVEN] = None
    """Only of this kind."""
    status: Annotated[Literal["New", "Active", "Closed"] | None, NOT_GIVEN] = None
    """Only in this status."""


class Work(Page, Persons):
    """What people are to do in Partner Center."""

    format: Annotated[Literal["json", "csv"] | None, NOT_GIVEN] = None
    """JSON if not said."""
    destination: Annotated[Code | None, NOT_GIVEN, CODE] = None
    """Only there."""


A = TypeVar("A", bound=Asked)


def read_query(kind: type[A], query: Mapping[str, str]) -> A:
    """Return what *query* asks for; `BadRequest` names what is wrong with it."""
    for name, value in query.items():
        # Before anything else is made of it, and before storage refuses it.
        if len(value.encode(errors="surrogatepass")) > LONGEST:
            told = name if name in kind.model_fields else "(a key)"
            raise BadRequest(f"{told}: expected at most {LONGEST} bytes")
    return understand(kind, {name: value for name, value in query.items() if name != KEY})
