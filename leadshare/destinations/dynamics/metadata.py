"""Destinations: what Dataverse tells of its lead table.

Vendor: webapi/query-metadata-web-api.md (MicrosoftDocs/powerapps-docs).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from leadshare.client.answers.json_values import part, text
from leadshare.destinations.description import Description, FieldFacts
from leadshare.destinations.dynamics.batch import API

TABLE: Final = f"{API}/EntityDefinitions(LogicalName='lead')"
_STRINGS: Final = "Microsoft.Dynamics.CRM.{}AttributeMetadata?$select=LogicalName,MaxLength"
_CHOICES: Final = (
    "Microsoft.Dynamics.CRM.PicklistAttributeMetadata?$select=LogicalName"
    "&$expand=OptionSet($select=Options)"
)
PARTS: Final = (
    "/Attributes?$select=LogicalName,AttributeType,IsValidForCreate,RequiredLevel,DisplayName",
    f"/Attributes/{_STRINGS.format('String')}",
    f"/Attributes/{_STRINGS.format('Memo')}",
    f"/Attributes/{_CHOICES}",
    "/Keys?$select=KeyAttributes,EntityKeyIndexStatus",
)
"""What is asked of the table's metadata; lengths and choices need a cast each."""

_KINDS: Final[dict[str, Any]] = {
    **dict.fromkeys(("Integer", "BigInt", "Decimal", "Double", "Picklist"), "number"),
    "Boolean": "boolean",
}


def described(rows: Sequence[Any], key: str) -> Description:
    """Read the answers to `PARTS`."""
    attributes, strings, memos, choices, keys = rows
    lengths = {row["LogicalName"]: row["MaxLength"] for row in (*strings, *memos)}
    options = {
        row["LogicalName"]: frozenset(str(one["Value"]) for one in row["OptionSet"]["Options"])
        for row in choices
    }
    fields = {
        row["LogicalName"]: FieldFacts(
            kind=_KINDS.get(row["AttributeType"], "text"),
            length=lengths.get(row["LogicalName"]),
            choices=options.get(row["LogicalName"]),
            writable=row["IsValidForCreate"],
            label=text(part(row, "DisplayName", "UserLocalizedLabel").get("Label")),
            # Other levels are asked for by forms only, not by the API.
            required=row["RequiredLevel"]["Value"] == "ApplicationRequiredByApi",
        )
        for row in attributes
    }
    # What a lookup points at is written by its path (create-entity-web-api.md).
    owners = [row["LogicalName"] for row in attributes if row["AttributeType"] == "Owner"]
    fields |= {f"{name}@odata.bind": FieldFacts() for name in owners}
    active = [row["KeyAttributes"] for row in keys if row["EntityKeyIndexStatus"] == "Active"]
    return Description(fields, key_unique=[key] in active if key else None)
