"""Operators: all that `/api/manage` can be asked for and ordered, as a table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from leadshare.errors import BadRequest, Conflict, Forbidden, LeadshareError, TooLarge, Unknown
from leadshare.operators.campaigns.order import Preview
from leadshare.operators.campaigns.requests import CampaignRequests
from leadshare.operators.custody_requests import CustodyRequests
from leadshare.operators.description import (
    answers,
    campaigns,
    delivering,
    kept,
    ordered,
    reporting,
    standing,
)
from leadshare.operators.description.values import Answer
from leadshare.operators.hand_requests import HandRequests
from leadshare.operators.models import orders, outcomes, queries, reports
from leadshare.operators.models.base import Asked
from leadshare.operators.outcomes import OutcomeRequests
from leadshare.operators.reports.requests import ReportRequests
from leadshare.operators.requests import OperatorRequests


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path: what it takes, answers and refuses."""

    name: str
    """The function that answers it."""
    path: str
    """Below `/api/manage/`."""
    call: Callable[..., Any]
    """What it calls, which says in a sentence what it does."""
    answer: type[Answer]
    query: type[Asked] = queries.Nothing
    named: type[Asked] | None = None
    """What the path names, if anything."""
    order: type[orders.Order] | None = None
    """The body, where it is a POST."""
    refuses: tuple[type[LeadshareError], ...] = ()
    """What else it refuses than what it does not understand, and what is too large."""
    opens: bool = False
    """Whether who asks must be said where persons are shown."""
    csv: bool = False
    """Whether it can answer a table for spreadsheets."""

    @property
    def method(self) -> str:
        """Its method."""
        return "POST" if self.order else "GET"

    @property
    def persons(self) -> bool:
        """Whether it can show persons."""
        return issubclass(self.query, queries.Persons)

    @property
    def errors(self) -> set[type[LeadshareError]]:
        """All that it refuses."""
        too_large = {TooLarge} if self.order else set()
        return {BadRequest, *self.refuses, *too_large, *({Forbidden} if self.persons else set())}


OPERATIONS: Final = (
    Operation("tell_health", "health", OperatorRequests.get_health, standing.Health),
    Operation(
        "list_destinations",
        "destinations",
        OperatorRequests.list_destinations,
        standing.Destinations,
    ),
    Operation(
        "list_leads", "leads", OperatorRequests.list_leads, answers.Leads, query=queries.Leads
    ),
    Operation(
        "tell_lead",
        "leads/{lead}",
        OperatorRequests.get_lead,
        answers.Story,
        query=queries.Persons,
        named=queries.Lead,
        refuses=(Unknown,),
        opens=True,
    ),
    Operation(
        "find_leads",
        "find",
        OperatorRequests.find,
        answers.Found,
        query=queries.Persons,
        order=orders.Find,
    ),
    Operation(
        "list_deliveries",
        "deliveries",
        OperatorRequests.list_deliveries,
        delivering.Deliveries,
        query=queries.Deliveries,
        refuses=(Unknown,),
    ),
    Operation(
        "list_quarantine",
        "quarantine",
        OperatorRequests.list_quarantine,
        answers.QuarantinePage,
        query=queries.Quarantine,
    ),
    Operation(
        "tell_quarantined",
        "quarantine/{touch}",
        HandRequests.get_quarantined,
        answers.Quarantined,
        query=queries.Persons,
        named=queries.Touch,
        refuses=(Unknown,),
        opens=True,
    ),
    Operation(
        "list_referrals",
        "referrals",
        OperatorRequests.list_referrals,
        ordered.Referrals,
        query=queries.Referrals,
    ),
    Operation(
        "tell_report",
        "report",
        ReportRequests.get_report,
        reporting.ReportTold,
        query=reports.Report,
    ),
    Operation(
        "rebuild_counts",
        "counts",
        ReportRequests.rebuild,
        reporting.Recounted,
        order=reports.Rebuild,
    ),
    Operation("list_acts", "acts", CustodyRequests.list_acts, kept.Acts, query=queries.Page),
    Operation("tell_retention", "retention", CustodyRequests.tell_retention, kept.Retention),
    Operation("list_links", "chain", CustodyRequests.list_links, kept.Links, query=queries.Page),
    Operation(
        "list_work",
        "worklist",
        OperatorRequests.list_work,
        ordered.Worklist,
        query=queries.Work,
        refuses=(Unknown,),
        csv=True,
    ),
    Operation(
        "do_work",
        "worklist",
        OperatorRequests.do_work,
        ordered.WorkDone,
        order=orders.Done,
        refuses=(Unknown,),
    ),
    Operation(
        "list_outcomes",
        "outcomes",
        OutcomeRequests.list_waiting,
        ordered.WaitingOutcomes,
        query=outcomes.WaitingOutcomes,
    ),
    Operation(
        "tell_outcome",
        "outcomes",
        OutcomeRequests.tell,
        ordered.Told,
        order=outcomes.TellOutcome,
        refuses=(Unknown,),
    ),
    Operation(
        "preview_campaigns",
        "campaigns/preview",
        CampaignRequests.preview,
        campaigns.Moves,
        order=Preview,
    ),
    Operation(
        "replay",
        "replay",
        OperatorRequests.replay,
        ordered.Replayed,
        order=orders.Replay,
        refuses=(Unknown, Conflict),
    ),
    Operation(
        "park",
        "park",
        HandRequests.park,
        ordered.Parked,
        order=orders.OfLead,
        refuses=(Unknown,),
    ),
    Operation(
        "resend",
        "resend",
        HandRequests.resend,
        ordered.Resent,
        order=orders.OfLead,
        refuses=(Unknown,),
    ),
    Operation(
        "drop",
        "drop",
        HandRequests.drop,
        ordered.Dropped,
        order=orders.OfTouch,
        refuses=(Unknown, Conflict),
    ),
    Operation(
        "pause",
        "pause",
        HandRequests.pause,
        ordered.Paused,
        order=orders.OfDestination,
        refuses=(Unknown,),
    ),
    Operation(
        "resume",
        "resume",
        HandRequests.resume,
        ordered.Paused,
        order=orders.OfDestination,
        refuses=(Unknown,),
    ),
    Operation(
        "enable",
        "enable",
        HandRequests.enable,
        ordered.Enabled,
        order=orders.OfDestination,
        refuses=(Unknown,),
    ),
)
