"""What the laws' publisher may have configured, and what customers may do."""

from __future__ import annotations

from hypothesis import strategies as st

from leadshare.intake.message import TABLE
from tests.builders import configuration

CRM, SELLER = {"name": "crm"}, {"name": "seller", "channel": "field_seller"}

BELL = {"name": "bell", "follows_up": False}

NAMES = ("crm", "seller", "bell")

NOTICES = ("bell",)

OURS = {"internal_domains": ["contoso.example"]}

SCORE = {"field": "score", "op": "at_least", "value": 60}

CONFIGURATIONS = {
    "all": configuration(CRM, SELLER, BELL, **OURS),
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
        "notes": st.sampled_from(["", "call me", "call me now", "MSFT_TEST_1"]),
        "broken": st.sampled_from([False] * 9 + [True]),
        "via": st.sampled_from(["", "", "", TABLE]),
    }
)
