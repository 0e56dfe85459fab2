"""Destinations: what the configuration can tell each of them."""

from __future__ import annotations

import re
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_interface, ip_network
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import (
    Field,
    PlainValidator,
    StrictBool,
    StrictFloat,
    StrictInt,
    WithJsonSchema,
)

from leadshare.deliveries.delivery import SCHEDULE
from leadshare.deliveries.lanes.rate import Rate, Zone
from leadshare.destinations.writing.mapping import Fields
from leadshare.lifecycle.outcome import State
from leadshare.model import Model, like
from leadshare.playbook import Storefront

_NETWORK: Final = "a network, such as 10.1.0.0/16"


def _network(text: Any) -> IPv4Network | IPv6Network:
    """Return the network in *text*; a number would be taken for an address, too."""
    try:
        network = ip_network(text if isinstance(text, str) else "", strict=False)
    except ValueError:
        raise ValueError(f"expected {_NETWORK}") from None
    if "/" in text and ip_interface(text).ip != network.network_address:
        raise ValueError(f"expected {_NETWORK}; did you mean {network}?")
    return network


Network = Annotated[
    IPv4Network | IPv6Network,
    PlainValidator(_network),
    WithJsonSchema({"type": "string", "patternErrorMessage": _NETWORK}),
]


LOOPBACK: Final = r"http://(127\.0\.0\.1|localhost)(:[0-9]{1,5})?"
"""The addresses of a simulator, or of one's own system, in local mode."""


def vendor_url(url: str, pattern: str, expected: str) -> str:
    """Return *url* in its normal form, if *pattern* says that it is the vendor's, or loopback.

    Leads and tokens go there; the error does not repeat it.
    """
    url = url.lower().removesuffix("/")
    if not re.fullmatch(f"{pattern}|{LOOPBACK}", url):
        raise ValueError(f"url must be {expected}")
    return url


class Erasure(StrEnum):
    """How a person is taken out of a record."""

    TASK = "task"
    """People there are given the task to do it."""
    ANONYMISE = "anonymise"
    """All that tells of the person is overwritten; the record stays."""
    DELETE = "delete"
    """The record is deleted."""


class DestinationSettings(Model):
    """What every destination can be told; each file adds its own."""

    follows_up: ClassVar[bool] = True
    """Whether a lead that goes there alone is followed up; a notice only tells of it."""
    has_campaigns: ClassVar[bool] = False
    """Whether it has objects of campaigns by ids of its own, which `[[campaign]].ids` may name."""

    name: str = like(
        r"^[a-z0-9][a-z0-9-]{0,39}$", "lower-case letters, digits and hyphens, at most 40"
    )
    """A slug; it becomes part of row keys, so renaming it makes another destination."""
    channel: Literal["crm", "field_seller", "marketplace"] = "crm"
    """Where it follows up: each channel brings some leads by itself."""
    storefronts: frozenset[Storefront] = Field(frozenset(), min_length=1)
    """The storefronts whose leads it wants of its channel; all of them if not said."""
    accepts: frozenset[Literal["test", "internal", "blank", "no_contact"]] = frozenset()
    """Special leads that this destination asks for; all others are suppressed."""
    schedule: tuple[Annotated[StrictFloat, Field(ge=0, le=604800)], ...] = Field(
        SCHEDULE, min_length=1
    )
    """Seconds before each attempt, counted from the one before; at most the seven days after which
    a delivery is parked as too old."""
    timeout: StrictFloat = Field(30, gt=0, le=50)
    """Seconds that one call may take; less than a lane's lease."""
    concurrency: StrictInt = Field(4, ge=1, le=64)
    """Calls in flight at once."""
    rate: Rate | None = None
    """The budget of calls; without it the type's preset."""
    allow_networks: tuple[Network, ...] = ()
    """Networks, else refused, that this destination's address may lie in."""

    @property
    def tells_outcomes(self) -> bool:
        """Whether it is asked what became of leads, and so whether somebody has called."""
        return False

    def lacks(self, listing_kind: str) -> tuple[str, ...]:  # noqa: ARG002 - subclasses need it
        """Return the settings that leads of listings of this kind need and that are not told."""
        return ()


class LookUpSettings(DestinationSettings):
    """What every system can be told whose records can be read back."""

    look_ups: StrictFloat = Field(1, ge=0, le=1)
    """The share of accepted records that are read back: 1 for all, 0 for none."""


class CrmSettings(LookUpSettings):
    """What every system can be told that keeps records of leads in fields of its own."""

    fields: Fields = Field(default_factory=dict)
    """Changes of the default mapping."""
    canary: StrictBool = False
    """Whether a test record may be written and deleted again each day, to prove the way."""
    timeline: StrictBool = True
    """Whether what a customer does later is told in the record's timeline."""
    erase: Erasure = Erasure.TASK
    """How a person who is erased is taken out of records that leadshare made and nobody converted;
    of all others a person gets a task."""
    zone: Zone = "UTC"
    """The time zone of those who read the records, such as Europe/Berlin."""


class OutcomeSettings(CrmSettings):
    """What every system can be told that says what became of leads."""

    outcomes: StrictBool = True
    """Whether it is asked, every few minutes, what became of its records."""
    statuses: dict[str, State | Literal["new"]] = Field(default_factory=dict, max_length=200)
    """What its own statuses and stages mean, by their names there, where that differs from the
    defaults on its page in docs/destinations; `new` for those that say nothing."""

    @property
    def tells_outcomes(self) -> bool:
        """Whether it is asked what became of leads: unless told otherwise."""
        return self.outcomes
