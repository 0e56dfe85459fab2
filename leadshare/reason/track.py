"""Reason codes: why a track ends, and why one of its steps is left out."""

from __future__ import annotations

from leadshare.errors import Code


class Left(Code):
    """Why a lead's track has ended."""

    FINISHED = "finished", "All its steps are over: it begins again with a new touch."
    ENDED = "ended", "A step `end` ended it: it begins again with a new touch."
    SALES_READY = "sales_ready", "A new touch has made the lead sales-ready."
    OUTCOME = "outcome", "A source tells that people work the lead, or what became of it."
    OPTED_OUT = "opted_out", "The customer wants to hear no more."
    SPECIAL = "special", "The lead is of another category than normal by now."
    OTHER_TRACK = "other_track", "The lead came to another campaign, and so to another track."
    NOT_CONFIGURED = "not_configured", "No such track is configured any more."


class LeftOut(Code):
    """Why a step of a track is left out."""

    CONDITION = "condition_not_met", "The lead does not meet what the step asks."
    NOBODY = (
        "no_destination",
        "No destination of the lead can do it.",
        "Name one in `at`, or leave the step out of the track.",
    )
    NO_RECORD = (
        "no_record",
        "The lead has no record at that destination, and got none within seven days.",
        "Look why: `leadshare show`; or name another destination in `at`.",
    )
    NO_BASIS = (
        "no_basis",
        "What the customer asked for does not carry the track's `basis`.",
        "Nothing: the customer is not to be reached so.",
    )
    NO_HOURS = (
        "no_hours",
        "None of the sending hours hold in all time zones of the customer's country.",
        "Tell wider `hours` in `[outreach]`.",
    )
    STUCK = (
        "stuck",
        "Its destination has not come to it for eight days: it is disabled, paused, or gone.",
        "Look at the destination: `leadshare destinations`.",
    )
