"""Destinations: a lead as a row of the lead table of Dataverse.

Vendor: ce/developer/entities/lead.md (MicrosoftDocs/dynamics-365-customer-engagement), the Lead
Entity Reference.
"""

from __future__ import annotations

from typing import Final

from leadshare.core.mapping import Source, source

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
        "stage", values={"sales_ready": 1, "nurture": 2, "blank": 3, "no_contact": 3}
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

NO_CONTACT: Final[dict[str, Source]] = {
    # Never false: a seller may have learnt of an objection since, and that one must stay.
    name: source("lane", values={"no_contact": True})
    for name in ("donotemail", "donotbulkemail", "donotphone", "donotpostalmail", "donotsendmm")
}
"""Columns that ask sellers to leave the customer alone, where true."""
