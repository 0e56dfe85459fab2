"""Destinations: what a referral says of a lead.

A referral is nested, and what may be changed later is not what is written first. So this is no
table of fields that a publisher changes: `referral` and `changes` are the mapping.

Vendor pages are cited by their file names in MicrosoftDocs/partner-rest, partner-rest/develop.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from leadshare.client.answers.json_values import part, text
from leadshare.deliveries.delivery import Delivery
from leadshare.deliveries.record import Record
from leadshare.destinations.partner_center.notes import with_ours
from leadshare.destinations.partner_center.settings import (
    SERVICE,
    PartnerCenterReferralSettings,
)
from leadshare.destinations.writing import policy
from leadshare.destinations.writing.leaving_out import leave_out
from leadshare.destinations.writing.mapping import Value, fill, fit, source
from leadshare.destinations.writing.telling import View, topic
from leadshare.partner_center.referral import MICROSOFT
from leadshare.playbook import Stage
from leadshare.times import from_text

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
    "title": source("job_title"),
}
"""The customer's contact (referral-resources.md, Member)."""

SOURCES: Final = CUSTOMER | MEMBER
NOTES_FIELD: Final = "notes"
ADDRESS: Final = frozenset({"address", "country"})
"""Parts of one thing."""

LENGTHS: Final = {
    "name": 200,
    "country": 100,
    "firstName": 100,
    "lastName": 100,
    "phoneNumber": 50,
    "email": 254,
    "title": 100,
}
"""No limits are published; these are ours."""

NOTES: Final = 4000
"""What `details/notes` holds at most. No limit is published; this one is ours."""

TOLD: Final = {
    "Lead": source("lead"),
    "Website": source("website"),
    "": source("summary"),
}
"""What the notes of a referral tell: all that has no field of its own."""

QUALIFIED: Final[Mapping[str, str]] = {Stage.SALES_READY: "SalesQualified"}
"""What stages are called there; Direct and MarketingQualified are for Microsoft to say."""


def referral(
    record: Record, settings: PartnerCenterReferralSettings, without: frozenset[str] = frozenset()
) -> dict[str, Any]:
    """Return the referral of *record* as it is first written (create-a-referral.md).

    What the fields *without* would hold is in its notes.
    """
    customer, contact, notes = _facts(record, without)
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
        **_service(record, settings),
    }


def _service(record: Record, settings: PartnerCenterReferralSettings) -> dict[str, str]:
    """Return what a shared deal of a service says besides."""
    if settings.deal != "Shared" or record["listing_kind"] != SERVICE:
        return {}
    return {
        "partnerRole": settings.partner_role,
        "solutionArea": settings.solution_area,
        "solutionPlay": settings.solution_play,
    }


def connected(
    record: Record,
    settings: PartnerCenterReferralSettings,
    engagement: str,
    without: frozenset[str] = frozenset(),
) -> dict[str, Any]:
    """Return Microsoft's side of a shared deal: the same, but for whom it is and whose id it has.

    create-a-referral.md, "Create a connected referral".
    """
    ours = referral(record, settings, without)
    del ours["externalReferenceId"]
    target = [{"type": "BusinessProfileLocation", "id": MICROSOFT}]
    return ours | {"engagementId": engagement, "target": target}


def changes(found: Mapping[str, object], delivery: Delivery) -> dict[str, object]:
    """Return what *delivery* sets in a referral that is there, by JSON pointers.

    Ours are the notes within our marks. Of the rest, which is the sellers', only what is missing
    is filled, by what the customer said since, and while the referral tells of that person.
    """
    customer, contact, notes = _facts(delivery.record, delivery.without)
    profile = part(found, "customerProfile")
    number, member = _member(profile.get("team"), contact)
    there = {
        **{name: member.get(name) for name in MEMBER},
        "name": profile.get("name"),
        "country": part(profile, "address").get("country"),
    }
    new = policy.changes({**customer, **contact}, SOURCES, _WRITES, there, delivery)
    wanted: dict[str, object] = {
        _POINTERS[name]: value for name, value in new.items() if name in _POINTERS
    }
    own = {name: value for name, value in new.items() if name in MEMBER}
    if number is not None:
        wanted |= {f"{_TEAM}/{number}/{name}": value for name, value in own.items()}
    elif own:
        many = isinstance(profile.get("team"), list)
        wanted |= {f"{_TEAM}/-": contact} if many else {_TEAM: [contact]}
    return {**wanted, "/details/notes": with_ours(notes_of(found), notes, NOTES)}


_TEAM: Final = "/customerProfile/team"
_POINTERS: Final = {
    "name": "/customerProfile/name",
    "country": "/customerProfile/address/country",
}
_WRITES: Final = policy.policies(SOURCES, ())


def notes_of(referral: Mapping[str, object]) -> str:
    """Return the notes of *referral*, whoever wrote them."""
    return text(part(referral, "details").get("notes"))


def _member(team: object, contact: Mapping[str, Value]) -> tuple[int | None, Mapping[str, Any]]:
    """Return who of the *team* is *contact*, known by the first of these, and at which place."""
    key = next(name for name in ("email", "phoneNumber", "lastName") if name in contact)
    same = str(contact[key]).lower()
    for number, member in enumerate(team if isinstance(team, list) else ()):
        if text(part(member).get(key)).lower() == same:
            return number, part(member)
    return None, {}


def values(record: Record) -> dict[str, Value]:
    """Return what a referral says of its customer, by the names of `SOURCES`, and its notes."""
    return fill(SOURCES, View(record)) | {NOTES_FIELD: _told(record)}


def _facts(
    record: Record, without: frozenset[str]
) -> tuple[dict[str, Value], dict[str, Value], str]:
    """Return the customer, the contact, and the notes with what is too long or refused."""
    kept = leave_out(values(record), without, SOURCES, NOTES_FIELD)
    fitted = fit(kept, LENGTHS, whole=("email",), notes=NOTES_FIELD)
    notes = str(fitted.pop(NOTES_FIELD))
    customer = {name: value for name, value in fitted.items() if name in CUSTOMER}
    contact = {name: value for name, value in fitted.items() if name in MEMBER}
    return customer, contact, notes


def _told(record: Record) -> str:
    """Return our notes about *record*."""
    filled = fill(TOLD, View(record)).items()
    return "\n".join(f"{name}: {value}" if name else str(value) for name, value in filled)


def _name(record: Record) -> str:
    return str(fit({"name": topic(record)}, LENGTHS)["name"])


def _worth(record: Record, settings: PartnerCenterReferralSettings) -> dict[str, object]:
    worth: dict[str, object] = {}
    if settings.deal_value is not None:
        worth |= {"dealValue": settings.deal_value, "currency": settings.currency}
    if settings.close_in_days is not None:
        closes = from_text(record["first_touch"]) + timedelta(days=settings.close_in_days)
        worth |= {"closingDateTime": f"{closes:%Y-%m-%dT00:00:00Z}"}
    return worth
