"""What Adobe publishes of Marketo's answers' shape.

swagger-mapi.json and swagger-identity.json (AdobeDocs/marketo-apis).
"""

from __future__ import annotations

from typing import Any, Final

from tests.destinations.schemas import FAILED, OK, Kind

_REASON: Final = {"code": str, "message": str}
_REASONS: Final = {"reasons?": [_REASON]}

_FIELD: Final = {
    **dict.fromkeys(("name", "displayName", "dataType"), str),
    "updateable": bool,
    "crmManaged?": bool,
    "length?": int,
}


def _answer(result: Any) -> dict[str, Any]:
    return {
        "requestId": str,
        "success": bool,
        "result": [result],
        "errors": [_REASON],
        "warnings": [{"code": int, "message": str}],
        "moreResult?": bool,
        "nextPageToken?": str,
    }


KINDS: Final = (
    Kind(
        "POST",
        r"^/identity/oauth/token$",
        OK,
        {**dict.fromkeys(("access_token", "token_type", "scope"), str), "expires_in": int},
    ),
    Kind("POST", r"^/identity/oauth/token$", FAILED, {"error": str, "error_description?": str}),
    Kind(
        "GET",
        r"^/rest/v1/leads/describe2\.json$",
        OK,
        _answer({"name": str, "searchableFields": [[str]], "fields": [_FIELD]}),
    ),
    Kind(
        "POST",
        r"^/rest/v1/leads(/delete)?\.json$",
        OK,
        _answer({"id?": int, "status?": str, **_REASONS, "*": object}),
    ),
    Kind(
        "GET",
        r"^/rest/v1/customobjects/[A-Za-z0-9_]+/describe\.json$",
        OK,
        _answer(
            {
                **dict.fromkeys(("name", "displayName", "idField", "createdAt", "updatedAt"), str),
                "dedupeFields": [str],
                "searchableFields": [[str]],
                "relationships": [
                    {"field": str, "type": str, "relatedTo": {"name": str, "field": str}}
                ],
                "fields": [_FIELD],
            }
        ),
    ),
    Kind(
        "POST",
        r"^/rest/v1/customobjects/[A-Za-z0-9_]+\.json$",
        OK,
        _answer(
            {
                "seq": int,
                "status": {"created", "updated", "skipped"},
                "marketoGUID?": str,
                **_REASONS,
            }
        ),
    ),
    Kind(
        "GET",
        r"^/rest/v1/customobjects/[A-Za-z0-9_]+\.json$",
        OK,
        _answer({"seq": int, "marketoGUID": str, **_REASONS, "*": object}),
    ),
    Kind(
        "POST",
        r"^/rest/v1/customobjects/[A-Za-z0-9_]+/delete\.json$",
        OK,
        _answer({"seq": int, "status": {"deleted", "skipped"}, "marketoGUID?": str, **_REASONS}),
    ),
    Kind(
        "POST|DELETE",
        r"^/rest/v1/lists/[0-9]+/leads\.json$",
        OK,
        _answer({"id": int, "status?": str, **_REASONS}),
    ),
)
"""Of the calls that every destination makes."""

MEMBERS: Final = (
    Kind(
        "POST",
        r"^/rest/v1/programs/[0-9]+/members/status\.json$",
        OK,
        _answer({"status": {"updated", "skipped"}, "leadId": int, "seq": int, **_REASONS}),
    ),
    Kind(
        "POST",
        r"^/rest/v1/lists/[0-9]+/leads\.json$",
        OK,
        _answer({"id": int, "status?": str, **_REASONS}),
    ),
)
"""Of those that a program or list brings."""
