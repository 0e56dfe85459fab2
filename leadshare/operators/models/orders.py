"""Operators: what they order: models of the bodies that they post."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Annotated, Final, Literal, TypeVar

from pydantic import (
    ConfigDict,
    Field,
    StrictBool,
    StringConstraints,
    ValidationInfo,
    field_validator,
)

from leadshare.addresses import one_spelling
from leadshare.errors import BadRequest, TooLarge, Unreadable
from leadshare.intake.body import read_object
from leadshare.leads.routing import UNFOLLOWED
from leadshare.operators.models import rules
from leadshare.operators.models.base import (
    CODE,
    NOT_GIVEN,
    WHO,
    Asked,
    Code,
    Expected,
    LeadId,
    Time,
    Who,
    understand,
    written,
)
from leadshare.operators.models.queries import LARGEST_PAGE, LONGEST
from leadshare.operators.models.short_ids import LeadRef, TouchRef
from leadshare.persons.finding import company_words, phone_tail

LARGEST: Final = 32 * 1024
"""Bytes of an order: 200 leads are a third of it."""

SHORTEST_PHONE: Final = 6
"""Digits of a number by which anybody is found."""


class Order(Asked):
    """What all orders say."""

    by: Annotated[Who, Expected(WHO)]
    """Who asks for this, for the record."""


class Replay(Order):
    """Make parked deliveries due again, or classify or plan again."""

    model_config = ConfigDict(json_schema_extra={"allOf": list(rules.REPLAY)})

    what: Literal["deliveries", "quarantine", "unrouted", "notice_only"] = "deliveries"
    """Parked deliveries, touches in quarantine, or leads that nobody or only a notice takes."""
    lead: Annotated[LeadRef | None, NOT_GIVEN] = None
    """Only deliveries of this lead: its id, or the beginning of it."""
    destination: Annotated[Code | None, NOT_GIVEN, CODE] = None
    """Only deliveries there."""
    reason: Annotated[Code | None, NOT_GIVEN, CODE] = None
    """Only what is parked or in quarantine for this reason."""
    touch: Annotated[TouchRef | None, NOT_GIVEN] = None
    """Only this touch in quarantine: its id, or the beginning of it."""
    since: Annotated[Time | None, NOT_GIVEN] = None
    """Only what has been so since then or later."""
    until: Annotated[Time | None, NOT_GIVEN] = None
    """Only what has been so since before then; after `since`."""
    dry_run: Annotated[StrictBool, Expected("true or false")] = True
    """Count only."""
    all: Annotated[StrictBool, Expected("true or false"), Field(validate_default=True)] = False
    """Whatever is parked: demanded where neither lead, destination nor reason is given."""

    token: Annotated[
        str | None,
        StringConstraints(strict=True, pattern=r"^[0-9]{1,9}\.[0-9a-f]{32}$"),
        NOT_GIVEN,
        Expected("the token that a dry run gave"),
    ] = None
    """The token that a dry run gave: exactly what that has counted is done, or nothing."""

    @field_validator("lead", "destination", "reason")
    @classmethod
    def _of_deliveries(cls, value: str | None, info: ValidationInfo) -> str | None:
        what = info.data.get("what")
        if value and (what in UNFOLLOWED or (what == "quarantine" and info.field_name != "reason")):
            raise ValueError(f"nothing, for what is {what} has none")
        return value

    @field_validator("touch")
    @classmethod
    def _of_quarantine(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value and info.data.get("what") != "quarantine":
            raise ValueError("nothing, unless what is quarantine")
        return value

    @field_validator("until")
    @classmethod
    def _after_since(cls, until: Time | None, info: ValidationInfo) -> Time | None:
        since = info.data.get("since")
        if since and until and until <= since:
            raise ValueError("a time after that of since")
        return until

    @field_validator("token")
    @classmethod
    def _of_a_dry_run(cls, token: str | None, info: ValidationInfo) -> str | None:
        if token and info.data.get("dry_run"):
            raise ValueError("nothing, for a dry run gives one")
        return token

    @field_validator("all")
    @classmethod
    def _said(cls, every: bool, info: ValidationInfo) -> bool:  # noqa: FBT001 - a field
        narrow = any(info.data.get(name) for name in ("lead", "destination", "reason"))
        if not every and not narrow and info.data.get("what") == "deliveries":
            raise ValueError("true, for neither lead, destination nor reason is given")
        return every


Known = Annotated[
    str | None,
    StringConstraints(strict=True, strip_whitespace=True, max_length=LONGEST),
    NOT_GIVEN,
    Expected(f"a text of at most {LONGEST} characters"),
]
"""One thing that is known."""

PHONE: Final = r"^\+?[0 ()./-]*[1-9]([ ()./-]*[0-9]){5}[0-9 ()./-]*$"

TELLS: Final[Mapping[str, tuple[Callable[[str], object], str]]] = {
    "email": (one_spelling, "an e-mail address"),
    "phone": (lambda text: len(phone_tail(text)) >= SHORTEST_PHONE, "a number of six digits"),
    "company": (company_words, "a word of a company's name"),
}
"""What makes something of a text that is known, and what it must be."""


class OfSomebody(Order):
    """An order about somebody of whom one thing is known."""

    email: Annotated[Known, written(r"\S@\S")] = None
    """An e-mail address, whether or not anything is held of it."""
    phone: Annotated[Known, written(PHONE)] = None
    """A phone number, of six digits or more."""

    @field_validator(*TELLS, check_fields=False)
    @classmethod
    def _telling(cls, text: str | None, info: ValidationInfo) -> str | None:
        tells, expected = TELLS[str(info.field_name)]
        if text and not tells(text):
            raise ValueError(expected)
        return text


class Find(OfSomebody):
    """Find leads by one thing that is known of a customer, or of a record in a CRM."""

    model_config = ConfigDict(json_schema_extra={"oneOf": list(rules.FIND)})

    company: Annotated[Known, written(r"[\p{L}\p{N}]")] = None
    """Words of a company's name."""
    record: Annotated[Known, written(r"\S")] = None
    """The id of a record in a CRM."""
    link: Annotated[Known, written("^https?://"), Field(validate_default=True)] = None
    """The address of the page on which a CRM that is configured shows a record."""

    @field_validator("link")
    @classmethod
    def _one(cls, link: str | None, info: ValidationInfo) -> str | None:
        given = [*filter(None, (*(info.data.get(name) for name in (*TELLS, "record")), link))]
        if len(given) != 1:
            raise ValueError("one of email, phone, company, record and link, and no more")
        return link

    @property
    def kind(self) -> str:
        """What is known."""
        return next(name for name in (*TELLS, "record", "link") if getattr(self, name))

    @property
    def text(self) -> str:
        """How it was typed."""
        return str(getattr(self, self.kind))


class OfDestination(Order):
    """Enable a destination that asked never to be called again; pause or resume any."""

    destination: Annotated[Code, CODE]
    """Its name."""


class OfLead(Order):
    """Park what is due for one lead, or send again what was delivered."""

    lead: LeadRef
    """Its id, or the beginning of it."""
    destination: Annotated[Code | None, NOT_GIVEN, CODE] = None
    """Only there."""


class OfTouch(Order):
    """Delete one touch in quarantine."""

    touch: TouchRef
    """Its id, or the beginning of it."""


class Done(Order):
    """Take down what has been followed up in Partner Center."""

    destination: Annotated[Code, CODE]
    """Whose worklist it is."""
    leads: Annotated[
        list[LeadId],
        Field(min_length=1, max_length=LARGEST_PAGE),
        Expected(f"a list of 1 to {LARGEST_PAGE} lead ids"),
    ]
    """The ids of the leads, whole."""


# A number is no text, loses no digit, and cannot be too large to be read.
_DECODER: Final = json.JSONDecoder(parse_int=Decimal, parse_float=Decimal)

Ordered = TypeVar("Ordered", bound=Order)


def read_order(kind: type[Ordered], body: bytes) -> Ordered:
    """Return the order in *body*; `BadRequest` names what is wrong with it."""
    if len(body) > LARGEST:
        raise TooLarge(f"body: expected at most {LARGEST} bytes")
    try:
        values = read_object(body, _DECODER)
    except Unreadable:
        raise BadRequest("body: expected a JSON object") from None
    return understand(kind, values)
