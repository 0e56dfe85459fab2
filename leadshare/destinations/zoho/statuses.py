"""Destinations: what Zoho CRM's records tell of what became of a lead.

Vendor: get-records.html, field-meta.html, timeline-of-a-record.html and zoho/crm-oas v8.0
(fields.json: `forecast_type`); the standard values of Lead Status in Zoho's help.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from leadshare.client.answers.json_values import as_object, objects
from leadshare.destinations.zoho.answers import CONVERSION, DETAIL, is_converted
from leadshare.destinations.zoho.calls import id_in
from leadshare.lifecycle.outcome import Money, Outcome, State
from leadshare.lifecycle.statuses import state_of
from leadshare.times import EPOCH, read

LEAD_STATUSES: Final[Mapping[str, State]] = {
    "Attempted to Contact": State.WORKING,
    "Contact in Future": State.WORKING,
    "Contacted": State.WORKING,
    "Pre-Qualified": State.WORKING,
    "Junk Lead": State.LOST,
    "Lost Lead": State.LOST,
    "Not Qualified": State.LOST,
}
"""What `Lead_Status` means."""

NEW: Final = {"", "-None-", "Not Contacted"}
"""Those that say nothing; any other says that a person who set it has begun."""

FORECASTS: Final[Mapping[str, State]] = {
    "Open": State.OPPORTUNITY,
    "Closed Won": State.WON,
    "Closed Lost": State.LOST,
}
"""What the forecast type of a deal's stage means."""

DEAL: Final = "Converted_Deal"
CONVERTED_AT: Final = "Converted_Date_Time"

LEAD: Final = (
    *CONVERSION,
    *(DEAL, CONVERTED_AT, "Lead_Status", "Email_Opt_Out", "Last_Activity_Time"),
    *("Created_By", "Created_Time", "Modified_By", "Modified_Time"),
)
"""Fields that are read of a lead."""

DEALS: Final = ("Stage", "Amount", "Currency", "Reason_For_Loss__s", "Modified_Time")
"""Fields that are read of a deal; the currency is there where an organisation has several."""

REASON: Final = 200
"""Characters of a reason that are kept."""

PERSONS: Final = {"crm_ui", "blueprint", "mass_update", "bulk_action"}
"""Sources of an entry in a timeline that are a person at Zoho's pages."""

TALKS: Final = {"Calls", "Emails", "Events", "Notes"}
"""Modules whose records say that somebody has begun; a task does once it is done."""

Row = Mapping[str, Any]
Told = Mapping[str, Any]
"""What the publisher says of statuses and stages, by their names."""


def forecasts(fields: Iterable[Row]) -> dict[str, State]:
    """Return what each stage of a deal means, by the metadata of the module's fields."""
    stages = [row for row in fields if row.get("api_name") == "Stage"]
    return {
        str(value.get("actual_value")): FORECASTS[kind]
        for row in stages
        for value in objects(row.get("pick_list_values"))
        if (kind := str(value.get("forecast_type"))) in FORECASTS
    }


def deal_of(lead: Row) -> str:
    """Return the id of the deal that a lead has become, "" for none."""
    told = as_object(lead.get(DETAIL)).get("deal")
    either = (lead.get(DEAL), told if isinstance(told, Mapping) else {"id": told})
    return next(filter(None, (id_in(as_object(one)) for one in either)), "")


def may_be_signed(lead: Row) -> bool:
    """Say whether somebody else than who made it, which is us, may have done something to a lead.

    An activity does not change its lead, and ours count as well as theirs.
    """
    if is_converted(lead):
        return False
    acted, made = _time(lead, "Last_Activity_Time"), _time(lead, "Created_Time")
    return _is_by_another(lead) or bool(acted and made and acted > made)


def _is_by_another(lead: Row) -> bool:
    return _user(lead, "Modified_By") != _maker(lead)


def _maker(lead: Row) -> str:
    """Return the user who made the record: ours, for it has our id from the start."""
    return _user(lead, "Created_By")


def _first_sign(lead: Row, timeline: Sequence[Row]) -> datetime | None:
    """Return when a person first did something, by a lead's conversion or *timeline*."""
    converted = _time(lead, CONVERTED_AT) if is_converted(lead) else None
    times = [_time(entry, "audited_time") for entry in timeline if _is_sign(entry, _maker(lead))]
    return min((time for time in (converted, *times) if time), default=None)


def _is_sign(entry: Row, ours: str) -> bool:
    """Say whether a person, not ours and no automation, did what counts: never the owner alone."""
    by, automated = id_in(as_object(entry.get("done_by"))), entry.get("automation_details")
    if by in ("", ours) or automated or entry.get("source") not in PERSONS:
        return False
    module = as_object(as_object(entry.get("record")).get("module")).get("api_name")
    changed = {str(one.get("api_name")): one for one in objects(entry.get("field_history"))}
    if module == "Tasks":
        value = as_object(as_object(changed.get("Status")).get("_value"))
        return value.get("new") == "Completed"
    return module in TALKS or (module == "Leads" and "Lead_Status" in changed)


@dataclass(frozen=True, slots=True)
class Case:
    """One lead, by the records that there are of it."""

    lead: Row
    deal: Row | None
    contact: Row | None
    timeline: Sequence[Row]

    @property
    def opted_out(self) -> bool:
        """Whether somebody has noted that the customer opted out.

        We set the flag ourselves, in leads that must not be contacted.
        """
        of_contact = bool(self.contact and self.contact.get("Email_Opt_Out"))
        return of_contact or (_is_by_another(self.lead) and bool(self.lead.get("Email_Opt_Out")))


def outcome(case: Case, name: str, source: str, known: Mapping[str, State], told: Told) -> Outcome:
    """Return what *case* says of the lead with this *name*.

    *known* says what stages mean by their forecast types.
    """
    lead, deal, signed = case.lead, case.deal, _first_sign(case.lead, case.timeline)
    times = [modified(one) for one in (lead, deal, case.contact) if one]
    at = max((time for time in (*times, signed) if time), default=EPOCH)
    status, state = str(lead.get("Lead_Status") or ""), None
    reason, money = "", None
    if deal:
        status = str(deal.get("Stage") or "")
        state = state_of(status, told, {status: State.OPPORTUNITY, **known})
        reason = str(deal.get("Reason_For_Loss__s") or "") if state is State.LOST else ""
        money = _money(deal)
    elif is_converted(lead):
        state = State.WORKING
    else:
        begun = {status: State.WORKING} if signed and status not in NEW else {}
        state = state_of(status, told, {**begun, **LEAD_STATUSES})
    return Outcome(
        name, source, at, state, status, reason[:REASON], money, signed, opted_out=case.opted_out
    )


def _money(deal: Row) -> Money | None:
    amount = deal.get("Amount")
    if not isinstance(amount, (int, Decimal)) or not amount:
        return None
    currency = deal.get("Currency")
    return Money(Decimal(amount), currency if isinstance(currency, str) else "")


def modified(row: Row) -> datetime | None:
    """Return when a record was changed."""
    return _time(row, "Modified_Time")


def _user(row: Row, name: str) -> str:
    return id_in(as_object(row.get(name)))


def _time(row: Row, name: str) -> datetime | None:
    return read(str(row.get(name)))
