"""Destinations: a lead as a row of the lead table of Dataverse.

Vendor: ce/developer/entities/lead.md (MicrosoftDocs/dynamics-365-customer-engagement), the Lead
Entity Reference.
"""

from __future__ import annotations

import re
from typing import Final

from leadshare.core.record import Record

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

RATINGS: Final = {"sales_ready": 1, "nurture": 2, "blank": 3, "no_contact": 3}
"""leadqualitycode by stage: 1 hot, 2 warm, 3 cold; other stages get none."""

NO_CONTACT: Final = ("donotemail", "donotbulkemail", "donotphone", "donotpostalmail", "donotsendmm")
"""Columns that ask sellers to leave the customer alone, where true."""

# What XML 1.0 cannot hold, half a surrogate pair included, is InvalidCharactersInField there.
_INVALID: Final = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def to_lead(record: Record, lead_source_code: int | None = None) -> dict[str, object]:
    """Return the columns of *record*; what is empty stays out, lest it blank a seller's text."""
    domain = record["company_domain"]
    texts = {
        "subject": record["listing_title"] or record["listing"],
        "firstname": record["first_name"],
        "lastname": record["last_name"],
        "companyname": record["company"],
        "jobtitle": record["job_title"],
        "emailaddress1": record["email"],
        "telephone1": record["phone"],
        "websiteurl": f"https://{domain}" if domain else "",
        "address1_country": record["country"],
        "description": describe(record),
    }
    texts = {name: _INVALID.sub("", text).strip() for name, text in texts.items()}
    for name in WHOLE:
        if cut(texts[name], LENGTHS[name]) != texts[name]:
            texts["description"] = f"{texts.pop(name)}\n{texts['description']}"
    columns: dict[str, object] = {name: cut(text, LENGTHS[name]) for name, text in texts.items()}
    columns["leadqualitycode"] = RATINGS.get(record["stage"])
    columns["leadsourcecode"] = lead_source_code
    if record["lane"] == "no_contact":
        # Never false: a seller may have learnt of an objection since, and that one must stay.
        columns |= dict.fromkeys(NO_CONTACT, True)
    return {name: value for name, value in columns.items() if value not in ("", None)}


def describe(record: Record) -> str:
    """Tell a seller what brought the customer here; what may be long comes last."""
    listing = ", ".join(filter(None, (record["listing"], record["listing_kind"])))
    campaign = ", ".join(filter(None, (record["campaign"], record["campaign_kind"])))
    facts = {
        "Asked for": record["intent"].replace("_", " "),
        "Listing": " ".join(filter(None, (record["listing_title"], listing and f"({listing})"))),
        "Storefront": record["storefront"].replace("_", " "),
        "Campaign": campaign,
        "Score": f"{record['score']} of 100, {record['stage'].replace('_', ' ')}",
        "Touches": f"{record['touches']}, the last at {record['last_touch']}",
    }
    lines = [f"{name}: {text}" for name, text in facts.items() if text]
    return "\n".join([*lines, *record["reasons"], "", record["notes"]])


def cut(text: str, length: int) -> str:
    """Cut *text* to *length* UTF-16 units, as .NET and nvarchar count, never inside a character."""
    units = text.encode("utf-16-le")
    # Half a pair is ignored; a joiner left over would join nothing.
    return units[: 2 * length].decode("utf-16-le", "ignore").rstrip("\u200d").rstrip()
