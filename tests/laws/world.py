"""What the laws' publisher may have configured, and what customers may do."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from leadshare.intake.message import TABLE
from leadshare.leads.folding.story import DATED
from tests.builders import configuration
from tests.laws.checker import CAMPAIGNS
from tests.memory import MemoryTable

CRM, SELLER = {"name": "crm"}, {"name": "seller", "channel": "field_seller"}

BELL = {"name": "bell", "follows_up": False}

NAMES = ("crm", "seller", "bell")

NOTICES = ("bell",)

UNCLEAR = frozenset({"timeout", "http_503", "crashed"})
"""Reasons of attempts that count: a request left."""

AHEAD = {"h1": 5}
"""Seconds by which a host's clock is ahead of the others'."""

FAIR = {"from": "2026-11-22", "until": "2026-11-22"}

OURS: dict[str, Any] = {
    "internal_domains": ["contoso.example"],
    "listing": [{"id": "pub.two", "title": "Two", "kind": "app", "campaign": "own"}],
    "campaign": [
        {"id": "fair", "name": "Spring fair", "kind": "nurture", **FAIR},
        {
            "id": "chiefs",
            "name": "Chiefs",
            "kind": "nurture",
            "when": [{"field": "job_title", "op": "eq", "value": "CEO"}],
        },
        {"id": "own", "name": "Own", "kind": "nurture"},
    ],
}

SCORE = {"field": "score", "op": "at_least", "value": 60}

CLOCK = {"zone": "Europe/Berlin", "remind_to": ["bell"]}

CONFIGURATIONS = {
    "all": configuration(CRM | {"tells_outcomes": True}, SELLER, BELL, clock=CLOCK, **OURS),
    "crm": configuration(CRM, **OURS),
    "seller if": configuration(SELLER, route=[{"when": [SCORE], "to": ["seller"]}], **OURS),
    "bell": configuration(BELL, **OURS),
    "kept": configuration(BELL, route=[{"when": [SCORE], "to": []}], **OURS),
    "nobody": configuration(**OURS),
}
"""What the publisher may have configured: a destination comes, goes, or takes only some leads."""

BODIES = st.fixed_dictionaries(
    {
        "email": st.sampled_from([*["a@x.example"] * 6, "b@x.example", "s@contoso.example", ""]),
        "action": st.sampled_from(["PLT", "PLT", "INS", "DNC", "CNS"]),
        "offer": st.sampled_from(["pub.one", "pub.one", "pub.two"]),
        "name": st.sampled_from(["Buyer", "Buyer", "Other"]),
        "title": st.sampled_from(["", "CEO"]),
        "notes": st.sampled_from(["", "call me", "call me now", "Campaigns: fair", "MSFT_TEST_1"]),
        "broken": st.sampled_from([False] * 9 + [True]),
        "via": st.sampled_from(["", "", "", TABLE]),
    }
)


def told_of(table: MemoryTable) -> list[dict[str, Any]]:
    """Return what the rows of leads say whatever the order in which all came."""
    names = ("lead", "digest", "stage", "score", "receipt", "flags", "touches", "duplicates")
    return [
        {name: lead[name] for name in names} | {"facts": _facts(lead)}
        for lead in table.values("lead")
    ]


def _facts(lead: Mapping[str, Any]) -> dict[str, Any]:
    record = json.loads(lead["record"])
    return {name: record[name] for name in ("persons", *CAMPAIGNS, *DATED)}
