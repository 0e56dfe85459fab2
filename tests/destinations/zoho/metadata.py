"""The metadata of Zoho's fields (field-meta.html, and zoho/crm-oas v8.0/fields.json)."""

from __future__ import annotations

from typing import Any, Final

import httpx

from tests.destinations.zoho.changes import stages

KEY: Final = "Leadshare_Id"

TEXTS: Final = {
    KEY: 255,
    "Last_Name": 80,
    "First_Name": 40,
    "Company": 100,
    "Designation": 100,
    "Email": 100,
    "Phone": 30,
    "Website": 120,
    "Country": 30,
    "Lead_Source": 120,
    "Description": 32000,
}
"""Texts and their lengths; each organisation may have others (field-meta.html)."""

MANDATORY: Final = ("Last_Name",)
FLAGS: Final = ("Email_Opt_Out",)
SOURCES: Final = ("-None-", "Advertisement", "Partner")
LABELS: Final = {"Designation": "Berufsbezeichnung"}
"""What sellers call fields that they have given another name."""


def described(account: Any, module: str) -> httpx.Response:
    """Describe the fields (field-meta.html, and zoho/crm-oas v8.0/fields.json)."""
    if module == "Deals":
        return httpx.Response(200, json={"fields": [stages()]})
    texts = [
        {"api_name": name, "length": length, "data_type": "text"} for name, length in TEXTS.items()
    ]
    flags = [{"api_name": name, "length": 5, "data_type": "boolean"} for name in FLAGS]
    number = {"api_name": "Annual_Revenue", "length": 16, "data_type": "currency"}
    owned = {"api_name": "Full_Name", "length": 80, "data_type": "text", "read_only": True}
    rows: list[dict[str, Any]] = []
    for row in (*texts, *flags, number, owned):
        name = str(row["api_name"])
        if name in account.lacks:
            continue
        listed = [choice(value, number) for number, value in enumerate(SOURCES, 1)]
        if name == "Lead_Source":
            row |= {"data_type": "picklist", "pick_list_values": listed}
        rows.append(
            {
                "id": f"4150868{len(rows):06d}",
                "associated_module": None,
                "display_label": LABELS.get(name, name.replace("_", " ")),
                "field_label": name.replace("_", " "),
                "read_only": False,
                "field_read_only": False,
                "system_mandatory": name in MANDATORY,
                "unique": {"casesensitive": ""} if name in account.unique else {},
                "pick_list_values": [],
            }
            | row
        )
    return httpx.Response(200, json={"fields": rows})


def choice(value: str, number: int) -> dict[str, Any]:
    """A value of a pick list (fields.json)."""
    shown = {"actual_value": value, "display_value": value, "reference_value": value}
    return {**shown, "id": str(number), "sequence_number": number, "type": "used"} | {
        "colour_code": None
    }
