"""Operators: all that `/api/manage` can be asked for, as a table, with what it can be ordered."""

from __future__ import annotations

from typing import Final

from leadshare.errors import Unknown
from leadshare.operators.campaigns.order import Preview
from leadshare.operators.campaigns.requests import CampaignRequests
from leadshare.operators.custody import CustodyRequests
from leadshare.operators.description import (
    answers,
    campaigns,
    delivering,
    kept,
    ordered,
    reporting,
    standing,
    tracking,
)
from leadshare.operators.description.operation import Operation
from leadshare.operators.description.orders import ORDERS
from leadshare.operators.models import orders, outcomes, queries, reports
from leadshare.operators.orders.requests import OrderRequests
from leadshare.operators.outcomes import OutcomeRequests
from leadshare.operators.reports.requests import ReportRequests
from leadshare.operators.requests import OperatorRequests
from leadshare.operators.tracks.requests import TrackRequests

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
        OrderRequests.get_quarantined,
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
    Operation("list_tracks", "tracks", TrackRequests.list_tracks, tracking.Tracks),
    Operation(
        "tell_track",
        "tracks/{lead}",
        TrackRequests.get_track,
        tracking.Track,
        named=queries.Lead,
        refuses=(Unknown,),
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
    *ORDERS,
)
