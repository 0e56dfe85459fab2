"""Destinations: what Odoo's records tell of what became of a lead.

All of it was seen in a real Odoo 19; tests/odoo shows it anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from leadshare.destinations.errors import Refused
from leadshare.lifecycle.outcome import Money, Outcome, State
from leadshare.lifecycle.statuses import state_of
from leadshare.reason import Reason
from leadshare.times import read

STAGES: Final[Mapping[str, State]] = {
    "Qualified": State.OPPORTUNITY,
    "Proposition": State.OPPORTUNITY,
}
"""What the stages that Odoo comes with mean, beside those that win; New says nothing."""

READ: Final = (
    *("active", "won_status", "stage_id", "create_date", "write_date"),
    *("date_last_stage_update", "date_conversion", "lost_reason_id"),
    *("expected_revenue", "company_currency", "is_blacklisted"),
)
"""Fields that are read of a lead."""

REASON: Final = 200
"""Characters of a reason that are kept."""

MOVED: Final = timedelta(minutes=1)
"""A stage that is newer than its record by this was set by somebody: within one batch that we load,
records are older than their stages by seconds."""

SYSTEM: Final = 1
"""The user that Odoo itself is, and its automation rules are where they wait for a time."""

WHEN: Final = "%Y-%m-%d %H:%M:%S"
"""How Odoo takes and tells times, which are UTC."""

Told = Mapping[str, Any]
"""What the publisher says of stages, by their names."""


def signs(ours: int) -> list[Any]:
    """Return the domain of the messages by which persons show in a chatter that they have begun.

    Whatever Odoo's users do to a lead leaves a message of theirs: what they write, an activity that
    they have done, and a stage, won, lost or restored, whose subtypes are the lead's own. One that
    only notes a change, such as of the salesperson or the priority, has the subtype of a note; what
    customers write is of the type e-mail.
    """
    return [
        ["model", "=", "crm.lead"],
        ["create_uid", "not in", [SYSTEM, ours]],
        ["create_uid.share", "=", False],
        "|",
        "|",
        ["message_type", "in", ["comment", "email_outgoing"]],
        ["mail_activity_type_id", "!=", False],
        ["subtype_id.res_model", "=", "crm.lead"],
    ]


def outcome(
    row: Mapping[str, Any], signed: datetime | None, lead: str, source: str, told: Told
) -> Outcome:
    """Return what a lead's *row* says of *lead*, and when a person first *signed*."""
    state, at = _state(row, told), time_of(row["write_date"])
    amount = row["expected_revenue"]
    # Odoo shows no sum as 0.0.
    money = Money(Decimal(amount), name_of(row["company_currency"])) if amount else None
    reason = name_of(row["lost_reason_id"]) if state is State.LOST else ""
    return Outcome(
        lead,
        source,
        max(at, signed or at),
        state,
        name_of(row["stage_id"]),
        reason[:REASON],
        money,
        signed,
        opted_out=bool(row["is_blacklisted"]),
    )


def _state(row: Mapping[str, Any], told: Told) -> State | None:
    """Return where a lead stands.

    A lost one is archived with no probability, and a won one may be archived, too; what is
    archived alone says nothing (addons/crm/models/crm_lead.py, `_compute_won_status`).
    """
    stage, won_status = name_of(row["stage_id"]), row["won_status"]
    if won_status == "won":
        return state_of(stage, told, {stage: State.WON})
    if won_status == "lost":
        return State.LOST
    if not row["active"]:
        return None
    set_at = row["date_last_stage_update"]
    moved = bool(set_at) and time_of(set_at) - time_of(row["create_date"]) > MOVED
    converted = {stage: State.OPPORTUNITY} if row["date_conversion"] else {}
    begun = {stage: State.WORKING} if moved else {}
    return state_of(stage, told, {**begun, **converted, **STAGES})


def name_of(value: object) -> str:
    """Return the name of what a field points at, "" where it points nowhere."""
    return str(value[1]) if isinstance(value, list) and len(value) > 1 else ""


def time_of(text: object) -> datetime:
    """Return a time that Odoo tells; `Refused` where it is none."""
    if (time := read(str(text))) is None:
        raise Refused(Reason.UNREADABLE_ANSWER)
    return time


def text_of(time: datetime) -> str:
    """Return *time* as Odoo takes it, down to whole seconds, as which it tells them."""
    return time.astimezone(UTC).strftime(WHEN)
