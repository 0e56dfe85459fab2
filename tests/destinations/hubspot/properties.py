"""The properties of HubSpot's records, as it describes them."""

from __future__ import annotations

from typing import Any, Final

Properties = dict[str, Any]


def prop(name: str, kind: str = "string", **more: Any) -> Properties:
    """A property as `GET /crm/properties` shows it (specification, Property)."""
    options = [
        {"value": value, "label": value.title(), "hidden": False}
        for value in more.pop("options", ())
    ]
    return {
        "name": name,
        "label": name.replace("_", " ").title(),
        "groupName": "contactinformation",
        "description": "",
        "type": kind,
        "fieldType": "select" if options else "text",
        "options": options,
        "archived": False,
        "calculated": False,
        "hasUniqueValue": False,
        "modificationMetadata": _metadata(read_only=more.pop("read_only", False)),
        **more,
    }


def _metadata(*, read_only: bool) -> Properties:
    return {"archivable": True, "readOnlyDefinition": False, "readOnlyValue": read_only}


CONTACTS: Final = (
    *map(prop, ("email", "firstname", "lastname", "company", "jobtitle", "phone")),
    *map(prop, ("country", "website", "message", "hs_additional_emails", "score_words")),
    prop("lifecyclestage", "enumeration", options=("subscriber", "lead", "customer", "other")),
    prop("hs_legal_basis", "enumeration", options=("Freely given consent from contact",)),
    prop("hubspot_owner_id", "enumeration", externalOptions=True),
    prop("their_score", "number"),
    prop("their_flag", "bool", options=("true", "false")),
    prop("createdate", "datetime", read_only=True),
    prop("leadshare_contact", hasUniqueValue=True),
    prop("their_number", hasUniqueValue=True),
    prop("long_gone", archived=True),
)
"""Default contact properties, the publisher's own, and ours."""

LEADS: Final = (
    prop("hs_lead_name"),
    prop("hs_lead_label", "enumeration", options=("HOT", "WARM", "COLD")),
    prop("hs_pipeline_stage", "enumeration", externalOptions=True),
    prop("interest"),
    prop("leadshare_id", hasUniqueValue=True),
)


NOTES: Final = (
    prop("hs_timestamp", "datetime"),
    prop("hs_note_body"),
    prop("leadshare_touch", hasUniqueValue=True),
)
"""Properties of notes (specification of notes), and ours."""


TASKS: Final = (
    prop("hs_timestamp", "datetime"),
    *map(prop, ("hs_task_subject", "hs_task_body")),
    prop("hs_task_status", "enumeration", options=("NOT_STARTED", "COMPLETED")),
    prop("hs_task_type", "enumeration", options=("TODO", "CALL", "EMAIL")),
    prop("hubspot_owner_id", "enumeration", externalOptions=True),
    prop("leadshare_step", hasUniqueValue=True),
)
"""Properties of tasks (specification of tasks), and ours."""
