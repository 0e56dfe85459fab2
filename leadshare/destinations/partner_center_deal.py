"""Destinations: what a referral says: what its publisher is asked, and the mapping from a lead.

A referral is nested, and what may be changed later is not what is written first. So this is no
table of fields that a publisher changes: `referral` and `changes` are the mapping.

Vendor pages are cited by their file names in MicrosoftDocs/partner-rest, partner-rest/develop.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any, Final, Literal

from pydantic import Field, model_validator

from leadshare.core.mapping import Value, fill, fit, source
from leadshare.core.playbook import Intent
from leadshare.core.record import Record
from leadshare.core.referral import with_ours
from leadshare.core.referral_kind import MICROSOFT, part, text
from leadshare.core.times import from_text
from leadshare.destinations.partner_center import AppUser
from leadshare.destinations.partner_center_follow import (
    NOTES,
    PartnerCenterSettings,
    notes_of,
    told,
)

NOT_GIVEN: Final = "(not given)"

CUSTOMER: Final = {
    "name": source("company", default=NOT_GIVEN),
    "country": source("country"),
}
MEMBER: Final = {
    "firstName": source("first_name"),
    "lastName": source("last_name", default=NOT_GIVEN),
    "phoneNumber": source("phone"),
    "email": source("email"),
}
"""The customer's contact (referral-resources.md, Member)."""

LENGTHS: Final = {
    "name": 200,
    "country": 100,
    "firstName": 100,
    "lastName": 100,
    "phoneNumber": 50,
    "email": 254,
}
"""No limits are published; these are ours."""

QUALIFIED: Final = {"sales_ready": "SalesQualified"}
"""What stages are called there; Direct and MarketingQualified are for Microsoft to say."""

_INTENTS: Final = tuple(intent.value for intent in Intent if intent is not Intent.NONE)
_Solution = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,64}$")]


class PartnerCenterReferralSettings(PartnerCenterSettings):
    """Who refers, what is offered, and what the customer has agreed to."""

    type: Literal["partner_center_referral"]
    channel: Literal["crm", "field_seller", "marketplace"] = "field_seller"
    user: AppUser
    consent: frozenset[Literal[_INTENTS]] = Field(min_length=1)  # type: ignore[valid-type]  # from the playbook
    """The intents by which a customer has agreed that their details are shared with Microsoft's
    sellers, such as `contact_request`: who uses Contact me agrees to share them. Others are parked
    as `no_consent`. No default: only the publisher knows what its customers agreed to."""
    deal: Literal["Shared", "Independent"] = "Shared"
    """Shared: a co-sell deal, which Microsoft has to accept. Independent: a deal that the partner
    leads and that Microsoft's sellers may see."""
    solution: _Solution
    """The co-sell solution that is offered, such as SOL-12345-ABC, ..."""
    solutions: Mapping[str, _Solution] = Field(default_factory=dict)
    """... and by listing, `publisher.offer`, where it is another."""
    deal_value: int | None = Field(None, ge=0)
    currency: str = Field("", pattern=r"^([A-Z]{3})?$")
    close_in_days: int | None = Field(None, ge=1, le=1000)
    """What a deal is worth on average, and how long it takes; left out if not told."""

    @model_validator(mode="after")
    def _worth(self) -> PartnerCenterReferralSettings:
        if (self.deal_value is None) != (not self.currency):
            raise ValueError("deal_value and currency go together")
        return self


def referral(record: Record, settings: PartnerCenterReferralSettings) -> dict[str, Any]:
    """Return the referral of *record* as it is first written (create-a-referral.md)."""
    customer, contact, notes = _facts(record)
    solution = settings.solutions.get(record["listing"], settings.solution)
    country = {"address": {"country": customer["country"]}} if "country" in customer else {}
    shared = settings.deal == "Shared"
    return {
        "name": _name(record),
        "externalReferenceId": record["lead"],
        "type": settings.deal,
        "qualification": QUALIFIED.get(record["stage"], "None"),
        "customerProfile": {"name": customer["name"], **country, "team": [contact]},
        # The double "To" is Microsoft's. The last is what shows a deal to its sellers.
        "consent": {
            "consentToToShareInfoWithOthers": True,
            "consentToContact": True,
            "consentToShareReferralWithMicrosoftSellers": True,
        },
        "details": {
            "notes": with_ours("", notes, NOTES),
            **_worth(record, settings),
            "requirements": {
                "solutions": [{"id": solution, "type": "Name"}],
                "additionalRequirements": {
                    "attributes": [{"id": "HaveNotDecided", "type": "CustomerMarketplaceIntent"}]
                },
            },
        },
        "target": [{"type": "SolutionProfile", "id": solution}] if shared else [],
    }


def connected(
    record: Record, settings: PartnerCenterReferralSettings, engagement: str
) -> dict[str, Any]:
    """Return Microsoft's side of a shared deal: the same, but for whom it is and whose id it has.

    create-a-referral.md, "Create a connected referral".
    """
    ours = referral(record, settings)
    del ours["externalReferenceId"]
    target = [{"type": "BusinessProfileLocation", "id": MICROSOFT}]
    return ours | {"engagementId": engagement, "target": target}


def changes(found: Mapping[str, Any], record: Record) -> dict[str, Any]:
    """Return what *record* sets in a referral that is there, by JSON pointers.

    The contact's values are the customer's own, and ours are the notes within our marks. Of the
    rest, which sellers correct, only what is missing is filled.
    """
    customer, contact, notes = _facts(record)
    profile = part(found, "customerProfile")
    wanted: dict[str, Any] = {}
    if text(profile.get("name")) in {"", NOT_GIVEN}:
        wanted["/customerProfile/name"] = customer["name"]
    if "country" in customer and not part(profile, "address").get("country"):
        wanted["/customerProfile/address/country"] = customer["country"]
    wanted |= _contact(profile.get("team"), contact)
    return wanted | {"/details/notes": with_ours(notes_of(found), notes, NOTES)}


def _contact(team: Any, contact: Mapping[str, Value]) -> dict[str, Any]:
    """Return what makes *contact* one of the *team*, who is known by the first of these."""
    if not isinstance(team, list):
        return {"/customerProfile/team": [contact]}
    key = next(name for name in ("email", "phoneNumber", "lastName") if name in contact)
    same = str(contact[key]).lower()
    for number, member in enumerate(team):
        if text(part(member).get(key)).lower() == same:
            given = {n: v for n, v in contact.items() if v != NOT_GIVEN}
            return {f"/customerProfile/team/{number}/{n}": v for n, v in given.items()}
    return {"/customerProfile/team/-": contact}


def _facts(record: Record) -> tuple[dict[str, Value], dict[str, Value], str]:
    """Return the customer, the contact, and the notes with what is too long for its field."""
    filled = fill(MEMBER, record) | {"notes": told(record)}
    contact = fit(filled, LENGTHS, whole=("email",), notes="notes")
    notes = str(contact.pop("notes"))
    return fit(fill(CUSTOMER, record), LENGTHS), contact, notes


def _name(record: Record) -> str:
    what = source("topic", default="Marketplace lead").of(record)
    who = source("company").of(record) or source("full_name").of(record)
    named = " - ".join(str(one) for one in (what, who) if one)
    return str(fit({"name": named}, LENGTHS)["name"])


def _worth(record: Record, settings: PartnerCenterReferralSettings) -> dict[str, Any]:
    worth: dict[str, Any] = {}
    if settings.deal_value is not None:
        worth |= {"dealValue": settings.deal_value, "currency": settings.currency}
    if settings.close_in_days is not None:
        closes = from_text(record["first_touch"]) + timedelta(days=settings.close_in_days)
        worth |= {"closingDateTime": f"{closes:%Y-%m-%dT00:00:00Z}"}
    return worth
