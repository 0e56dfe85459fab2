"""Destinations: a lead as a row of the lead table of Dataverse.

Vendor: ce/developer/entities/lead.md (MicrosoftDocs/dynamics-365-customer-engagement), the Lead
Entity Reference.
"""

from __future__ import annotations

import re
from typing import Final

from leadshare.destinations.writing.mapping import Source, source
from leadshare.playbook import Stage

SHOWN: Final = re.compile(
    r"https://(?P<org>[\w-]+)\.[^/]+/(?=.*\betn=lead\b).*\bid=\{?(?P<id>[0-9a-f-]{36})",
    re.IGNORECASE,
)
"""The address of the page that shows a record."""

FIELDS: Final = {
    "subject": source("topic"),
    "firstname": source("first_name"),
    "lastname": source("last_name"),
    "companyname": source("company"),
    "jobtitle": source("job_title"),
    "emailaddress1": source("email"),
    "telephone1": source("phone"),
    "websiteurl": source("website"),
    "address1_country": source("country"),
    "description": source("summary"),
    # 1 hot, 2 warm, 3 cold; other stages get none.
    "leadqualitycode": source(
        "stage",
        values={
            Stage.SALES_READY: 1,
            Stage.NURTURING: 2,
            Stage.NEW: 2,
            Stage.BLANK: 3,
            Stage.NO_CONTACT: 3,
        },
    ),
}
"""What each column is filled from."""

LENGTHS: Final = {
    "subject": 300,
    "firstname": 50,
    "lastname": 50,
    "companyname": 100,
    "jobtitle": 100,
    "emailaddress1": 100,
    "telephone1": 50,
    "websiteurl": 200,
    "address1_country": 80,
    "description": 2000,
}
"""MaxLength of each column that we write."""

WHOLE: Final = ("emailaddress1", "telephone1", "websiteurl")
"""Columns whose text is wrong once it is cut: what is too long goes to the description."""

ADDRESS: Final = frozenset(
    {
        *("address1_composite", "address1_line1", "address1_line2", "address1_line3"),
        *("address1_city", "address1_stateorprovince", "address1_postalcode", "address1_country"),
    }
)
"""One address and its parts, which are judged together."""

NO_CONTACT: Final[dict[str, Source]] = {
    # Never false: a seller may have learnt of an objection since, and that one must stay.
    name: source("category", values={"no_contact": True}, write="always")
    for name in ("donotemail", "donotbulkemail", "donotphone", "donotpostalmail", "donotsendmm")
}
"""Columns that ask sellers to leave the customer alone, where true."""

SELLERS: Final = ("leadsourcecode", "prioritycode", "salesstagecode", "statuscode")
"""Columns of Dynamics 365's own that are the sellers' once the lead is there."""
