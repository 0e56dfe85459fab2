"""What HubSpot publishes of its answers' shape.

Specifications CRM Contacts, Leads and Properties, 2026-03
(HubSpot/HubSpot-public-api-spec-collection); usage-guidelines of developers.hubspot.com/docs.
"""

from __future__ import annotations

from typing import Any, Final

from tests.destinations.schemas import FAILED, OK, Kind

_TEXTS: Final = {"*": str}
_VALUES: Final = {"*": (str, None)}
"""Those of properties; one that is asked for and has no value is null, which is on no page."""
_LISTS: Final = {"*": [str]}
_DETAIL: Final = {
    "message": str,
    **dict.fromkeys(("code?", "in?", "subCategory?"), str),
    "context?": _LISTS,
}
ERROR: Final = {
    **dict.fromkeys(("category", "correlationId", "message"), str),
    **dict.fromkeys(("status?", "subCategory?"), str),
    "errors?": [_DETAIL],
    "context?": _LISTS,
    "links?": _TEXTS,
}
"""Of a whole call; `status` is on the pages alone."""

_THROTTLE: Final = {
    **dict.fromkeys(("status", "message", "errorType", "correlationId", "policyName"), str),
    "requestId?": str,
}
_STANDARD_ERROR: Final = {
    **dict.fromkeys(("category", "message", "status"), str),
    "errors": [_DETAIL],
    "context": _LISTS,
    "links": _TEXTS,
    "id?": str,
    "subCategory?": (str, dict),
}
"""`subCategory` is an object in the specification, and was seen as a text."""

_RECORD: Final = {
    **dict.fromkeys(("id", "createdAt", "updatedAt"), str),
    "archived": bool,
    "properties": _VALUES,
    "propertiesWithHistory?": {
        "*": [
            {
                **dict.fromkeys(("value", "timestamp", "sourceType"), str),
                **dict.fromkeys(("sourceId?", "sourceLabel?"), str),
                "updatedByUserId?": int,
            }
        ]
    },
    **dict.fromkeys(("objectWriteTraceId?", "url?", "archivedAt?"), str),
}
_PROPERTY: Final = {
    **dict.fromkeys(("name", "label", "groupName", "description", "type", "fieldType"), str),
    "options": [{"hidden": bool, "label": str, "value": str}],
    **dict.fromkeys(("archived?", "calculated?", "hasUniqueValue?", "externalOptions?"), bool),
    "modificationMetadata?": dict.fromkeys(
        ("archivable", "readOnlyDefinition", "readOnlyValue"), bool
    ),
}


def _batch(record: Any) -> dict[str, Any]:
    return {
        "status": {"CANCELED", "COMPLETE", "PENDING", "PROCESSING"},
        **dict.fromkeys(("startedAt", "completedAt"), str),
        "results": [record],
        "numErrors?": int,
        "errors?": [_STANDARD_ERROR],
    }


_STAGE: Final = {
    **dict.fromkeys(("id", "label", "createdAt", "updatedAt", "writePermissions"), str),
    "displayOrder": int,
    "archived": bool,
    "metadata": _TEXTS,
}
_PIPELINE: Final = {
    **dict.fromkeys(("id", "label", "createdAt", "updatedAt"), str),
    "displayOrder": int,
    "archived": bool,
    "stages": [_STAGE],
}
_LINKS: Final = {
    "from": {"id": str},
    "to": [{"toObjectId": (str, int), "associationTypes": [dict]}],
    "paging?": {"next": {"after": str, "link?": str}},
}
"""`toObjectId` is a text in the specification, and was seen as a number."""

_LIST: Final = {
    **dict.fromkeys(("listId", "name", "objectTypeId", "processingType"), str),
    **dict.fromkeys(("processingStatus", "createdAt?", "updatedAt?"), str),
    "size?": int,
}
_MEMBERS: Final = {
    name: [str] for name in ("recordsIdsAdded", "recordsIdsRemoved", "recordIdsMissing")
}

_BATCH: Final = frozenset({200, 201, 207})

KINDS: Final = (
    Kind(
        "GET",
        r"/crm/properties/2026-03/(contacts|leads|notes|tasks)$",
        OK,
        {"results": [_PROPERTY]},
    ),
    Kind("POST", r"/batch/upsert$", _BATCH, _batch({**_RECORD, "new": bool})),
    Kind("POST", r"/objects/.*/batch/(read|update|create)$", _BATCH, _batch(_RECORD)),
    Kind("POST", r"/associations/.*/batch/read$", _BATCH, _batch(_LINKS)),
    Kind(
        "POST",
        r"/search$",
        OK,
        {
            "total": int,
            "results": [_RECORD],
            "paging?": {"next": {"after": str, "link?": str}},
        },
    ),
    Kind("GET", r"/crm/lists/2026-03/[0-9]+$", OK, {"list": _LIST}),
    Kind("PUT", r"/memberships/(add|remove)$", OK, _MEMBERS),
    Kind("PATCH", r"/objects/2026-03/(contacts|leads)/[0-9]+$", OK, _RECORD),
    Kind("GET", r"/crm/pipelines/2026-03/(deals|leads)$", OK, {"results": [_PIPELINE]}),
    Kind(".*", r"/crm/", FAILED - {429}, ERROR),
    Kind(".*", r"/crm/", frozenset({429}), _THROTTLE),
)
