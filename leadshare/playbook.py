"""Playbook: the playbook, which is what the product promises for each storefront, as data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final


class Storefront(StrEnum):
    """Where the customer acted."""

    APPSOURCE = "appsource"
    AZURE_MARKETPLACE = "azure_marketplace"
    UNKNOWN = "unknown"
    """Neither source, listing nor action tells; Microsoft made both one marketplace in 2025."""


class Intent(StrEnum):
    """What the customer asked for, weakest first."""

    NONE = "none"
    OTHER = "other"
    CONTACT_REQUEST = "contact_request"
    TRIAL = "trial"
    ACQUISITION = "acquisition"
    PURCHASE = "purchase"

    @property
    def strength(self) -> int:
        """The rank, 0 for none."""
        return _STRENGTH[self]


_STRENGTH: Final = {intent: rank for rank, intent in enumerate(Intent)}


class Category(StrEnum):
    """Whether a lead may be followed up, best first; all but `normal` are special."""

    NORMAL = "normal"
    INTERNAL = "internal"
    BLANK = "blank"
    NO_CONTACT = "no_contact"
    TEST = "test"


class Stage(StrEnum):
    """Where a lead stands in the pipeline; a special lead's stage is its category."""

    NEW = "new"
    """Its score is under the threshold, and no track runs."""
    NURTURING = "nurturing"
    """The same, and a track runs, or will."""
    SALES_READY = "sales_ready"
    WORKING = "working"
    """A person has begun; this and what follows is as sources tell it."""
    OPPORTUNITY = "opportunity"
    WON = "won"
    LOST = "lost"
    INTERNAL = "internal"
    BLANK = "blank"
    NO_CONTACT = "no_contact"
    TEST = "test"


@dataclass(frozen=True, slots=True)
class Play:
    """One row of the playbook."""

    storefront: Storefront
    name: str
    audience: str
    campaign_kind: str
    listing_kinds: tuple[str, ...]
    """The kinds of listing there; the first, if any, is what an unknown listing counts as."""
    channels: tuple[str, ...]
    """Where follow-up happens at least."""


PLAYBOOK: Final = {
    play.storefront: play
    for play in (
        Play(
            Storefront.APPSOURCE,
            "AppSource",
            "business customers",
            "nurture",
            ("app", "consulting service"),
            ("crm", "field_seller"),
        ),
        Play(
            Storefront.AZURE_MARKETPLACE,
            "Azure Marketplace",
            "all customers",
            "in-demand generation",
            ("offer", "technology"),
            ("marketplace", "field_seller"),
        ),
        # Nothing narrower is claimed than is known, and nobody is kept from hearing of it.
        Play(
            Storefront.UNKNOWN,
            "unknown",
            "all customers",
            "in-demand generation",
            (),
            ("crm", "marketplace", "field_seller"),
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Action:
    """One action code: what Microsoft means by it and the intent it shows."""

    code: str
    meaning: str
    intent: Intent
    storefront: Storefront | None
    """The only storefront that sends it, if there is only one."""
    consent: str
    """What the customer agreed to by it."""


# Microsoft, "Get customer leads", action codes; no others are documented.
ACTIONS: Final = {
    action.code.lower(): action
    for action in (
        Action(
            "Create",
            "bought or created the offer in the Azure portal",
            Intent.PURCHASE,
            Storefront.AZURE_MARKETPLACE,
            "shared contact details by buying or creating the offer",
        ),
        Action(
            "INS",
            "acquired or installed the product",
            Intent.ACQUISITION,
            None,
            "shared contact details by acquiring the product",
        ),
        Action(
            "StartTestDrive",
            "started a test drive",
            Intent.TRIAL,
            None,
            "shared contact details by starting a test drive",
        ),
        Action(
            "PLT",
            "used Contact me",
            Intent.CONTACT_REQUEST,
            Storefront.APPSOURCE,
            "agreed to be contacted, by Contact me",
        ),
        Action(
            "DNC",
            "do not contact: another partner on the page was asked",
            Intent.NONE,
            Storefront.APPSOURCE,
            "agreed to no contact",
        ),
    )
}

UNKNOWN_CONSENT: Final = "shared contact details by an action that is not known"
"""What a customer agreed to by an action that Microsoft does not document."""


def consent(actions: Sequence[tuple[str, datetime]]) -> str:
    """Tell what a customer agreed to, by which *actions* and when last; who asked to be contacted
    comes first.
    """
    last = {action.lower(): (at, action) for action, at in actions}
    told = sorted(last.values(), key=lambda one: (one[1].lower() == "plt", one[0]), reverse=True)
    return "; ".join(
        f"{known.consent if (known := ACTIONS.get(action.lower())) else UNKNOWN_CONSENT}"
        f" ({action or 'no action'}) on {at:%Y-%m-%d}"
        for at, action in told
    )


# `SPZA` is AppSource's old name; a test drive may be of either storefront (Microsoft, "Get
# customer leads", lead source).
SOURCES: Final[dict[str, Storefront | None]] = {
    "azuremarketplace": Storefront.AZURE_MARKETPLACE,
    "azure marketplace": Storefront.AZURE_MARKETPLACE,
    "azureportal": Storefront.AZURE_MARKETPLACE,
    "azure portal": Storefront.AZURE_MARKETPLACE,
    "appsource": Storefront.APPSOURCE,
    "appsource (spza)": Storefront.APPSOURCE,
    "spza": Storefront.APPSOURCE,
    "testdrive": None,
}


def facts() -> dict[str, list[dict[str, Any]]]:
    """Return the playbook and the action codes for programs."""
    return {
        "storefronts": [asdict(play) for play in PLAYBOOK.values()],
        "actions": [asdict(action) for action in ACTIONS.values()],
    }


def tables() -> str:
    """Return the playbook and the action codes as two Markdown tables."""
    plays = [
        (
            play.name,
            play.audience,
            play.campaign_kind,
            ", ".join(play.listing_kinds),
            ", ".join(play.channels),
        )
        for play in PLAYBOOK.values()
    ]
    actions = [(f"`{a.code}`", a.meaning, a.intent) for a in ACTIONS.values()]
    return "\n\n".join(
        (
            _table(("storefront", "audience", "campaign kind", "listings", "follow-up"), plays),
            _table(("action code", "the customer", "intent"), actions),
        )
    )


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = (head, ("---",) * len(head), *rows)
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
